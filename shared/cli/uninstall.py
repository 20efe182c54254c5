"""Leaving: what a command put outside its own folders is taken back; the folders themselves only with --purge."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import output
from shared.cli.completions import verbs
from shared.errors import OmaError, UsageError
from shared.paths import Shell, Tool


@dataclass(frozen=True)
class Part:
    """Something of the suite on this machine: what it is, where, and how it is taken away."""

    what: str
    place: str
    remove: Callable[[], object]


@dataclass(frozen=True)
class Folder:
    """A folder of a command's own, and what would be lost with it."""

    path: Path
    holds: str


def run(
    tool: Tool,
    parts: Sequence[Part],
    folders: Sequence[Folder],
    *,
    purge: bool,
    yes: bool,
    dry_run: bool,
    json: bool,
) -> int:
    """Take `parts` away, and with `purge` the `folders` that are there, after asking; says what stays."""
    there = [folder for folder in folders if folder.path.exists()]
    if purge and there and not (yes or dry_run):
        _ask(there)
    doomed = [*parts, *(Part("the folder", str(folder.path), _removal(folder.path)) for folder in there if purge)]
    if not dry_run:
        for part in doomed:
            part.remove()
    kept = [] if purge else there
    if json:
        output.print_json(_as_json(tool, doomed, kept, dry_run))
    else:
        _tell(tool, doomed, kept, dry_run)
    return 0


def completion_parts(tool: Tool) -> list[Part]:
    """The completions of `tool`, for whichever shells they were installed."""

    def part(shell: Shell, place: str) -> Part:
        return Part(f"the completions for {shell}", place, lambda: verbs.take_out(tool, shell))

    return [part(shell, " and ".join(found)) for shell in verbs.SHELLS if (found := verbs.installed(tool, shell))]


def _ask(folders: Sequence[Folder]) -> None:
    for folder in folders:
        output.say(f"{folder.path} would be gone for good: {folder.holds}.")
    if not sys.stdin.isatty():
        raise UsageError("Nothing was removed.", hint="Say --yes to have these folders removed.")
    import typer

    if not typer.confirm("Remove them?", err=True):
        raise UsageError("Nothing was removed.")


def _removal(folder: Path) -> Callable[[], None]:
    def remove() -> None:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise OmaError(f"{folder} cannot be removed: {error.strerror} ({error.filename}).") from error

    return remove


def _tell(tool: Tool, removed: Sequence[Part], kept: Sequence[Folder], dry_run: bool) -> None:
    for part in removed:
        output.say(f"{'would be removed' if dry_run else 'removed'}: {part.what} ({part.place})")
    if not removed:
        output.say(f"{tool} has put nothing outside its own folders.")
    for folder in kept:
        output.say(f"{'would stay' if dry_run else 'stays'}: {folder.path} ({folder.holds})")
    if kept:
        verb = f"{tool} uninstall --all" if tool == "oobo" else f"{tool} uninstall"
        output.say(f"`{verb} --purge` removes that, too.")
    output.say(
        f"The programs omar, oobo and omas stay in {sys.prefix}. `pipx uninstall oma-suite` or `uv tool uninstall"
        " oma-suite` takes them away; of a venv remove the folder."
    )


def _as_json(tool: Tool, removed: Sequence[Part], kept: Sequence[Folder], dry_run: bool) -> dict[str, Any]:
    return {
        "tool": tool,
        "dry_run": dry_run,
        "removed": [{"what": part.what, "place": part.place} for part in removed],
        "kept": [{"path": str(folder.path), "holds": folder.holds} for folder in kept],
        "programs": sys.prefix,
    }
