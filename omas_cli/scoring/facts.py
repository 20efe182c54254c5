"""What is counted in a session before any formula."""

from __future__ import annotations

from msgspec import Struct

from omas_cli.scoring import agents, timeline
from shared.transcripts.model import Session, ToolCall

ASKING_TOOLS = frozenset({"AskUserQuestion", "ask_user"})
ENTER_PLAN = "EnterPlanMode"
EXIT_PLAN = "ExitPlanMode"
PLAN = "plan"


class Facts(Struct, kw_only=True, frozen=True):
    """Raw counts of one session; durations in minutes, unrounded. Calls and tokens are the main session's."""

    duration_minutes: float
    tool_calls: int
    humans: int
    responses: int
    tokens: int
    max_concurrent_agents: int = 0
    sub_agents: int = 0
    max_depth: int = 0
    peak_parallel_tools: int = 0
    longest_stretch_minutes: float = 0.0
    max_calls_between_humans: int = 0
    longest_response_run: int = 0
    asks: int = 0
    penalised_asks: int = 0
    has_similar_prompts: bool = False
    fewest_calls_in_gap: int = 0


def facts_of(session: Session) -> Facts:
    """Count everything the formulas need. Needs `Detail.COUNTS` only."""
    parts = timeline.segments(session)
    between = timeline.gaps(parts)
    sub_agents = list(session.all_sub_agents())
    calls = session.tool_calls
    asks = [call for call in calls if call.name in ASKING_TOOLS]
    usage = session.usage
    return Facts(
        duration_minutes=_duration_ms(session) / timeline.MINUTE_MS,
        tool_calls=len(calls),
        humans=len(session.humans),
        responses=len(session.responses),
        tokens=usage.total,
        max_concurrent_agents=agents.peak_overlap(agents.lifetimes(sub_agents)),
        sub_agents=len(sub_agents),
        max_depth=max((agent.depth for agent in sub_agents), default=0),
        peak_parallel_tools=max((len(response.tool_calls) for response in session.responses), default=0),
        longest_stretch_minutes=max((part.stretch_ms or 0 for part in parts), default=0) / timeline.MINUTE_MS,
        max_calls_between_humans=max((part.tool_calls for part in parts), default=0),
        longest_response_run=max((part.responses for part in parts), default=0),
        asks=len(asks),
        penalised_asks=_penalised(session, asks),
        has_similar_prompts=agents.has_similar_pair(agent.prompt for agent in sub_agents),
        fewest_calls_in_gap=min((part.tool_calls for part in between), default=0),
    )


def _duration_ms(session: Session) -> int:
    if session.started_ms is None or session.ended_ms is None:
        return 0
    return session.ended_ms - session.started_ms


def _penalised(session: Session, asks: list[ToolCall]) -> int:
    """Questions outside plan mode."""
    if not asks:
        return 0
    windows = _plan_windows(session)
    return sum(not any(begun <= (ask.at_ms or 0) <= ended for begun, ended in windows) for ask in asks)


def _plan_windows(session: Session) -> list[tuple[int, float]]:
    """When plan mode held: entered by the model's own tool or chosen by the person; both ends inclusive."""
    switching = [call for call in session.tool_calls if call.name in (ENTER_PLAN, EXIT_PLAN)]
    by_tool = [(call.at_ms or 0, call.name == ENTER_PLAN) for call in switching]
    by_person = [(change.at_ms or 0, change.mode == PLAN) for change in session.modes]
    exits = [(at, False) for at, begins in by_tool if not begins]
    return _windows(by_tool) + _windows(sorted(by_person + exits))


def _windows(switches: list[tuple[int, bool]]) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    begun: int | None = None
    for at, begins in switches:
        if begins and begun is None:
            begun = at
        elif not begins and begun is not None:
            found.append((begun, at))
            begun = None
    if begun is not None:
        found.append((begun, float("inf")))
    return found
