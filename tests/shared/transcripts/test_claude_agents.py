"""Sub-agents of a Claude Code session: counted once each, at their true depth, with their own lifetime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.transcripts import Session, SubAgent
from tests.shared.transcripts.claude_lines import (
    Json,
    assistant,
    call,
    human,
    line,
    project,
    read,
    result,
    text,
    write,
    write_agent,
    write_session,
)

MINUTE_MS = 60_000


def side(agent: str, value: Json) -> Json:
    return {**value, "isSidechain": True, "agentId": agent}


def agents(session: Session) -> dict[str, SubAgent]:
    return {agent.id: agent for agent in session.all_sub_agents()}


def minutes(agent: SubAgent) -> tuple[float, float]:
    begin = read().started_ms
    assert begin is not None and agent.started_ms is not None and agent.ended_ms is not None
    return (agent.started_ms - begin) / MINUTE_MS, (agent.ended_ms - begin) / MINUTE_MS


def test_an_agent_known_by_file_result_and_progress_is_one(home: Path) -> None:
    write_session(
        home,
        [
            human(0),
            assistant(1, "m1", [call("t1", "Agent", prompt="look around", subagent_type="Explore")]),
            line("progress", 3, data={"type": "agent_progress", "agentId": "a1"}, parentToolUseID="t1"),
            result(9, "t1", toolUseResult={"agentId": "a1"}),
        ],
    )
    write_agent(
        home,
        "a1",
        [
            side("a1", human(2, "look around")),
            side("a1", assistant(8, "m2", [call("t2"), text("found")], {"output_tokens": 7})),
        ],
        {"agentType": "Explore", "description": "a look"},
    )
    session = read()
    [agent] = session.all_sub_agents()
    assert (agent.id, agent.kind, agent.description, agent.prompt) == ("a1", "Explore", "a look", "look around")
    assert (agent.depth, agent.spawn_call, agent.usage.output_tokens, len(agent.tool_calls)) == (1, "t1", 7, 1)
    assert minutes(agent) == (2, 8)
    assert (len(session.tool_calls), session.usage.output_tokens, session.total_usage.output_tokens) == (1, 0, 7)


def test_an_agent_known_only_by_its_spawn_lives_from_call_to_result(home: Path) -> None:
    write_session(
        home, [human(0), assistant(1, "m1", [call("t1", "Task", prompt="dig", description="d")]), result(6, "t1")]
    )
    [agent] = read().all_sub_agents()
    assert minutes(agent) == (1, 6) and agent.prompt == "dig" and agent.depth == 1


def test_a_spawn_that_was_refused_or_never_answered_started_nobody(home: Path) -> None:
    spawns = [call("t1", "Agent", prompt="a"), call("t2", "Agent", prompt="b")]
    write_session(home, [human(0), assistant(1, "m1", spawns), result(2, "t1", error=True)])
    assert agents(read()) == {}


def test_a_result_of_another_tool_that_names_an_agent_starts_none(home: Path) -> None:
    asked = [call("t1", "Agent", prompt="a"), call("t2", "TaskOutput")]
    write_session(
        home,
        [
            human(0),
            assistant(1, "m1", asked),
            result(2, "t1", toolUseResult={"agentId": "a1", "isAsync": True}),
            result(3, "t2", toolUseResult={"agentId": "other"}),
        ],
    )
    assert list(agents(read())) == ["a1"]


def test_depth_follows_the_spawns_through_the_agents_logs(home: Path) -> None:
    write_session(
        home,
        [
            human(0),
            assistant(1, "m1", [call("t1", "Agent", prompt="p1")]),
            # Progress of deeper agents is repeated upwards and must not make them children of the session.
            line("progress", 3, data={"type": "agent_progress", "agentId": "a2"}, parentToolUseID="t1"),
            result(9, "t1", toolUseResult={"agentId": "a1"}),
        ],
    )
    for name, child, begin in (("a1", "a2", 2), ("a2", "a3", 3)):
        spawn = side(name, assistant(begin + 0.5, f"m-{name}", [call(f"t-{name}", "Agent", prompt=child)]))
        answer = side(name, result(8, f"t-{name}", toolUseResult={"agentId": child}))
        write_agent(home, name, [side(name, human(begin, name)), spawn, answer])
    write_agent(home, "a3", [side("a3", human(4, "a3"))])
    found = agents(read())
    assert {name: agent.depth for name, agent in found.items()} == {"a1": 1, "a2": 2, "a3": 3}
    assert [child.id for child in found["a2"].sub_agents] == ["a3"]


def test_the_meta_file_tells_depth_and_spawning_call(home: Path) -> None:
    write_session(home, [human(0), assistant(1, "m1", [call("t1", "Agent", prompt="x")]), result(2, "t1")])
    write_agent(home, "a1", [side("a1", human(1.5, "another text"))], {"spawnDepth": 3, "toolUseId": "t1"})
    [agent] = read().all_sub_agents()
    assert (agent.id, agent.depth, agent.spawn_call) == ("a1", 3, "t1")


def test_agents_that_name_each_other_in_a_circle_are_still_counted(home: Path) -> None:
    write_session(home, [human(0)])
    for name, other in (("a1", "a2"), ("a2", "a1")):
        spawn = side(name, assistant(2, f"m-{name}", [call(f"t-{name}", "Agent", prompt="x")]))
        answer = side(name, result(3, f"t-{name}", toolUseResult={"agentId": other}))
        write_agent(home, name, [spawn, answer])
    found = agents(read())
    assert sorted((name, agent.depth) for name, agent in found.items()) == [("a1", 2), ("a2", 1)]


def test_workflow_agents_in_deeper_folders_belong_to_the_session(home: Path) -> None:
    write_session(home, [human(0)])
    folder = project(home) / read().id / "subagents" / "workflows" / "wf_1"
    write(folder / "agent-w1.jsonl", [side("w1", human(1, "step"))])
    write(folder / "journal.jsonl", [human(1, "not a log")])
    assert list(agents(read())) == ["w1"]


def test_older_agent_logs_beside_the_session_are_joined_by_session_id(home: Path) -> None:
    write_session(
        home, [human(0), assistant(1, "m1", [call("t1", "Task", prompt="dig deep")]), result(6, "t1", content="done")]
    )
    write(project(home) / "agent-77.jsonl", [side("77", human(2, "dig deep")), side("77", assistant(5, "m2", []))])
    write(project(home) / "agent-88.jsonl", [{**side("88", human(2, "alien")), "sessionId": "another-session"}])
    [agent] = read().all_sub_agents()
    assert agent.id == "77" and agent.spawn_call == "t1" and minutes(agent) == (2, 5)


def test_side_chains_inside_the_sessions_own_file_are_one_agent_per_chain(home: Path) -> None:
    chains: list[Json] = []
    for name, begin in (("x", 2), ("y", 3)):
        first = {**human(begin, f"task {name}"), "isSidechain": True, "uuid": f"{name}1"}
        second = {**assistant(begin + 1, f"m-{name}", [call(f"t-{name}")]), "isSidechain": True, "uuid": f"{name}2"}
        chains += [first, {**second, "parentUuid": f"{name}1"}]
        third = {**result(begin + 2, f"t-{name}"), "isSidechain": True, "uuid": f"{name}3", "parentUuid": f"{name}2"}
        chains.append(third)
    spawns = [call("s1", "Task", prompt="task x"), call("s2", "Task", prompt="task y")]
    head = [human(0), assistant(1, "m0", spawns)]
    tail = [result(7, "s1"), result(8, "s2")]
    for order in (chains, chains[::-1]):
        write_session(home, [*head, *order, *tail])
        session = read()
        found = sorted(session.all_sub_agents(), key=lambda agent: agent.started_ms or 0)
        assert [agent.prompt for agent in found] == ["task x", "task y"]
        assert [agent.spawn_call for agent in found] == ["s1", "s2"]
        assert [minutes(agent) for agent in found] == [(2, 4), (3, 5)]
        assert len(session.humans) == 1 and len(session.tool_calls) == 2


@pytest.mark.parametrize("told", [0, -1, 65, 10**400, None, "3", 2.5])
def test_a_depth_that_cannot_be_is_that_of_the_links(home: Path, told: Any) -> None:
    write_session(home, [human(0), assistant(1, "m1", [call("t1", "Agent", prompt="x")]), result(2, "t1")])
    write_agent(home, "a1", [side("a1", human(1.5))], {"spawnDepth": told, "toolUseId": "t1"})
    assert [agent.depth for agent in read().all_sub_agents()] == [1]


def test_calls_without_an_input_are_calls(home: Path) -> None:
    bare: list[Json] = [{"type": "tool_use", "id": name, "name": name} for name in ("Task", "Agent", "Edit", "Write")]
    write_session(home, [human(0), assistant(1, "m1", bare), result(2, "Task")])
    session = read()
    assert [found.name for found in session.tool_calls] == ["Task", "Agent", "Edit", "Write"]
    assert [agent.prompt for agent in session.all_sub_agents()] == [None]
