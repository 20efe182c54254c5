"""Carrying what is known of a commit over to the one that took its place (amend, rebase) or was made of it.

The old anchor's lines are looked for in the new commit: those that are still there keep their writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from oobo_hooks.anchor import facts as git_facts
from oobo_hooks.anchor.carried import CarriedLines
from oobo_hooks.anchor.facts import CommitFacts
from oobo_hooks.anchor.writer import Writer
from oobo_hooks.repository import GitError, Repository
from oobo_hooks.store.anchors import LocalAnchor


@dataclass
class Carried:
    """Lines known from earlier anchors (by path, the newest first), and how those described their sessions."""

    lines: dict[str, list[CarriedLines]]
    sessions: dict[str, dict[str, Any]]
    commits: list[str] = field(default_factory=list)


def carry(repository: Repository, old_anchors: Sequence[LocalAnchor]) -> Carried:
    """What `old_anchors` know, as evidence. An old commit that git no longer has is left out."""
    carried = Carried({}, {})
    for old in sorted(old_anchors, key=lambda one: -one.committed_at):
        try:
            facts = git_facts.read_commit(repository, old.commit_hash, "HEAD")
            git_facts.read_lines(repository, facts)
        except GitError:
            continue
        carried.commits.append(old.commit_hash)
        for path, lines in _lines(old, facts):
            carried.lines.setdefault(path, []).append(lines)
        carried.sessions |= {session["session_id"]: session for session in old.anchor["sessions"]}
    return carried


def _lines(old: LocalAnchor, facts: CommitFacts) -> Iterator[tuple[str, CarriedLines]]:
    removed_of: dict[str, Any] = old.explanation.get("removed", {})
    changes = {change["path"]: change["line_attributions"] for change in old.anchor["file_changes"]}
    for file in facts.files:
        writers = _writers(changes.get(file.path, ()))
        removers = _writers(removed_of.get(file.path, ()))
        yield (
            file.path,
            CarriedLines(
                [(text, writers.get(number)) for number, text in file.added_lines.items()],
                [(text, removers.get(number)) for number, text in file.removed_lines.items()],
            ),
        )


def _writers(entries: Iterable[dict[str, Any]]) -> dict[int, Writer]:
    """Line number → the session it belongs to."""
    return {
        number: Writer(entry["session_id"], entry.get("agent") or "unknown")
        for entry in entries
        if entry.get("session_id")
        for number in _numbers(entry["ranges"])
    }


def _numbers(ranges: list[dict[str, int]]) -> Iterator[int]:
    for one in ranges:
        yield from range(one["start"], one["end"] + 1)
