"""What the agents' own hooks recorded, as edits: whole files before and after, whether or not a log tells of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from oobo_hooks.agents.records import AgentRecord, RecordedEdit
from oobo_hooks.anchor.edit import Edit, Passage

LATE_MS = 5000
"""How much later than the log a hook may tell of an edit."""

Recorded = Mapping[str, Sequence[Edit]]
"""Id of a session or sub-agent → its edits of one worktree."""


def edits_of(record: AgentRecord, worktree: str, paths: Collection[str]) -> dict[str, list[Edit]]:
    """The edits of a session and its sub-agents to these files of the worktree, by whose they are."""
    found: dict[str, list[Edit]] = {}
    for number, one in edits_in(record, worktree):
        # Only what is asked for is unpacked: a record may hold weeks of work.
        if one.path in paths:
            owner = one.agent or record.session_id
            found.setdefault(owner, []).append(_edit(one, owner, number))
    return found


def edits_in(record: AgentRecord, worktree: str) -> Iterator[tuple[int, RecordedEdit]]:
    """The record's edits of this worktree, each with its number among all."""
    here = os.path.realpath(worktree)
    for number, one in enumerate(record.edits):
        if one.worktree == here or os.path.realpath(one.worktree) == here:
            yield number, one


def _edit(one: RecordedEdit, owner: str, number: int) -> Edit:
    edit_id = f"hook:{number}:{one.call_id}"
    before, after = _before(one), _after(one)
    if before is None and one.before_blob is not None:
        # What is not kept any more was not empty: only with it the content afterwards tells what the edit brought.
        after = None
    if one.partial and before is not None and after is not None:
        passages = (Passage(before, after),)
        return Edit(owner, one.tool, edit_id, one.at_ms, one.path, passages=passages)
    return Edit(owner, one.tool, edit_id, one.at_ms, one.path, before=before, after=after)


def _before(one: RecordedEdit) -> bytes | None:
    if not one.before_known:
        return None
    return b"" if one.before_blob is None else one.before()


def _after(one: RecordedEdit) -> bytes | None:
    """b"" for a deleted file. A file too large to be kept is still there."""
    if one.after_blob is None:
        return None if (Path(one.worktree) / one.path).exists() else b""
    return one.after()


def merged(told: Iterable[Edit], recorded: Sequence[Edit]) -> list[Edit]:
    """A session's edits as its log tells them, with those in their place of which a hook kept the very contents."""
    log = list(told)
    kept = [edit for edit in recorded if edit.after is not None or edit.passages]
    places = {(_call_of(edit), edit.path) for edit in kept}
    if {call for call, _ in places} & {_told_call(edit) for edit in log}:
        left = [edit for edit in log if (_told_call(edit), edit.path) not in places]
    else:
        # This tool names its calls otherwise in its log: from its first record of a file on, the hook has told all.
        first = {edit.path: edit.at_ms or 0 for edit in sorted(kept, key=lambda one: -(one.at_ms or 0))}
        left = [edit for edit in log if edit.vague or _is_earlier(edit, first.get(edit.path))]
    known = {edit.path for edit in left}
    return left + [edit for edit in recorded if edit in kept or edit.path not in known]


def _is_earlier(edit: Edit, instant: int | None) -> bool:
    return instant is None or (edit.at_ms or 0) + LATE_MS < instant


def _call_of(edit: Edit) -> str:
    return edit.id.split(":", 2)[2]


def _told_call(edit: Edit) -> str:
    return edit.id.rpartition("#")[0]
