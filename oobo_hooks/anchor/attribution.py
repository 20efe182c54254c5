"""Who wrote each line of a commit: the lines a session put there, matched exactly, then without white space.

A line without evidence is a person's. Every line of evidence is spent once, over all commits, so what one commit
took cannot make a later, human line of the same text an agent's.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from oobo_hooks.anchor.evidence import Edit
from oobo_hooks.anchor.facts import CommitFacts, FileFacts

MAX_ALIGNED = 4000


@dataclass(frozen=True)
class Writer:
    """The session a line belongs to, and its tool's short name."""

    session_id: str
    tool: str


@dataclass
class FileAttribution:
    """Lines of one file: line number → its writer, and how many of the removed lines each session removed."""

    written: dict[int, Writer] = field(default_factory=dict)
    removed: dict[int, Writer] = field(default_factory=dict)

    @property
    def writers(self) -> list[Writer]:
        """Each writer once, the one with most lines first."""
        count: dict[Writer, int] = defaultdict(int)
        for writer in [*self.written.values(), *self.removed.values()]:
            count[writer] += 1
        return sorted(count, key=lambda writer: (-count[writer], writer.session_id))


@dataclass
class Attribution:
    """The whole commit: per path, and which lines of which edit it took (session → edit id → line indexes)."""

    files: dict[str, FileAttribution] = field(default_factory=dict)
    taken: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))


Taken = Callable[[str], dict[str, set[int]]]
Original = Callable[[FileFacts], list[bytes]]


class _Pool:
    """The lines of one edit that are still to be claimed: index → text."""

    def __init__(self, edit: Edit, lines: Sequence[bytes], spent: set[int], offset: int) -> None:
        self.edit = edit
        self.offset = offset
        self.lines = {index: line for index, line in enumerate(lines) if index + offset not in spent}

    def claim(self, index: int) -> int:
        del self.lines[index]
        return index + self.offset


def attribute(facts: CommitFacts, edits: Iterable[Edit], taken: Taken, original: Original) -> Attribution:
    """Match the commit's lines with `edits`.

    `taken` tells what earlier anchors spent of a session's edits, `original` the lines of a file before the commit.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in sorted(edits, key=lambda one: -(one.at_ms or 0)):
        by_path[edit.path].append(edit)
    spent = {edit.session_id: taken(edit.session_id) for edits_of in by_path.values() for edit in edits_of}
    result = Attribution()
    for file in facts.files:
        own = [edit for path in dict.fromkeys((file.path, file.old_path)) for edit in by_path.get(path, ())]
        if own:
            result.files[file.path] = _attribute_file(file, own, spent, original, result)
    return result


def _attribute_file(
    file: FileFacts,
    edits: list[Edit],
    spent: dict[str, dict[str, set[int]]],
    original: Original,
    result: Attribution,
) -> FileAttribution:
    found = FileAttribution()
    before = original(file) if any(edit.whole for edit in edits) else []
    writing, removing = [], []
    for edit in edits:
        gone = spent[edit.session_id].get(edit.id, set())
        known = _already_there(before, edit.written) if edit.whole else set()
        writing.append(_Pool(edit, edit.written, gone | known, 0))
        removing.append(_Pool(edit, edit.removed, gone, len(edit.written)))
        # Touched, though perhaps no line of it is found: that too belongs to this anchor.
        result.taken[edit.session_id][edit.id].update(())
    _withhold_bare_lines(file.added_lines, writing)
    _claim(file.added_lines, writing, found.written, result)
    _claim(file.removed_lines, removing, found.removed, result)
    if any(edit.whole for edit in edits):
        _claim_overwritten(file, edits, found)
    if file.status == "D":
        _claim_deletion(file, edits, found)
    return found


def _withhold_bare_lines(wanted: dict[int, bytes], pools: list[_Pool]) -> None:
    """A blank line or a lone bracket is no one's in particular: without another line of its session it proves nothing.

    Else a person who stages only his own function would find its closing bracket to be an agent's, whose own work
    waits in the worktree. An edit of nothing but such lines keeps them.
    """
    committed = {_without_space(line) for line in wanted.values()}
    telling = [pool for pool in pools if any(_tells(line) for line in pool.lines.values())]
    present = {
        pool.edit.session_id
        for pool in telling
        if any(_tells(line) and _without_space(line) in committed for line in pool.lines.values())
    }
    for pool in telling:
        if pool.edit.session_id not in present:
            pool.lines = {index: line for index, line in pool.lines.items() if _tells(line)}


def _tells(line: bytes) -> bool:
    return any(byte > 0x7F or chr(byte).isalnum() for byte in line)


def _already_there(before: list[bytes], after: Sequence[bytes]) -> set[int]:
    """Indexes of a rewritten file's lines that stood there before."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=max(len(before), len(after)) > MAX_ALIGNED)
    return {block.b + step for block in matcher.get_matching_blocks() for step in range(block.size)}


