"""A session cut at its human messages."""

from __future__ import annotations

from bisect import bisect_left

from msgspec import Struct

from shared.transcripts.model import Conversation

MINUTE_MS = 60_000


class Segment(Struct, frozen=True):
    """From a human message (or the session's start) to the next one.

    `stretch_ms` runs from the segment's start to its last tool call and is None without one.
    """

    tool_calls: int
    responses: int
    stretch_ms: int | None


def segments(conversation: Conversation) -> list[Segment]:
    """The segments in order; the first lies before the first human message and may be empty.

    At one and the same instant the person speaks first. Events without an instant count at the session's start.
    """
    start = conversation.started_ms or 0
    humans = sorted([_at(human.at_ms, start) for human in conversation.humans])
    calls = sorted([start if call.at_ms is None else call.at_ms for call in conversation.tool_calls])
    responses = sorted([start if found.at_ms is None else found.at_ms for found in conversation.responses])
    call_cuts = [0, *(bisect_left(calls, at) for at in humans), len(calls)]
    response_cuts = [0, *(bisect_left(responses, at) for at in humans), len(responses)]
    found = []
    for index, begun in enumerate([start, *humans]):
        first, after = call_cuts[index], call_cuts[index + 1]
        stretch = calls[after - 1] - begun if after > first else None
        found.append(Segment(after - first, response_cuts[index + 1] - response_cuts[index], stretch))
    return found


def gaps(parts: list[Segment]) -> list[Segment]:
    """Those between two neighbouring human messages."""
    return parts[1:-1]


def _at(at_ms: int | None, start: int) -> int:
    return start if at_ms is None else at_ms
