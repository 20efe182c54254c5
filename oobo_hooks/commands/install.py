"""`oobo install` and `oobo uninstall`: the git hooks of one repository."""

from __future__ import annotations

import sys
from pathlib import Path

from oobo_hooks import repository as repositories
from oobo_hooks.hook import installation
from oobo_hooks.hook.installation import Change
from oobo_hooks.repository import Repository
from shared import output
from shared.errors import UsageError


def install(*, path: Path, yes: bool, dry_run: bool, json: bool) -> int:
    """Write the hooks; hooks that are files of the project are only touched when the person agrees."""
    repository = repositories.discover(path)
    changes = installation.plan(repository)
    needed = [change for change in changes if change.action != "unchanged"]
    if needed and not dry_run:
        if installation.is_inside_worktree(repository) and not yes:
            _ask(repository, needed)
        changes = installation.install(repository)
    _report(repository, changes, json=json, dry_run=dry_run)
    if not dry_run and not json and needed:
        output.say("From now on each commit here gets an anchor; `oobo anchors` lists them.")
    return 0


def uninstall(*, path: Path, dry_run: bool, json: bool) -> int:
    """Take the hooks out; an earlier hook is back as it was, bytes and mode."""
    repository = repositories.discover(path)
    if dry_run:
        changes = [
            Change(hook.name, hook.path, "restored" if hook.kept else "removed")
            for hook in installation.inspect(repository)
            if hook.state in ("ours", "outdated")
        ]
    else:
        changes = installation.uninstall(repository)
    _report(repository, changes, json=json, dry_run=dry_run)
    return 0


def _ask(repository: Repository, needed: list[Change]) -> None:
    folder = repositories.hooks_dir(repository)
    output.say(f"The hooks of this repository are files of the project itself: {folder}")
    for change in needed:
        output.say(f"  {change.path.name}: will be written{'; ' + change.note if change.note else ''}")
    if not sys.stdin.isatty():
        raise UsageError("Nothing was changed: these files belong to the project.", hint="Say --yes to write them.")
    import typer

    if not typer.confirm("Write them?", err=True):
        raise UsageError("Nothing was changed.")


def _report(repository: Repository, changes: list[Change], *, json: bool, dry_run: bool) -> None:
    if json:
        rows = [{"hook": c.name, "path": str(c.path), "action": c.action, "note": c.note} for c in changes]
        output.print_json({"repository": str(repository.main_worktree), "dry_run": dry_run, "hooks": rows})
        return
    for change in changes:
        note = f" ({change.note})" if change.note else ""
        output.say(f"{'would be ' if dry_run else ''}{change.action}: {change.path}{note}")
