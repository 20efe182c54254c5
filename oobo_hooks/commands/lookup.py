"""What several commands need first: the repository, its row in the store, and the anchor a person names."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oobo_hooks import repository as repositories
from oobo_hooks.repository import GitError, Repository
from oobo_hooks.store import anchors, outbox
from oobo_hooks.store.anchors import KnownRepository, LocalAnchor
from shared import output
from shared.errors import OmaError


@dataclass(frozen=True)
class Place:
    """A checkout and what the store calls it; `known` is None when no hook has met it yet."""

    repository: Repository
    known: KnownRepository | None

    @property
    def name(self) -> str:
        return self.repository.main_worktree.name

    @property
    def remote(self) -> str | None:
        # What makes anchors takes 200 ms to load, and most commands only read them.
        from oobo_hooks.hook import processing

        return processing.remote_of(self.repository)


def find_place(connection: sqlite3.Connection, path: Path | None = None) -> Place:
    """The repository around `path` (the current directory); UsageError outside of any."""
    repository = repositories.discover(path or Path.cwd())
    return Place(repository, anchors.find_repository(connection, str(repository.common_dir)))


def find_anchor(connection: sqlite3.Connection, place: Place, commit: str) -> LocalAnchor:
    """The anchor of a commit named by hash, short hash, branch or any other name git knows."""
    full = resolve(place.repository, commit)
    found: Sequence[LocalAnchor] = []
    if place.known is not None:
        if full is not None:
            one = anchors.find_anchor(connection, place.known.id, full)
            found = [one] if one is not None else []
        elif re.fullmatch(r"[0-9a-fA-F]{4,64}", commit):
            found = anchors.find_anchors(connection, place.known.id, commit.lower())
    if len(found) > 1:
        raise OmaError(f"{commit} fits several anchors.", hint="Write more of the hash.")
    if not found:
        raise OmaError(f"There is no anchor for {commit} here.", hint="`oobo anchors` lists those that are.")
    return found[0]


def resolve(repository: Repository, commit: str) -> str | None:
    """The full hash of a commit's name, or None when git does not know it."""
    try:
        return repository.git_text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    except GitError:
        return None


def say_notices(connection: sqlite3.Connection) -> None:
    """What the silent hook had to tell, once."""
    for text in outbox.take_notices(connection):
        output.say(f"oobo: {output.printable(text)}")


def short(commit: str) -> str:
    return commit[:10]


def percentage(anchor: dict[str, Any]) -> str:
    found = anchor["ai_percentage"]
    return "–" if found is None else f"{found:g} %"


def subject(anchor: dict[str, Any]) -> str:
    return str(anchor["message"]).split("\n", 1)[0]
