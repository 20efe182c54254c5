"""Which lines of one text stand in another: with as few changes as possible, as `git diff` finds them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from itertools import pairwise

MOST_CHANGES = 400
"""Beyond it the exact way, which costs their square, gives way to an approximate one."""
MOST_CHANGES_BETWEEN = 50
"""The same where that has found lines that stand still, for what is between two of them."""

Pairs = list[tuple[int, int]]
Numbered = Sequence[tuple[int, bytes]]
"""(number of the line, its text)."""


def matches(old: Sequence[bytes], new: Sequence[bytes]) -> Pairs:
    """(index in `old`, index in `new`) of the lines that are the same, ascending in both."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _between(old[start : len(old) - end], new[start : len(new) - end])
    pairs = [(index, index) for index in range(start)]
    pairs += [(start + left, start + right) for left, right in middle]
    return pairs + [(len(old) - end + step, len(new) - end + step) for step in range(end)]


def _between(old: Sequence[bytes], new: Sequence[bytes]) -> Pairs:
    common = set(old) & set(new)
    left = [index for index, line in enumerate(old) if line in common]
    right = [index for index, line in enumerate(new) if line in common]
    if not left:
        return []
    old_lines, new_lines = [old[index] for index in left], [new[index] for index in right]
    found = _shortest_edit(old_lines, new_lines, MOST_CHANGES)
    if found is None:
        found = _approximate(old_lines, new_lines)
    return [(left[one], right[other]) for one, other in found]


def _approximate(old: Sequence[bytes], new: Sequence[bytes]) -> Pairs:
    """Lines that stand once on both sides, in order; between them the exact way where there is little to change."""
    pairs: Pairs = []
    start, begin = 0, 0
    for end, stop in [*_in_order(_once(old, new)), (len(old), len(new))]:
        one, other = old[start:end], new[begin:stop]
        found = _shortest_edit(one, other, MOST_CHANGES_BETWEEN)
        if found is None:
            found = _in_order(_by_occurrence(one, other))
        pairs += [(start + left, begin + right) for left, right in found]
        if end < len(old) and stop < len(new):
            pairs.append((end, stop))
        start, begin = end + 1, stop + 1
    return pairs


def _once(old: Sequence[bytes], new: Sequence[bytes]) -> Pairs:
    old_count, new_count = Counter(old), Counter(new)
    places = {line: index for index, line in enumerate(new) if new_count[line] == 1}
    return [(index, places[line]) for index, line in enumerate(old) if old_count[line] == 1 and line in places]


def _by_occurrence(old: Sequence[bytes], new: Sequence[bytes]) -> Pairs:
    """The first of each text with the first of the other side, the second with the second."""
    places: dict[bytes, deque[int]] = defaultdict(deque)
    for index, line in enumerate(new):
        places[line].append(index)
    return [(index, places[line].popleft()) for index, line in enumerate(old) if places.get(line)]


