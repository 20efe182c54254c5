"""`oobo install`, `oobo init` and `oobo uninstall`: the git hooks of one repository, of many, of all to come."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oobo_hooks import repository as repositories
from oobo_hooks.hook import everywhere, installation
from oobo_hooks.hook.installation import Change
from oobo_hooks.repository import Repository
from shared import output
from shared.errors import OmaError, UsageError

_MANAGERS = ("lefthook.yml", ".lefthook.yml", "lefthook.yaml", ".lefthook.yaml", "lefthook.toml", "lefthook.json")


def install(*, path: Path, yes: bool, dry_run: bool, json: bool, globally: bool = False) -> int:
    """Write the hooks; hooks that are files of the project are only touched when the person agrees."""
    if globally:
        return _install_everywhere(dry_run=dry_run, json=json)
    repository = repositories.discover(path)
    changes = installation.plan(repository)
    needed = [change for change in changes if change.action != "unchanged"]
    if needed and not dry_run:
        if installation.is_inside_worktree(repository) and not yes:
            _ask(repository, needed)
        changes = installation.install(repository)
    if not dry_run:
        _remember(repository)
    _report(repository.main_worktree, changes, json=json, dry_run=dry_run)
    if not dry_run and not json and needed:
        output.say("From now on each commit here gets an anchor; `oobo anchors` lists them.")
        _say_manager(repository)
    return 0


def uninstall(*, path: Path, dry_run: bool, json: bool, globally: bool = False) -> int:
    """Take the hooks out; an earlier hook is back as it was, bytes and mode."""
    if globally:
        return _uninstall_everywhere(dry_run=dry_run, json=json)
    repository = repositories.discover(path)
    if dry_run:
        changes = installation.plan_removal(repositories.hooks_dir(repository))
    else:
        changes = installation.uninstall(repository)
    _report(repository.main_worktree, changes, json=json, dry_run=dry_run)
    return 0


def _install_everywhere(*, dry_run: bool, json: bool) -> int:
    place = everywhere.target()
    changes = installation.plan_folder(place.folder) if dry_run else everywhere.install()
    _report(place.folder, changes, json=json, dry_run=dry_run)
    if not dry_run and not json:
        if place.kind == "hooks path":
            output.say(f"git takes the hooks of your repositories from {place.folder}: each of them gets anchors now.")
        else:
            output.say("Repositories you make or clone from now on get anchors.")
            output.say("For those that are there: `oobo init --all FOLDER`.")
    return 0


def _uninstall_everywhere(*, dry_run: bool, json: bool) -> int:
    place = everywhere.target()
    changes = installation.plan_removal(place.folder) if dry_run else everywhere.uninstall()
    _report(place.folder, changes, json=json, dry_run=dry_run)
    return 0


def init(*, folder: Path | None, yes: bool, dry_run: bool, json: bool) -> int:
    """Install in every repository below `folder`; None means the one around the current directory.

    Hooks that are files of a project are passed over without `--yes`. 1 when one repository could not be done.
    """
    if folder is None:
        return install(path=Path.cwd(), yes=yes, dry_run=dry_run, json=json)
    rows = [_initialised(repository, yes=yes, dry_run=dry_run) for repository in everywhere.find_repositories(folder)]
    if json:
        output.print_json({"folder": str(folder), "dry_run": dry_run, "repositories": rows})
    else:
        for row in rows:
            output.say(f"{row['outcome']}: {row['repository']}{' (' + row['note'] + ')' if row['note'] else ''}")
        if not rows:
            output.say(f"There is no git repository in {folder.absolute()}.")
    return 1 if any(row["outcome"] == "failed" for row in rows) else 0


def _initialised(repository: Repository, *, yes: bool, dry_run: bool) -> dict[str, Any]:
    row = {"repository": str(repository.main_worktree), "outcome": "unchanged", "note": ""}
    try:
        needed = [change for change in installation.plan(repository) if change.action != "unchanged"]
        if needed and installation.is_inside_worktree(repository) and not yes:
            return row | {"outcome": "passed over", "note": "its hooks are files of the project; say --yes"}
        if needed and not dry_run:
            installation.install(repository)
        if not dry_run:
            _remember(repository)
    except OmaError as error:
        return row | {"outcome": "failed", "note": error.message}
    if not needed:
        return row
    return row | {"outcome": "would be installed" if dry_run else "installed"}


def _remember(repository: Repository) -> None:
    """Let `oobo uninstall --all` find the repository, though nobody ever commits there."""
    from oobo_hooks.hook import processing
    from oobo_hooks.store import database

    try:
        with database.opened() as connection:
            processing.remember(connection, repository)
    except (OmaError, sqlite3.Error) as error:
        output.say(
            f"The hooks are in, but {repository.main_worktree} could not be noted for `oobo uninstall --all`: {error}"
        )


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


def _say_manager(repository: Repository) -> None:
    """Lefthook puts its own hooks in the place of ours when it is installed again."""
    if repository.worktree is not None and any((repository.worktree / name).exists() for name in _MANAGERS):
        output.say("After each `lefthook install` run `oobo install` again: it sets other hooks aside.")


def _report(place: Path, changes: Sequence[Change], *, json: bool, dry_run: bool) -> None:
    if json:
        rows = [{"hook": c.name, "path": str(c.path), "action": c.action, "note": c.note} for c in changes]
        output.print_json({"repository": str(place), "dry_run": dry_run, "hooks": rows})
        return
    for change in changes:
        note = f" ({change.note})" if change.note else ""
        output.say(f"{'would be ' if dry_run else ''}{change.action}: {change.path}{note}")
