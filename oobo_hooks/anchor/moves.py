"""Files that were moved before git knew them: a new file of a commit that holds what was written under another name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from oobo_hooks.anchor.alignment import tells, without_space
from oobo_hooks.anchor.edit import Edit
from oobo_hooks.anchor.facts import CommitFacts, FileFacts

LEAST_SHARE = 0.5
"""Of the lines written under the old name as much must stand in the new file: git's own measure of renames."""


def find_moves(facts: CommitFacts, edits: Sequence[Edit], worktree: str) -> None:
    """Give the commit's new files the `old_path` under which sessions wrote them, where that file is gone."""
    new = [file for file in facts.files if file.status == "A" and file.added_lines]
    if not new:
        return
    written = _written_and_gone(facts, edits, worktree)
    for path, lines in written.items():
        shares = {file.path: len(lines & _telling(file.added_lines.values())) / len(lines) for file in new}
        best = max(new, key=lambda file: shares[file.path])
        if shares[best.path] >= LEAST_SHARE and best.old_path == best.path and not _is_edited(best, edits):
            best.old_path = path


def _written_and_gone(facts: CommitFacts, edits: Sequence[Edit], worktree: str) -> Mapping[str, set[bytes]]:
    known = {path for file in facts.files for path in (file.path, file.old_path)}
    others = {edit.path for edit in edits if not edit.vague and edit.path not in known}
    gone = {path for path in others if not (Path(worktree) / path).exists()}
    found: dict[str, set[bytes]] = defaultdict(set)
    for edit in edits:
        if edit.path in gone:
            found[edit.path] |= _telling(text for _, text in edit.written)
    return {path: lines for path, lines in found.items() if lines}


def _telling(lines: Iterable[bytes]) -> set[bytes]:
    return {without_space(line) for line in lines if tells(line)}


def _is_edited(file: FileFacts, edits: Sequence[Edit]) -> bool:
    """Whether a session wrote the whole file under its new name."""
    return any(edit.path == file.path and edit.after is not None for edit in edits)
