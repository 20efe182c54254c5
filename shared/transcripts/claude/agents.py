"""The sub-agents of a Claude Code session as a tree.

Evidence comes from four places that are united: logs of their own, results that name an agent, progress lines, and
`agent-*.meta.json`. A spawn that none of these knows but that has a good result is an agent too.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from shared.transcripts.claude.records import AgentMeta
from shared.transcripts.claude.threads import MAIN, PROMPT_LENGTH, Responses, Spawn, Thread
from shared.transcripts.instants import earlier, later
from shared.transcripts.model import Response, SubAgent, ToolResult

# No agent starts agents that start agents so deep; a meta file that says so is wrong.
DEEPEST = 64


class Traces:
    """What progress lines told about one agent: when it was seen and by which call it runs."""

    __slots__ = ("call_id", "ended_ms", "started_ms", "thread")

    def __init__(self) -> None:
        self.started_ms: int | None = None
        self.ended_ms: int | None = None
        self.call_id: str | None = None
        self.thread = MAIN

    def note(self, at_ms: int | None, call_id: str | None, thread: str) -> None:
        self.started_ms = earlier(self.started_ms, at_ms)
        self.ended_ms = later(self.ended_ms, at_ms)
        # Progress of a nested agent is repeated upwards; the log nearest to it knows best.
        if self.call_id is None or (self.thread == MAIN and thread != MAIN):
            self.call_id, self.thread = call_id, thread


class Evidence(Struct):
    """All that a session's files say about its sub-agents. Keys are agent ids, except `results`: call ids."""

    threads: dict[str, Thread]
    responses: Responses
    results: dict[str, ToolResult]
    agent_of_call: dict[str, str] = field(default_factory=dict)
    progress: dict[str, Traces] = field(default_factory=dict)
    metas: dict[str, AgentMeta] = field(default_factory=dict)


def build_tree(evidence: Evidence) -> list[SubAgent]:
    """The agents the session itself started, each with those it started, in order of time."""
    spawn_of = _spawns_of_agents(evidence)
    agents = {name: _agent(name, evidence, spawn_of.get(name)) for name in _names(evidence, spawn_of)}
    parent_of = _without_circles({name: _parent(name, evidence, spawn_of) for name in agents})
    tops: list[SubAgent] = []
    for name, agent in agents.items():
        lineage = _lineage(name, parent_of)
        agent.depth = _depth(lineage, evidence)
        siblings = agents[lineage[1]].sub_agents if len(lineage) > 1 else tops
        siblings.append(agent)
    for siblings in [tops, *(agent.sub_agents for agent in agents.values())]:
        siblings.sort(key=lambda agent: (agent.started_ms or 0, agent.id))
    return tops


def _names(evidence: Evidence, spawn_of: dict[str, Spawn]) -> list[str]:
    known = dict.fromkeys(name for name in evidence.threads if name != MAIN)
    known.update(dict.fromkeys(evidence.progress))
    known.update(dict.fromkeys(spawn_of))
    known.update(dict.fromkeys(evidence.agent_of_call.values()))
    return list(known)


def _spawns_of_agents(evidence: Evidence) -> dict[str, Spawn]:
    """Agent id → the call that started it; a call nobody answers for gets an agent of its own."""
    spawns = dict(evidence.responses.spawns)
    found: dict[str, Spawn] = {}
    for call_id, name in _named_links(evidence):
        if call_id in spawns and name not in found:
            found[name] = spawns.pop(call_id)
    loose = [name for name in evidence.threads if name != MAIN and name not in found]
    _match_prompts(loose, evidence, spawns, found)
    for call_id, spawn in spawns.items():
        result = evidence.results.get(call_id)
        if result is not None and not result.is_error and call_id not in evidence.agent_of_call:
            found[f"spawn:{call_id}"] = spawn
    return found


def _named_links(evidence: Evidence) -> Iterable[tuple[str, str]]:
    """(call id, agent id) pairs, the surest first."""
    for name, meta in evidence.metas.items():
        if meta.tool_use_id:
            yield meta.tool_use_id, name
    yield from evidence.agent_of_call.items()
    for name, traces in evidence.progress.items():
        if traces.call_id:
            yield traces.call_id, name


