"""A file's history between two commits, edit by edit: whose each of its lines is, like `git blame` over the versions.

It begins with the file as the parent commit has it. An agent's edit makes the lines it brings that session's; between
the edits others were at work (a person, a formatter, git), and lines follow their text from one version to the next.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oobo_hooks.anchor import layout
from oobo_hooks.anchor.alignment import Pairs, matches, normalised, pair_up, slid, tells, without_space
from oobo_hooks.anchor.edit import Edit, Passage, bare, split_lines

_NEWLINE = re.compile(rb"\n")


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of an edit; a negative index is a line that the edit took away."""

    edit: Edit
    index: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a version: the edit it came by, if one, and its 1-based number in the parent commit, if it is there."""

    text: bytes
    origin: Origin | None = None
    base: int | None = None

    def reading(self, text: bytes) -> Line:
        """The same line, reading `text` by now."""
        return self if text == self.text else Line(text, self.origin, self.base)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A passage of an edit whose lines are numbered from `start`, or all its loose lines."""

    edit: Edit
    start: int = 0
    passage: Passage | None = None

    @property
    def written(self) -> list[tuple[int, bytes]]:
        if self.passage is None:
            return self.edit.written
        lines = split_lines(self.passage.new)
        return [(self.start + index, bare(lines[index])) for index in self.passage.changes[1]]


