"""How many sessions ran at once, over the whole ledger."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from omas_cli.record import Record


def peaks(records: Sequence[Record]) -> dict[tuple[str, str], int]:
    """(tool, id) → the most sessions, itself among them, that were open at one instant of the session.

    A sweep over all starts and ends; on a tie starts come before ends. The count only rises at a start, so the peak
    of a session is the highest count at its own start or at a start within it.
    """
    starts = sorted(record.started_ms for record in records)
    ends = sorted(record.ended_ms for record in records)
    counts = [index + 1 - bisect_left(ends, at) for index, at in enumerate(starts)]
    # Of several sessions that start at one instant, the last one's count holds for all.
    highest = _Highest(counts)
    return {
        (record.tool, record.id): highest.between(
            bisect_left(starts, record.started_ms), bisect_right(starts, record.ended_ms)
        )
        for record in records
    }


class _Highest:
    """The maximum of any part of a list in constant time (sparse table)."""

    def __init__(self, values: Sequence[int]) -> None:
        self._levels = [list(values)]
        width = 1
        while 2 * width <= len(values):
            below = self._levels[-1]
            self._levels.append([max(below[i], below[i + width]) for i in range(len(values) - 2 * width + 1)])
            width *= 2

    def between(self, first: int, after: int) -> int:
        level = (after - first).bit_length() - 1
        row = self._levels[level]
        return max(row[first], row[after - (1 << level)])
