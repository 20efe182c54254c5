"""How scored sessions add up to one person's rank; the client's report and the server's leaderboard agree.

weight = ln(1 + tools) · ln(1 + minutes); weighted = Σ score·w / Σ w over qualified sessions;
consistency = clamp(10 − 3.33·σ, 0, 10) over the newest 70 (σ of the population), 5.0 below two;
composite rank = 0.8·weighted + 0.2·consistency. (contract: Scores)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p, sqrt
from typing import NamedTuple

SHORTEST_MINUTES = 5.0
FEWEST_TOOLS = 10
FEWEST_HUMANS = 1
NEWEST = 70
SPREAD_FACTOR = 3.33
NEUTRAL_CONSISTENCY = 5.0


class Scored(NamedTuple):
    """What ranking needs of one session. `order` is its start and, to settle ties, its id."""

    score: float
    tool_calls: int
    minutes: float
    order: tuple[float, str]


class Ranking(NamedTuple):
    """One person's standing; each value is rounded once to 2 digits."""

    sessions: int
    weighted_score: float
    consistency: float
    composite_rank: float


def is_qualified(minutes: float, tool_calls: int, humans: int) -> bool:
    """Whether a session counts for upload and averages."""
    return minutes >= SHORTEST_MINUTES and tool_calls >= FEWEST_TOOLS and humans >= FEWEST_HUMANS


def weight(tool_calls: int, minutes: float) -> float:
    return log1p(max(tool_calls, 0)) * log1p(max(minutes, 0.0))


def rank(sessions: Sequence[Scored]) -> Ranking:
    """The standing that follows from qualified sessions; all zero but a neutral consistency without any."""
    weights = [weight(session.tool_calls, session.minutes) for session in sessions]
    total = sum(weights)
    weighted = sum(s.score * w for s, w in zip(sessions, weights, strict=True)) / total if total else 0.0
    steady = consistency(sessions)
    composite = 0.8 * weighted + 0.2 * steady if sessions else 0.0
    return Ranking(len(sessions), round(weighted, 2), round(steady, 2), round(composite, 2))


def consistency(sessions: Sequence[Scored]) -> float:
    newest = sorted(sessions, key=lambda session: session.order)[-NEWEST:]
    if len(newest) < 2:
        return NEUTRAL_CONSISTENCY
    mean = sum(session.score for session in newest) / len(newest)
    spread = sqrt(sum((session.score - mean) ** 2 for session in newest) / len(newest))
    return min(max(10.0 - SPREAD_FACTOR * spread, 0.0), 10.0)
