"""What formatters change in a text and what they leave: lines joined, parted, indented, quoted otherwise."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from oobo_hooks.anchor.alignment import tells, without_space

_COMMA = re.compile(rb",(?=[)\]}])")
_INDEXED_BYTES = 32
"""Lines that a run may begin with are looked up by as many of their first bytes."""
_STEPS_PER_LINE = 50
"""What looking for runs may cost. Where a text repeats itself more often, its lines are no one's in particular."""
Parts = Sequence[tuple[int, bytes]]
"""(index of a line, what a formatter leaves of it)."""


def without(lines: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Lines without what formatters change: white space, quotes, trailing commas; (index, text) of those left."""
    parts: list[tuple[int, bytes]] = []
    following = b""
    for number, line in reversed(lines):
        squeezed = without_space(line).replace(b"'", b'"')
        left = _COMMA.sub(b"", squeezed + following).removesuffix(following)
        if left:
            parts.append((number, left))
        following = squeezed[:1] or following
    return parts[::-1]


def equal_runs(ours: Parts, theirs: Parts) -> Iterator[dict[int, list[int]]]:
    """Runs of lines whose joined text is the same on both sides: index of theirs → the lines of ours in it.

    Each is the shortest from its beginning, in order, and no line is in two.
    """
    our_side, their_side = _Side(ours), _Side(theirs)
    beginnings = _beginnings(our_side, {min(len(text), _INDEXED_BYTES) for _, text in theirs})
    steps = _STEPS_PER_LINE * (len(ours) + len(theirs))
    start = begin = 0
    while begin < len(theirs) and steps > 0:
        text = theirs[begin][1]
        firsts = beginnings.get(text[:_INDEXED_BYTES], ()) if tells(text) else ()
        run: list[tuple[int, int]] | None = None
        for place in range(bisect_left(firsts, start), len(firsts)):
            run, cost = _run(our_side, firsts[place], their_side, begin)
            steps -= cost
            if run or steps <= 0:
                break
        if run:
            yield _by_line(run, ours, theirs)
            start = run[-1][0] + 1
        begin = run[-1][1] + 1 if run else begin + 1


class _Side:
    """The lines of one side, joined; `starts` are where each begins and, at the end, where the last one ends."""

    def __init__(self, parts: Parts) -> None:
        self.text = b"".join(text for _, text in parts)
        self.starts = [0, *accumulate(len(text) for _, text in parts)]


def _beginnings(side: _Side, lengths: set[int]) -> Mapping[bytes, list[int]]:
    """What stands where a line begins, in each of these lengths → the places of those lines, ascending."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for place, start in enumerate(side.starts[:-1]):
        for beginning in {side.text[start : start + length] for length in lengths}:
            found[beginning].append(place)
    return found


def _run(ours: _Side, first: int, theirs: _Side, begin: int) -> tuple[list[tuple[int, int]] | None, int]:
    """(place of ours, place of theirs) of the lines that share text, up to where lines end on both sides, and the cost.

    None when the texts part before.
    """
    shared: list[tuple[int, int]] = []
    own, other = first, begin
    at, shift = ours.starts[first], theirs.starts[begin] - ours.starts[first]
    while own < len(ours.starts) - 1 and other < len(theirs.starts) - 1:
        shared.append((own, other))
        own_end, other_end = ours.starts[own + 1], theirs.starts[other + 1] - shift
        end = min(own_end, other_end)
        if ours.text[at:end] != theirs.text[at + shift : end + shift]:
            return None, len(shared)
        if own_end == other_end:
            return shared, len(shared)
        at, own, other = end, own + (own_end == end), other + (other_end == end)
    return None, len(shared)


def _by_line(run: Sequence[tuple[int, int]], ours: Parts, theirs: Parts) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for own, other in run:
        found[theirs[other][0]].append(ours[own][0])
    return found
