"""Who wrote each line of a commit: by where the sessions' lines stand first, by their text where nobody knows where.

The file's history is replayed from edit to edit up to the worktree, and the commit compared with that: it holds all of
it or, staged in part, some. A line without evidence is a person's. Every line of evidence is spent once, over all
commits, so what one commit took cannot make a later, human line of the same text an agent's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oobo_hooks.anchor.alignment import Pairs, normalised, pair_up, without_space
from oobo_hooks.anchor.carried import CarriedLines, carry_over
from oobo_hooks.anchor.contents import Contents
from oobo_hooks.anchor.edit import Edit, bare
from oobo_hooks.anchor.facts import CommitFacts, FileFacts
from oobo_hooks.anchor.replay import Line, Origin, Replay
from oobo_hooks.anchor.writer import Writer


@dataclass
class FileAttribution:
    """Lines of one file: line number → its writer, and number of a removed line → the session that removed it.

    What is carried over as a person's is in `by_hand` and `removed_by_hand`: nobody else may claim it.
    """

    written: dict[int, Writer] = field(default_factory=dict)
    removed: dict[int, Writer] = field(default_factory=dict)
    by_hand: set[int] = field(default_factory=set)
    removed_by_hand: set[int] = field(default_factory=set)

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


def attribute(
    facts: CommitFacts,
    edits: Iterable[Edit],
    carried: Mapping[str, Sequence[CarriedLines]],
    taken: Taken,
    contents: Contents,
) -> Attribution:
    """Match the commit's lines with what is `carried` over from other commits (by path) and with `edits`.

    `taken` tells what earlier anchors spent of a session's edits.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in sorted(edits, key=lambda one: one.at_ms or 0):
        by_path[edit.path].append(edit)
    sessions = {edit.session_id for edits_of in by_path.values() for edit in edits_of}
    spent = {session_id: taken(session_id) for session_id in sessions}
    result = Attribution()
    contents.load(file for file in facts.files if by_path.keys() & {file.path, file.old_path})
    for file in facts.files:
        paths = dict.fromkeys((file.old_path, file.path))
        own = sorted((edit for path in paths for edit in by_path.get(path, ())), key=lambda one: one.at_ms or 0)
        blocks = [block for path in paths for block in carried.get(path, ())]
        if own or blocks:
            result.files[file.path] = _FileWork(file, spent, facts.is_merge, result).done(own, blocks, contents)
    return result


