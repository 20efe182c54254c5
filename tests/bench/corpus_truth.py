"""What was written, counted while it is written: the corpus's own answer to every count of the readers.

The spans (stretches, runs, agents at once) are worked out from the plain list of events, event by event, so that they
check the readers' way by another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.bench.corpus_log import Log, milliseconds


@dataclass
class Truth:
    """Counts of one conversation. `events` are (ms, kind) in order of writing: human, response or tool."""

    tool_calls: int = 0
    tools: dict[str, int] = field(default_factory=dict)
    assistant_messages: int = 0
    assistant_lines: int = 0
    human_messages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_creation_tokens: int = 0
    peak_parallel_tools: int = 0
    ask_user: int = 0
    max_depth: int = 0
    subagent_bytes: int = 0
    subagent_tool_calls: int = 0
    subagent_tokens: int = 0
    agents: list[str] = field(default_factory=list)
    lifetimes: list[tuple[int, int]] = field(default_factory=list)
    events: list[tuple[int, str]] = field(default_factory=list)

    def add_event(self, when: datetime, kind: str) -> None:
        self.events.append((milliseconds(when), kind))

    def add_tool(self, name: str) -> None:
        self.tool_calls += 1
        self.tools[name] = self.tools.get(name, 0) + 1

    def add_agent(self, log: Log, inner: Truth) -> None:
        assert log.first_ms is not None and log.last_ms is not None
        self.lifetimes.append((log.first_ms, log.last_ms))
        self.subagent_bytes += log.bytes
        self.subagent_tool_calls += inner.tool_calls
        self.subagent_tokens += inner.input_tokens + inner.output_tokens

    def counts(self) -> dict[str, Any]:
        """The counts as the manifest holds them."""
        left_out = ("agents", "lifetimes", "events")
        plain = {name: value for name, value in vars(self).items() if name not in left_out}
        return {**plain, "sub_agents": len(self.agents)}

    def spans(self, log: Log) -> dict[str, Any]:
        """Instants and durations in ms; the log is the session's own."""
        longest, most_calls, longest_run = _segments(self.events, log.first_ms or 0)
        return {
            "first_ms": log.first_ms,
            "last_ms": log.last_ms,
            "longest_stretch_ms": longest,
            "max_calls_between_humans": most_calls,
            "longest_response_run": longest_run,
            "max_concurrent_agents": _most_at_once(self.lifetimes),
        }


def _segments(events: list[tuple[int, str]], start: int) -> tuple[int, int, int]:
    """Longest stretch in ms, most calls and most responses without a human message between."""
    longest = most_calls = longest_run = calls = run = 0
    for at, kind in sorted(events, key=lambda event: (event[0], event[1] != "human")):
        if kind == "human":
            start, calls, run = at, 0, 0
        elif kind == "tool":
            calls += 1
            longest = max(longest, at - start)
            most_calls = max(most_calls, calls)
        else:
            run += 1
            longest_run = max(longest_run, run)
    return longest, most_calls, longest_run


def _most_at_once(lifetimes: list[tuple[int, int]]) -> int:
    """Tried at every start, which is where the number can be highest."""
    return max((sum(begun <= at <= ended for begun, ended in lifetimes) for at, _ in lifetimes), default=0)