class Replay:
    """The file as it is now, and what became of the lines that are gone.

    `removed` says by whom a line of the parent commit went (None: by nobody known), `strays` are further lines that
    edits took away, `lost` the agents' lines that vanished between edits, `retracted` those that an edit took away, and
    `unplaced` what was written at no known place.
    """

    def __init__(self, base: bytes, *, ignores_returns: bool) -> None:
        self._ignores_returns = ignores_returns
        self.base_texts = split_lines(base)
        self.lines = [Line(text, None, number) for number, text in enumerate(self.base_texts, start=1)]
        self.removed: dict[int, Origin | None] = {}
        self.strays: list[tuple[Origin, bytes]] = []
        self.lost: list[Line] = []
        self.retracted: list[Line] = []
        self.unplaced: list[Unplaced] = []
        self._deletes: Edit | None = None

    def apply(self, edit: Edit) -> None:
        """Make an agent's edit."""
        if edit.deletes:
            self._deletes = edit
        if edit.before is not None:
            self.follow(edit.before)
        if edit.after is not None:
            self._rewrite(edit, 0, 0, len(self.lines), split_lines(edit.after))
            return
        for start, passage in edit.numbered_passages():
            if not self._replace(edit, start, passage):
                self.unplaced.append(Unplaced(edit, start, passage))
        if edit.loose:
            self.unplaced.append(Unplaced(edit))

    def follow(self, content: bytes) -> None:
        """Go on to a version that others made of this one."""
        texts = split_lines(content)
        if texts == [line.text for line in self.lines]:
            return
        if not texts and self._deletes is not None:
            # The file is gone, and this session gave the command.
            self._rewrite(self._deletes, 0, 0, len(self.lines), [])
            return
        new, carried = self._carried(texts)
        for index, line in enumerate(self.lines):
            if index not in carried:
                self._forget(line)
        self._bring_back_moved(new)
        self.lines = new

    def staged(self, content: bytes) -> tuple[list[Line], set[int]]:
        """The lines of a version that may hold only a part of this one, and the indexes of those that are not in it.

        What that version leaves out waits, and is not gone.
        """
        texts = split_lines(content)
        lines, carried = self._carried(texts)
        return lines, set(range(len(texts))).difference(carried.values())

    def key(self, text: bytes) -> bytes:
        """What makes two lines the same."""
        return text[:-2] + b"\n" if self._ignores_returns and text.endswith(b"\r\n") else text

    def _carried(self, texts: Sequence[bytes]) -> tuple[list[Line], dict[int, int]]:
        """`texts` as lines, and the index of each of ours that went into one of them → the index of that."""
        old, new = [self.key(line.text) for line in self.lines], [self.key(text) for text in texts]
        owners = [line.origin.edit if line.origin else None for line in self.lines]
        pairs = matches(old, new)
        if any(owners) and len(pairs) < max(len(old), len(new)):
            pairs = slid(pairs, old, new, owners)
        lines = [Line(text) for text in texts]
        for left, right in pairs:
            lines[right] = self.lines[left].reading(texts[right])
        carried = dict(pairs)
        for old_range, new_range in _hunks(pairs, len(old), len(new)):
            carried |= self._reformatted(old_range, new_range, lines)
        return lines, carried

    def _reformatted(self, old: range, new: range, lines: list[Line]) -> dict[int, int]:
        """Lines that differ in white space only, or were joined or parted, are still their writer's."""
        if not any(self.lines[index].origin for index in old):
            return {}
        squeezed = [without_space(self.lines[index].text) for index in old], [without_space(lines[i].text) for i in new]
        carried: dict[int, int] = {}
        for left, right in matches(*squeezed):
            line = self.lines[old[left]]
            carried[old[left]] = new[right]
            if line.origin and squeezed[0][left]:
                lines[new[right]] = Line(lines[new[right]].text, line.origin)
        return carried | self._rewrapped([index for index in old if index not in carried], new, lines)

    def _rewrapped(self, old: Sequence[int], new: range, lines: list[Line]) -> dict[int, int]:
        """Runs of lines that hold the same text as runs of ours, however it is broken into lines."""
        ours = layout.without([(index, self.lines[index].text) for index in old])
        theirs = layout.without([(index, lines[index].text) for index in new if lines[index].origin is None])
        carried: dict[int, int] = {}
        for parts in layout.equal_runs(ours, theirs):
            for index, sources in parts.items():
                writers = {self._writer(source) for source in sources}
                origin = self.lines[next(iter(sources))].origin
                if len(writers) == 1 and origin is not None:
                    lines[index] = Line(lines[index].text, origin)
                    carried |= dict.fromkeys(sources, index)
        return carried

    def _writer(self, index: int) -> str | None:
        origin = self.lines[index].origin
        return origin.edit.session_id if origin else None

    def _forget(self, line: Line) -> None:
        if line.base is not None:
            self.removed.setdefault(line.base, None)
        if line.origin is not None:
            self.lost.append(line)

    def _bring_back_moved(self, new: list[Line]) -> None:
        """Agents' lines that are gone from their place and stand, word for word, at another were moved there."""
        offered = [(number, bare(line.text)) for number, line in enumerate(self.lost)]
        if not any(tells(text) for _, text in offered):
            return
        moved = pair_up(offered, _unowned(new))
        for number, index in moved:
            new[index] = Line(new[index].text, self.lost[number].origin)
        came_back = {number for number, _ in moved}
        self.lost = [line for number, line in enumerate(self.lost) if number not in came_back]

    def place_rest(self, is_spent: Callable[[Origin], bool]) -> None:
        """Look in the file as it is for the text whose place nobody told: as a whole, else line by line."""
        rest = [one for one in self.unplaced if one.passage is None or not self._find_whole(one)]
        self.unplaced = []
        for one in rest:
            left = [(index, text) for index, text in one.written if not is_spent(Origin(one.edit, index))]
            for normal in (None, without_space):
                found = pair_up(normalised(left, normal), normalised(_unowned(self.lines), normal))
                for index, place in found:
                    self.lines[place] = Line(self.lines[place].text, Origin(one.edit, index))
                used = {index for index, _ in found}
                left = [(index, text) for index, text in left if index not in used]
            self.lost += [Line(text, Origin(one.edit, index)) for index, text in left]

    def _find_whole(self, one: Unplaced) -> bool:
        """Give the lines of a passage that stands in the file as a whole to its edit."""
        assert one.passage is not None
        content = b"".join(line.text for line in self.lines)
        passage = _fitted(one.passage, content)
        for position in _places(content, passage.new, passage):
            if (content[position - 1 : position] == b"\n") < (
                passage.changes[1][:1] == [0] and passage.new[:1] == b"\n"
            ):
                continue
            first = content.count(b"\n", 0, position)
            for index in passage.changes[1]:
                line = self.lines[first + index]
                if line.origin is None and line.base is None:
                    self.lines[first + index] = Line(line.text, Origin(one.edit, one.start + index))
            return True
        return False

    def _replace(self, edit: Edit, start: int, passage: Passage) -> bool:
        """Put a passage where its old text stands; False where that place is not to be found."""
        content = b"".join(line.text for line in self.lines)
        passage = _fitted(passage, content)
        places = _places(content, passage.old, passage)
        starts = _line_starts(content)
        for position in reversed(places):
            end = position + len(passage.old)
            first, last = (bisect_right(starts, place) - 1 for place in (position, end))
            head = content[starts[first] : position] + passage.new
            tail = b""
            if not end or end != starts[last] or (head and not head.endswith(b"\n")):
                # The rest of the line as it is by now: a place further along it is replaced already.
                tail = b"".join(line.text[end - starts[last] :] for line in self.lines[last : last + 1])
                last += 1
            self._rewrite(edit, start, first, last, split_lines(head + tail))
        return bool(places)

    def _rewrite(self, edit: Edit, start: int, first: int, last: int, texts: Sequence[bytes]) -> None:
        """Lines `first:last` become `texts` by `edit`, whose lines there are numbered from `start`."""
        old = self.lines[first:last]
        pairs: Pairs = matches([self.key(line.text) for line in old], [self.key(text) for text in texts])
        kept = {right: old[left] for left, right in pairs}
        new = [
            kept[index].reading(text) if index in kept else Line(text, Origin(edit, start + index))
            for index, text in enumerate(texts)
        ]
        stayed = {left for left, _ in pairs}
        for index, line in enumerate(old):
            if index not in stayed:
                self._take_away(line, Origin(edit, -1 - start - index))
        self.lines[first:last] = new

    def _take_away(self, line: Line, by: Origin) -> None:
        if line.base is not None:
            self.removed.setdefault(line.base, by)
        elif line.origin is None:
            self.strays.append((by, bare(line.text)))
        else:
            self.retracted.append(line)


