"""Carrying what is known of a commit over to the one that took its place (amend, rebase) or was made of it.

The old anchor's lines become evidence for the new commit: lines that are still there keep their writer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from oobo_hooks.anchor import facts as git_facts
from oobo_hooks.anchor.evidence import Edit
from oobo_hooks.anchor.facts import CommitFacts
from oobo_hooks.repository import GitError, Repository
from oobo_hooks.store.anchors import LocalAnchor


@dataclass
class Carried:
    """Evidence taken from earlier anchors, and how those described its sessions (session id → SessionLink)."""

    edits: list[Edit]
    sessions: dict[str, dict[str, Any]]
    commits: list[str] = field(default_factory=list)


def carry(repository: Repository, old_anchors: Sequence[LocalAnchor]) -> Carried:
    """What `old_anchors` know, as evidence. An old commit that git no longer has is left out."""
    carried = Carried([], {})
    for old in old_anchors:
        try:
            facts = git_facts.read_commit(repository, old.commit_hash, "HEAD")
            git_facts.read_lines(repository, facts)
        except GitError:
            continue
        carried.commits.append(old.commit_hash)
        carried.edits += _edits(old, facts)
        carried.sessions |= {session["session_id"]: session for session in old.anchor["sessions"]}
    return carried


def _edits(old: LocalAnchor, facts: CommitFacts) -> Iterator[Edit]:
    lines_of = {file.path: file for file in facts.files}
    removed_of: dict[str, Any] = old.explanation.get("removed", {})
    for change in old.anchor["file_changes"]:
        file = lines_of.get(change["path"])
        if file is None:
            continue
        for entry in [*change["line_attributions"], *removed_of.get(file.path, ())]:
            session_id = entry.get("session_id")
            if not session_id:
                continue
            gone = "removed" in entry
            source = file.removed_lines if gone else file.added_lines
            lines = tuple(source[number] for number in _numbers(entry["ranges"]) if number in source)
            yield Edit(
                session_id,
                entry.get("agent") or "unknown",
                f"carried:{old.commit_hash}:{file.path}:{'-' if gone else '+'}",
                old.committed_at * 1000,
                file.path,
                () if gone else lines,
                lines if gone else (),
            )


def _numbers(ranges: list[dict[str, int]]) -> Iterator[int]:
    for one in ranges:
        yield from range(one["start"], one["end"] + 1)
