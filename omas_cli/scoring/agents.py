"""How many sub-agents work at once, and whether two were given the same task."""

from __future__ import annotations

from collections.abc import Iterable

from shared.transcripts.model import SubAgent

SIMILAR = 0.7
COMPARED_CHARACTERS = 200


def peak_overlap(intervals: Iterable[tuple[int, int]]) -> int:
    """The most intervals open at one instant; on a tie starts come before ends."""
    edges = sorted(edge for start, end in intervals for edge in ((start, 0), (max(start, end), 1)))
    open_now = peak = 0
    for _, is_end in edges:
        open_now += -1 if is_end else 1
        peak = max(peak, open_now)
    return peak


def lifetimes(agents: Iterable[SubAgent]) -> list[tuple[int, int]]:
    """Start and end of each agent that has them, in ms."""
    return [
        (agent.started_ms, agent.ended_ms if agent.ended_ms is not None else agent.started_ms)
        for agent in agents
        if agent.started_ms is not None
    ]


def has_similar_pair(prompts: Iterable[str | None]) -> bool:
    """Whether two prompts share 70 % of their words (Jaccard over lower-cased words of the first 200 characters)."""
    words = [frozenset(prompt[:COMPARED_CHARACTERS].lower().split()) for prompt in prompts if prompt]
    ordered = sorted((found for found in words if found), key=len)
    for index, smaller in enumerate(ordered):
        for larger in ordered[index + 1 :]:
            # The union is at least the larger one, so a much larger one cannot be similar; nor can those after it.
            if len(smaller) < SIMILAR * len(larger):
                break
            shared = len(smaller & larger)
            if shared >= SIMILAR * (len(smaller) + len(larger) - shared):
                return True
    return False