def _in_order(pairs: Pairs) -> Pairs:
    """The most of the pairs, ascending on the left, that ascend on the right too."""
    ends: list[int] = []
    ends_at: list[int] = []
    before: list[int | None] = []
    for number, (_, right) in enumerate(pairs):
        length = bisect_left(ends, right)
        before.append(ends_at[length - 1] if length else None)
        ends[length : length + 1] = [right]
        ends_at[length : length + 1] = [number]
    found: Pairs = []
    at = ends_at[-1] if ends_at else None
    while at is not None:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _shortest_edit(old: Sequence[bytes], new: Sequence[bytes], most: int) -> Pairs | None:
    """Myers' greedy algorithm; None when there are more than `most` changes."""
    if not old or not new:
        return []
    if _fewest_changes(old, new) > most:
        return None
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    for changes in range(min(len(old) + len(new), most) + 1):
        trace.append({k: reach[k] for k in range(-changes - 1, changes + 2) if k in reach})
        for k in range(-changes, changes + 1, 2):
            down = k == -changes or (k != changes and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            y = x - k
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reach[k] = x
            if x >= len(old) and y >= len(new):
                return _walk_back(trace, len(old), len(new))
    return None


def _fewest_changes(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    """As many at least, whatever order the lines are in."""
    difference = Counter(old)
    difference.subtract(new)
    return sum(map(abs, difference.values()))


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> Pairs:
    pairs: Pairs = []
    for changes in range(len(trace) - 1, -1, -1):
        reach, k = trace[changes], x - y
        down = k == -changes or (k != changes and reach[k - 1] < reach[k + 1])
        before = k + 1 if down else k - 1
        start_x = reach[before] if changes else 0
        start_y = start_x - before if changes else 0
        while x > start_x and y > start_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = start_x, start_y
    return pairs[::-1]


def slid(pairs: Pairs, old: Sequence[bytes], new: Sequence[bytes], owners: Sequence[object]) -> Pairs:
    """The same pairs, with lines that could be left out or put in at several places moved to the likeliest one.

    `owners` says whose each line of `old` is. Lines that go were one owner's where that can be, and lines that come
    were not put between two lines of one owner.
    """
    of_old = dict(pairs)
    of_new = {right: left for left, right in pairs}
    for first, after in _gaps(sorted(of_old), len(old)):
        _slide(first, after, of_old, of_new, old, lambda low, high: len(set(owners[low:high])))
    for first, after in _gaps(sorted(of_new), len(new)):
        _slide(first, after, of_new, of_old, new, lambda low, _: _splits(low, of_new, owners))
    return sorted(of_old.items())


def _gaps(taken: list[int], length: int) -> list[tuple[int, int]]:
    edges = [-1, *taken, length]
    return [(low + 1, high) for low, high in pairwise(edges) if high > low + 1]


def _slide(
    first: int,
    after: int,
    own: dict[int, int],
    others: dict[int, int],
    lines: Sequence[bytes],
    cost: Callable[[int, int], int],
) -> None:
    """Move the unpaired lines `first:after` up or down over equal lines to where that costs least."""
    if first and after < len(lines) and own[after] != own[first - 1] + 1:
        return
    best, cheapest = 0, cost(first, after)
    for direction in (-1, 1):
        moved, shift = dict[int, int](), 0
        while cheapest and _can_move(first + shift, after + shift, direction, own, lines):
            shift += direction
            low, high = first + shift, after + shift
            _move(low, high, direction, own, others)
            moved[shift] = cost(low, high)
        for _ in range(abs(shift)):
            _move(first + shift - direction, after + shift - direction, -direction, own, others)
            shift -= direction
        for shift_to, price in moved.items():
            if price < cheapest:
                best, cheapest = shift_to, price
    step = 1 if best > 0 else -1
    for shift in range(step, best + step, step) if best else ():
        _move(first + shift, after + shift, step, own, others)


def _can_move(first: int, after: int, direction: int, own: dict[int, int], lines: Sequence[bytes]) -> bool:
    if direction < 0:
        return first - 1 in own and lines[first - 1] == lines[after - 1]
    return after in own and lines[after] == lines[first]


def _move(first: int, after: int, direction: int, own: dict[int, int], others: dict[int, int]) -> None:
    """Pair the line that the gap, now `first:after`, has left with the other text's, instead of the one it took."""
    left, taken = (after, first) if direction < 0 else (first - 1, after - 1)
    other = own.pop(taken)
    own[left] = other
    others[other] = left


def _splits(first: int, of_new: dict[int, int], owners: Sequence[object]) -> int:
    """1 when lines that come before `first`'s place part two lines of one owner."""
    above = of_new.get(first - 1)
    if above is None or above + 1 >= len(owners):
        return 0
    return int(owners[above] is not None and owners[above] == owners[above + 1])


def pair_up(offered: Numbered, wanted: Numbered) -> Pairs:
    """(number offered, number wanted) of equal texts: in order first, then telling lines wherever they stand.

    A blank line or a lone bracket is no one's in particular: it counts only beside another line that counts, unless
    nothing else is offered.
    """
    offer_numbers, offer_texts = [number for number, _ in offered], [text for _, text in offered]
    want_numbers, want_texts = [number for number, _ in wanted], [text for _, text in wanted]
    found = slid(matches(offer_texts, want_texts), offer_texts, want_texts, [True] * len(offer_texts))
    found += _leftovers(offer_texts, want_texts, found)
    if not any(map(tells, offer_texts)):
        return [(offer_numbers[left], want_numbers[right]) for left, right in found]
    kept = {(offer_numbers[left], want_numbers[right]) for left, right in found if tells(offer_texts[left])}
    bare = [(offer_numbers[left], want_numbers[right]) for left, right in found if not tells(offer_texts[left])]
    for step in (1, -1):
        for left, right in sorted(bare, reverse=step < 0):
            if (left - step, right - step) in kept:
                kept.add((left, right))
    return sorted(kept)


def _leftovers(offered: Sequence[bytes], wanted: Sequence[bytes], pairs: Pairs) -> Pairs:
    used_left, used_right = {left for left, _ in pairs}, {right for _, right in pairs}
    places: dict[bytes, list[int]] = defaultdict(list)
    for index in range(len(offered) - 1, -1, -1):
        if index not in used_left and tells(offered[index]):
            places[offered[index]].append(index)
    return [
        (places[line].pop(), index) for index, line in enumerate(wanted) if index not in used_right and places.get(line)
    ]


def normalised(lines: Numbered, normal: Callable[[bytes], bytes] | None) -> Numbered:
    """Lines as they are compared; what is nothing then is left out."""
    if normal is None:
        return lines
    return [(number, text) for number, line in lines if (text := normal(line))]


def tells(line: bytes) -> bool:
    """Whether a line says something: letters, digits, anything beyond ASCII."""
    return any(byte > 0x7F or chr(byte).isalnum() for byte in line)


def without_space(line: bytes) -> bytes:
    return b"".join(line.split())