class _FileWork:
    """Finding the writers of one file's lines."""

    def __init__(
        self, file: FileFacts, spent: dict[str, dict[str, set[int]]], is_merge: bool, result: Attribution
    ) -> None:
        self._file = file
        self._spent = spent
        self._is_merge = is_merge
        self._taken = result.taken
        self._found = FileAttribution()
        self._open_added = dict(file.added_lines)
        self._open_removed = dict(file.removed_lines)

    def done(self, edits: Sequence[Edit], blocks: Sequence[CarriedLines], contents: Contents) -> FileAttribution:
        self._carry(blocks)
        for edit in edits:
            # Touched, though perhaps no line of it is found: that too belongs to this anchor.
            self._taken[edit.session_id][edit.id].update(())
        unspent = list(_from_first(edits, self._is_unspent))
        if unspent:
            self._replay(unspent, contents)
        return self._found

    def _carry(self, blocks: Sequence[CarriedLines]) -> None:
        for number, writer in carry_over([block.added for block in blocks], self._open_added):
            del self._open_added[number]
            if writer is None:
                self._found.by_hand.add(number)
            else:
                self._found.written[number] = writer
        for number, writer in carry_over([block.removed for block in blocks], self._open_removed):
            del self._open_removed[number]
            if writer is None:
                self._found.removed_by_hand.add(number)
            else:
                self._found.removed[number] = writer

    def _replay(self, edits: Sequence[Edit], contents: Contents) -> None:
        before, committed = contents.before(self._file), contents.committed(self._file)
        replay = Replay(before or b"", ignores_returns=_ignores_returns(before, committed))
        for edit in edits:
            replay.apply(edit)
        now = contents.in_worktree(self._file)
        if now is not None or self._file.status == "D":
            replay.follow(now or b"")
        elif committed is not None:
            replay.follow(committed)
        replay.place_rest(self._is_spent)
        lines, strange = replay.staged(committed) if committed is not None else ([], None)
        self._claim_placed(lines)
        self._claim_by_text(replay, strange)
        self._claim_removed(replay)

    def _claim_placed(self, lines: Sequence[Line]) -> None:
        for number in list(self._open_added):
            line = lines[number - 1] if number <= len(lines) else None
            if line is not None and line.origin is not None:
                self._write(number, line.origin)
        # Where equal lines meet git may show another one as new: "}" of the function above instead of the one below.
        new = [(number, line) for number, line in enumerate(lines, start=1) if line.origin is not None]
        shifted = [(number, line) for number, line in new if number not in self._file.added_lines]
        known = {number: text for number, text in self._open_added.items() if _is_old(lines, number)}
        for number, place in _swaps(known, {number: bare(line.text) for number, line in shifted}):
            origin = lines[place - 1].origin
            assert origin is not None
            self._write(number, origin)

    def _claim_by_text(self, replay: Replay, strange: set[int] | None) -> None:
        """Lines that do not stand in the worktree's version: what was lost of the edits may have become them."""
        for pool in (replay.lost, replay.retracted):
            by_edit: dict[Edit, dict[int, bytes]] = defaultdict(dict)
            for line in pool:
                if line.origin is not None and not self._is_spent(line.origin):
                    by_edit[line.origin.edit][line.origin.index] = bare(line.text)
            for normal in (None, without_space):
                for edit in sorted(by_edit, key=lambda one: -(one.at_ms or 0)):
                    wanted = [(n, text) for n, text in self._open_added.items() if strange is None or n - 1 in strange]
                    offered = list(by_edit[edit].items())
                    for index, number in pair_up(normalised(offered, normal), normalised(wanted, normal)):
                        self._write(number, Origin(edit, index))
                        del by_edit[edit][index]

    def _claim_removed(self, replay: Replay) -> None:
        standing = {line.base for line in replay.lines}
        removed = {} if self._is_merge else replay.removed
        for number in list(self._open_removed):
            origin = removed.get(number)
            if origin is not None:
                self._remove(number, origin)
        texts = {number: text for number, text in self._open_removed.items() if number in standing}
        shifted = {n: by for n, by in removed.items() if by is not None and n not in self._file.removed_lines}
        base = replay.base_texts
        for number, place in _swaps(texts, {n: bare(base[n - 1]) for n in shifted}):
            self._remove(number, shifted[place])
        self._claim_strays(replay)

    def _claim_strays(self, replay: Replay) -> None:
        strays = [(by, text) for by, text in replay.strays if not self._is_spent(by)]
        for normal in (None, without_space):
            offered = [(number, text) for number, (_, text) in enumerate(strays)]
            found = pair_up(normalised(offered, normal), normalised(list(self._open_removed.items()), normal))
            for number, line in found:
                self._remove(line, strays[number][0])
            used = {number for number, _ in found}
            strays = [one for number, one in enumerate(strays) if number not in used]

    def _write(self, number: int, origin: Origin) -> None:
        if self._is_spent(origin):
            return
        del self._open_added[number]
        self._found.written[number] = self._take(origin)

    def _remove(self, number: int, by: Origin) -> None:
        if self._is_spent(by):
            return
        del self._open_removed[number]
        self._found.removed[number] = self._take(by)

    def _take(self, origin: Origin) -> Writer:
        self._taken[origin.edit.session_id][origin.edit.id].add(origin.index)
        return Writer(origin.edit.session_id, origin.edit.tool)

    def _is_spent(self, origin: Origin) -> bool:
        return any(origin.index in gone for gone in self._gone(origin.edit))

    def _is_unspent(self, edit: Edit) -> bool:
        gone = set[int]().union(*self._gone(edit))
        return not gone or any(index not in gone for index, _ in edit.written)

    def _gone(self, edit: Edit) -> list[set[int]]:
        """The lines of an edit that earlier anchors took, by the names it goes by."""
        taken = self._spent[edit.session_id]
        return [taken[name] for name in (edit.id, edit.earlier_id) if name in taken]


def _from_first(edits: Sequence[Edit], is_wanted: Callable[[Edit], bool]) -> Iterator[Edit]:
    """The edits from the first wanted one on: what all commits have taken is history."""
    started = False
    for edit in edits:
        started = started or is_wanted(edit)
        if started:
            yield edit


def _ignores_returns(before: bytes | None, committed: bytes | None) -> bool:
    """Returns at the ends of lines mean nothing, unless the very commit puts them in or takes them out."""
    return (b"\r\n" in (before or b"")) == (b"\r\n" in (committed or b"")) or not before or not committed


def _is_old(lines: Sequence[Line], number: int) -> bool:
    return number <= len(lines) and lines[number - 1].base is not None


def _swaps(wanted: Mapping[int, bytes], offered: Mapping[int, bytes]) -> Pairs:
    """(number wanted, number offered) of equal lines, the nearest ones first."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for number in sorted(offered):
        places[offered[number]].append(number)
    return [(number, _take_nearest(places[text], number)) for number, text in wanted.items() if places.get(text)]


def _take_nearest(places: list[int], number: int) -> int:
    """Take it out of `places`, which ascend; of two as near the first."""
    index = bisect_left(places, number)
    if index == len(places) or (index and number - places[index - 1] <= places[index] - number):
        index -= 1
    return places.pop(index)


def line_ranges(numbers: Iterable[int]) -> list[dict[str, int]]:
    """`[{start, end}]` of ascending runs."""
    ranges: list[dict[str, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1]["end"] == number - 1:
            ranges[-1]["end"] = number
        else:
            ranges.append({"start": number, "end": number})
    return ranges
