"""Reads the roll-outs of one Codex session."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from shared.transcripts.assembly import PROMPT_LENGTH, Skips, nested, session_of
from shared.transcripts.codex.layout import thread_of
from shared.transcripts.codex.rollout import Rollout
from shared.transcripts.loose import mapping, parsed, text
from shared.transcripts.model import Detail, Session, Source, SubAgent

SPAWNING_TOOL = "spawn_agent"


class Spawn(Struct):
    """A call that started an agent, what it asked for, and the thread it was made in."""

    call_id: str
    thread: str
    at_ms: int | None
    ended_ms: int | None
    asked: dict[str, object] = field(default_factory=dict)


def read(source: Source, detail: Detail) -> Iterator[Session]:
    """The session of `source`; nothing when its main roll-out holds no line of one."""
    skips = Skips()
    rollouts: dict[str, Rollout] = {}
    for index, file in enumerate(source.files):
        rollout = Rollout(detail, index, file.path, skips)
        rollout.read()
        rollouts.setdefault(rollout.thread or thread_of(file.path) or file.path, rollout)
    main_name, main = next(iter(rollouts.items()))
    if main.talk.started_ms is None:
        return
    spawns = _spawns(rollouts)
    agents, parents = _agents(rollouts, main_name, spawns)
    yield session_of(
        source,
        main_name,
        main.talk,
        skips,
        nested(agents, parents),
        cwd=main.cwd,
        version=main.version,
        git_branch=main.branch,
        forked_from=main.forked_from,
    )


def _spawns(rollouts: dict[str, Rollout]) -> dict[str, Spawn]:
    """Agent id → the call that started it, as the call's result names it."""
    found: dict[str, Spawn] = {}
    for thread, rollout in rollouts.items():
        for call_id, asked in rollout.spawns.items():
            call, result = rollout.talk.calls[call_id], rollout.talk.results.get(call_id)
            answer = parsed(rollout.spawn_answers.get(call_id, "")) or {}
            name = text(answer, "agent_id") or text(answer, "thread_id")
            if result is not None and name:
                found[name] = Spawn(call_id, thread, call.at_ms, result.at_ms, mapping(asked))
    return found


def _agents(
    rollouts: dict[str, Rollout], main: str, spawns: dict[str, Spawn]
) -> tuple[dict[str, SubAgent], dict[str, str]]:
    agents: dict[str, SubAgent] = {}
    parents: dict[str, str] = {}
    for name in [*rollouts, *(name for name in spawns if name not in rollouts)]:
        if name == main:
            continue
        spawn, rollout = spawns.get(name), rollouts.get(name)
        agents[name] = _agent(name, rollout, spawn)
        parents[name] = rollout.parent if rollout is not None and rollout.parent else spawn.thread if spawn else main
    return agents, parents


def _agent(name: str, rollout: Rollout | None, spawn: Spawn | None) -> SubAgent:
    agent = SubAgent(id=name)
    if spawn is not None:
        agent.spawn_call = spawn.call_id
        agent.kind = text(spawn.asked, "agent_type") or None
        prompt = text(spawn.asked, "message") or text(spawn.asked, "prompt")
        agent.prompt = prompt[:PROMPT_LENGTH] or None
    if rollout is not None:
        rollout.talk.fill(agent)
        if agent.prompt is None and agent.humans:
            agent.prompt = agent.humans[0].text[:PROMPT_LENGTH]
    elif spawn is not None:
        agent.started_ms, agent.ended_ms = spawn.at_ms, spawn.ended_ms
    return agent
