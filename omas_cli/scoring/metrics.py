"""The formulas: from the facts of a session to the numbers that are shown and sent (`formula_version = 1`).

ln is natural; everything is computed unrounded and rounded once to 2 digits at the end. The seed's example
(127 tools, 3 humans, 32.5 min, 3 agents at once, 5 in all, 4 parallel, depth 1, 1 question) gives P 4.0, L 7.02,
B 5.0, Z 7.46, overall 5.87 and type L.
"""

from __future__ import annotations

from math import log1p

from msgspec import Struct

from omas_cli.scoring.facts import Facts

FORMULA_VERSION = 1
TOP = 10.0
SHORTEST_MINUTES = 0.1
MOST_PENALTY = 3.0
STRETCH_FACTOR = 2.0


class Metrics(Struct, kw_only=True, frozen=True):
    """All numbers of the upload payload (seed 000), flat. Durations in minutes, scores 0 to 10 (P and B open)."""

    thread_type: str
    session_duration_minutes: float
    total_tool_calls: int
    total_human_messages: int
    max_concurrent_agents: int
    total_sub_agents: int
    peak_parallel_tools: int
    p_thread_score: float
    longest_autonomous_stretch_minutes: float
    max_tool_calls_between_human: int
    max_consecutive_assistant_turns: int
    l_thread_score: float
    tool_calls_per_minute: float
    max_sub_agent_depth: int
    tokens_per_minute: float
    b_thread_score: float
    tool_calls_per_human_message: float
    assistant_per_human_ratio: float
    ask_user_count: int
    autonomous_tool_call_pct: float
    z_thread_score: float
    overall_score: float


def metrics_of(facts: Facts) -> Metrics:
    """Scores, rates and type of one session."""
    minutes = max(facts.duration_minutes, SHORTEST_MINUTES)
    humans = max(facts.humans, 1)
    more, longer, thicker, fewer = scores = (more_of(facts), longer_of(facts), thicker_of(facts), fewer_of(facts))
    return Metrics(
        thread_type=thread_type_of(facts),
        session_duration_minutes=round(facts.duration_minutes, 2),
        total_tool_calls=facts.tool_calls,
        total_human_messages=facts.humans,
        max_concurrent_agents=facts.max_concurrent_agents,
        total_sub_agents=facts.sub_agents,
        peak_parallel_tools=facts.peak_parallel_tools,
        p_thread_score=round(more, 2),
        longest_autonomous_stretch_minutes=round(facts.longest_stretch_minutes, 2),
        max_tool_calls_between_human=facts.max_calls_between_humans,
        max_consecutive_assistant_turns=facts.longest_response_run,
        l_thread_score=round(longer, 2),
        tool_calls_per_minute=round(facts.tool_calls / minutes, 2),
        max_sub_agent_depth=facts.max_depth,
        tokens_per_minute=round(facts.tokens / minutes, 2),
        b_thread_score=round(thicker, 2),
        tool_calls_per_human_message=round(facts.tool_calls / humans, 2),
        assistant_per_human_ratio=round(facts.responses / humans, 2),
        ask_user_count=facts.asks,
        autonomous_tool_call_pct=round((1 - _penalised_share(facts)) * 100, 2),
        z_thread_score=round(fewer, 2),
        overall_score=round(sum(min(score, TOP) for score in scores) / len(scores), 2),
    )


def more_of(facts: Facts) -> float:
    """P: agents or tools at once."""
    return float(max(facts.max_concurrent_agents, facts.peak_parallel_tools))


def longer_of(facts: Facts) -> float:
    """L: the longest stretch without a person."""
    return min(STRETCH_FACTOR * log1p(facts.longest_stretch_minutes), TOP)


def thicker_of(facts: Facts) -> float:
    """B: sub-agents, times their depth."""
    return float(facts.sub_agents * max(1, facts.max_depth))


def fewer_of(facts: Facts) -> float:
    """Z: tool calls per human message, less a penalty for questions."""
    trust = min(STRETCH_FACTOR * log1p(facts.tool_calls / max(facts.humans, 1)), TOP)
    return max(trust - min(TOP * _penalised_share(facts), MOST_PENALTY), 0.0)


def thread_type_of(facts: Facts) -> str:
    """The first type that matches, in the order of the contract; Base when none does."""
    if facts.humans <= 1 and facts.tool_calls >= 10:
        return "Z"
    if facts.max_depth >= 2:
        return "B"
    if facts.longest_stretch_minutes >= 30 and facts.tool_calls >= 50:
        return "L"
    if facts.has_similar_prompts:
        return "F"
    if facts.max_concurrent_agents >= 2:
        return "P"
    if facts.humans >= 3 and facts.fewest_calls_in_gap >= 3:
        return "C"
    return "Base"


def _penalised_share(facts: Facts) -> float:
    return facts.penalised_asks / facts.tool_calls if facts.tool_calls else 0.0