def _claim_overwritten(file: FileFacts, edits: list[Edit], found: FileAttribution) -> None:
    """Writing a file anew removes every line that is not in the new text."""
    for edit in edits:
        if edit.whole:
            kept = set(edit.written)
            for number, line in file.removed_lines.items():
                if line not in kept:
                    found.removed.setdefault(number, Writer(edit.session_id, edit.tool))


def _claim(wanted: dict[int, bytes], pools: list[_Pool], found: dict[int, Writer], result: Attribution) -> None:
    for normal in (_exactly, _without_space):
        for pool in pools:
            open_lines = {number: line for number, line in wanted.items() if number not in found}
            for number, index in _aligned(open_lines, pool.lines, normal):
                found[number] = Writer(pool.edit.session_id, pool.edit.tool)
                result.taken[pool.edit.session_id][pool.edit.id].add(pool.claim(index))


def _exactly(line: bytes) -> bytes:
    return line


def _without_space(line: bytes) -> bytes:
    return b"".join(line.split())


def _aligned(
    wanted: dict[int, bytes], offered: dict[int, bytes], normal: Callable[[bytes], bytes]
) -> list[tuple[int, int]]:
    """Pairs (line number, index in the edit) of equal lines: runs first, then what is left in any order."""
    left = [(number, normal(line)) for number, line in wanted.items()]
    right = [(index, normal(line)) for index, line in offered.items()]
    if normal is not _exactly:
        left, right = [one for one in left if one[1]], [one for one in right if one[1]]
    common = {line for _, line in left} & {line for _, line in right}
    left, right = [one for one in left if one[1] in common], [one for one in right if one[1] in common]
    pairs: list[tuple[int, int]] = []
    if left and right and max(len(left), len(right)) <= MAX_ALIGNED:
        pairs = _runs(left, right)
    return pairs + _leftovers(left, right, pairs)


def _runs(left: list[tuple[int, bytes]], right: list[tuple[int, bytes]]) -> list[tuple[int, int]]:
    matcher = difflib.SequenceMatcher(None, [line for _, line in left], [line for _, line in right], autojunk=False)
    return [
        (left[block.a + step][0], right[block.b + step][0])
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]


def _leftovers(
    left: list[tuple[int, bytes]], right: list[tuple[int, bytes]], pairs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    used_left, used_right = {number for number, _ in pairs}, {index for _, index in pairs}
    offers: dict[bytes, list[int]] = defaultdict(list)
    for index, line in reversed(right):
        if index not in used_right:
            offers[line].append(index)
    return [(number, offers[line].pop()) for number, line in left if number not in used_left and offers[line]]


def _claim_deletion(file: FileFacts, edits: list[Edit], found: FileAttribution) -> None:
    """A file that a session's own command deleted: all its lines went by that session."""
    for edit in edits:
        if edit.deletes:
            for number in file.removed_lines:
                found.removed.setdefault(number, Writer(edit.session_id, edit.tool))
            return


def line_ranges(numbers: Iterable[int]) -> list[dict[str, int]]:
    """`[{start, end}]` of ascending runs."""
    ranges: list[dict[str, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1]["end"] == number - 1:
            ranges[-1]["end"] = number
        else:
            ranges.append({"start": number, "end": number})
    return ranges