def _unowned(lines: Sequence[Line]) -> list[tuple[int, bytes]]:
    """(index, text) of the lines that are neither an agent's nor the parent commit's."""
    found = enumerate(lines)
    return [(index, bare(line.text)) for index, line in found if line.origin is None and line.base is None]


def _fitted(passage: Passage, content: bytes) -> Passage:
    """Tools tell the text of a file without the returns at its lines' ends."""
    if b"\r\n" not in content or b"\r" in passage.old + passage.new:
        return passage
    old, new = (text.replace(b"\n", b"\r\n") for text in (passage.old, passage.new))
    return Passage(old, new, passage.everywhere, passage.line)


def _line_starts(content: bytes) -> list[int]:
    """Where its lines begin; what comes after a newline is one, though empty."""
    return [0, *(found.end() for found in _NEWLINE.finditer(content))]


def _places(content: bytes, wanted: bytes, passage: Passage) -> list[int]:
    """Where `wanted` stands in `content`, as far as the passage tells which of its places is meant."""
    if not wanted:
        return _place_of_nothing(content, passage.line)
    places, position = [], content.find(wanted)
    while position >= 0:
        places.append(position)
        position = content.find(wanted, position + len(wanted))
    if len(places) < 2 or passage.everywhere:
        return places
    if passage.line is None:
        return []
    line, starts = passage.line, _line_starts(content)
    return [min(places, key=lambda place: abs(bisect_right(starts, place) - line))]


def _place_of_nothing(content: bytes, line: int | None) -> list[int]:
    if line is None:
        return [] if content else [0]
    return [sum(map(len, split_lines(content)[: line - 1]))]


def _hunks(pairs: Pairs, old: int, new: int) -> list[tuple[range, range]]:
    """The ranges on both sides that are no pairs, where neither is empty."""
    return [
        (range(left + 1, next_left), range(right + 1, next_right))
        for (left, right), (next_left, next_right) in pairwise([(-1, -1), *pairs, (old, new)])
        if next_left > left + 1 and next_right > right + 1
    ]