def _match_prompts(loose: list[str], evidence: Evidence, spawns: dict[str, Spawn], found: dict[str, Spawn]) -> None:
    """Join logs and calls that name no common id by the prompt, in order of time."""
    if not loose or not spawns:
        return
    waiting = sorted(spawns.items(), key=lambda item: item[1].call.at_ms or 0)
    for name in sorted(loose, key=lambda name: evidence.threads[name].started_ms or 0):
        prompt = _first_words(evidence.threads[name])
        for call_id, spawn in waiting:
            if call_id in spawns and prompt and (spawn.asked.prompt or "")[:PROMPT_LENGTH] == prompt:
                found[name] = spawns.pop(call_id)
                break


def _first_words(thread: Thread | None) -> str | None:
    if thread is None or not thread.humans:
        return None
    first = min(thread.humans.values(), key=lambda human: human.at_ms or 0)
    return first.text[:PROMPT_LENGTH]


def _agent(name: str, evidence: Evidence, spawn: Spawn | None) -> SubAgent:
    thread = evidence.threads.get(name)
    meta = evidence.metas.get(name, AgentMeta())
    started_ms, ended_ms = _span(name, thread, evidence, spawn)
    asked = spawn.asked if spawn else None
    prompt = _first_words(thread) or (asked.prompt if asked else None)
    agent = SubAgent(
        id=name,
        kind=meta.agent_type or (asked.subagent_type if asked else None),
        description=meta.description or (asked.description if asked else None),
        prompt=prompt[:PROMPT_LENGTH] if prompt else None,
        spawn_call=spawn.call.id if spawn else None,
        started_ms=started_ms,
        ended_ms=ended_ms,
        model=meta.model,
    )
    if thread is not None:
        fill(agent, thread)
    return agent


def fill(conversation: SubAgent, thread: Thread) -> None:
    """Put the thread's messages into the conversation, in order of time."""
    conversation.humans = sorted(thread.humans.values(), key=lambda human: (human.at_ms or 0, human.key))
    conversation.responses = in_order(thread.responses.values())
    conversation.compactions = len(thread.compactions)
    conversation.model = last_model(conversation.responses) or conversation.model


def in_order(responses: Iterable[Response]) -> list[Response]:
    """Responses by time, the calls in each by time."""
    ordered = sorted(responses, key=lambda response: (response.at_ms or 0, response.message_id))
    for response in ordered:
        if len(response.tool_calls) > 1:
            response.tool_calls.sort(key=lambda call: call.at_ms or 0)
    return ordered


def last_model(responses: list[Response]) -> str | None:
    return next((response.model for response in reversed(responses) if response.model), None)


def _span(name: str, thread: Thread | None, evidence: Evidence, spawn: Spawn | None) -> tuple[int | None, int | None]:
    """From first to last line of its own log; else what spawn, result and progress tell."""
    if thread is not None and thread.started_ms is not None:
        return thread.started_ms, thread.ended_ms
    traces = evidence.progress.get(name, Traces())
    if spawn is None:
        return traces.started_ms, traces.ended_ms
    result = evidence.results.get(spawn.call.id)
    ended_ms = result.at_ms if result is not None else spawn.call.at_ms
    return earlier(traces.started_ms, spawn.call.at_ms), later(traces.ended_ms, ended_ms)


def _parent(name: str, evidence: Evidence, spawn_of: dict[str, Spawn]) -> str:
    """The thread that started the agent: MAIN or another agent's id."""
    spawn = spawn_of.get(name)
    if spawn is not None:
        return spawn.thread
    traces = evidence.progress.get(name)
    if traces is None or traces.call_id is None:
        return MAIN
    owner = evidence.agent_of_call.get(traces.call_id)
    return owner if owner is not None and owner != name else traces.thread


def _without_circles(parent_of: dict[str, str]) -> dict[str, str]:
    """Where agents start each other in a circle, or a parent is unknown, the session counts as having started one."""
    opened = dict(parent_of)
    for name in sorted(opened):
        lineage = _lineage(name, opened)
        last_parent = opened[lineage[-1]]
        if last_parent in lineage or last_parent not in opened:
            opened[lineage[-1]] = MAIN
    return opened


def _lineage(name: str, parent_of: dict[str, str]) -> list[str]:
    """The agent, its parent, … up to one the session started; a circle or an unknown parent ends it."""
    lineage = [name]
    while (parent := parent_of[lineage[-1]]) in parent_of and parent not in lineage:
        lineage.append(parent)
    return lineage


def _depth(lineage: list[str], evidence: Evidence) -> int:
    """1 for an agent of the session; what the meta file says wins over the links."""
    for steps, name in enumerate(lineage):
        told = evidence.metas.get(name, AgentMeta()).spawn_depth
        if told is not None and 1 <= told <= DEEPEST:
            return told + steps
    return len(lineage)
