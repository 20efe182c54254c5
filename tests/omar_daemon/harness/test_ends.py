"""How turns end from outside: interrupted while they wait, archived, deleted; and tools that may never run."""

from __future__ import annotations

import pytest

from omar_daemon.harness.sandbox.isolation import isolation
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.harness.test_turns import CUSTOM, of_type
from tests.omar_daemon.managed_stage import Stage, tool_turn, types_of

DENY = [{"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "deny"}}}]


def test_an_interrupt_closes_a_turn_that_waits_and_the_next_message_is_served(
    stage: Stage, model: RunningModel
) -> None:
    model.rewrite({"turns": [tool_turn("weather", {})], "after": "Next."})
    session = stage.session(stage.agent(tools=CUSTOM))
    stage.turn(session, "how is it")
    stage.say(session, "never mind")
    assert len(stage.http.get(f"/v1/sessions/{session}/pending").json()["data"]) == 1
    message = {"type": "user.message", "content": [{"type": "text", "text": "something else"}]}
    stage.send(session, {"type": "user.interrupt"}, message)
    log = stage.wait_for(session, "session.status_idle", 3)
    (call,) = of_type(log, "agent.custom_tool_use")
    (result,) = of_type(log, "agent.tool_result")
    assert (result["tool_use_id"], result["is_error"]) == (call["id"], True)
    assert [event["stop_reason"]["type"] for event in of_type(log, "session.status_idle")] == [
        "requires_action",
        "end_turn",
        "end_turn",
    ]
    assert types_of(log).count("session.status_running") == 3
    told = model.requests()[-1]["body"]["messages"]
    assert [message["role"] for message in told] == ["user", "assistant", "user"]
    assert of_type(log, "agent.message")[0]["content"][0]["text"] == "Next."


def test_an_interrupt_of_an_idle_session_is_stored_and_starts_nothing(stage: Stage) -> None:
    session = stage.session()
    stage.send(session, {"type": "user.interrupt"})
    assert types_of(stage.log(session)) == ["user.interrupt"]
    assert stage.http.get(f"/v1/sessions/{session}").json()["status"] == "idle"


def test_a_session_that_is_archived_or_deleted_in_a_turn_stops_it_first(stage: Stage, model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": "a very long story " * 20, "pause": 0.05}]})
    first, second = stage.session(), stage.session()
    for session in (first, second):
        stage.say(session, "tell")
        stage.wait_for(session, "span.model_request_start")
    archived = stage.http.post(f"/v1/sessions/{first}/archive").json()
    assert archived["status"] == "terminated"
    assert archived["archived_at"]
    log = stage.log(first)
    assert types_of(log)[-2:] == ["session.status_idle", "session.status_terminated"]
    message = {"type": "user.message", "content": [{"type": "text", "text": "hello?"}]}
    refused = stage.http.post(f"/v1/sessions/{first}/events", json={"events": [message]})
    assert refused.status_code == 409
    assert refused.headers["x-should-retry"] == "false"
    assert stage.http.delete(f"/v1/sessions/{second}").status_code == 200
    assert stage.http.get(f"/v1/sessions/{second}").status_code == 404


def test_a_tool_that_is_denied_is_answered_without_being_run(stage: Stage, model: RunningModel) -> None:
    write = {"file_path": "/mnt/session/outputs/x", "content": "x"}
    model.rewrite({"turns": [tool_turn("write", write)], "after": "I may not."})
    session = stage.session(stage.agent(tools=DENY))
    stage.turn(session, "write")
    log = stage.log(session)
    assert of_type(log, "agent.tool_use")[0]["evaluated_permission"] == "deny"
    assert of_type(log, "agent.tool_result")[0]["is_error"] is True
    assert stage.http.get(f"/v1/sessions/{session}/outputs").json()["data"] == []
    assert log[-1]["stop_reason"] == {"type": "end_turn"}


def test_a_call_of_a_tool_that_does_not_exist_and_one_with_broken_input_are_results(
    stage: Stage, model: RunningModel
) -> None:
    calls = [
        {"name": "fly", "input": {}},
        {"name": "bash", "input": {}},
        {"name": "web_search", "input": {"query": "x"}},
    ]
    model.rewrite({"turns": [{"tools": calls}], "after": "Well."})
    session = stage.session()
    stage.turn(session, "go")
    results = of_type(stage.log(session), "agent.tool_result")
    assert len(results) == 3
    assert all(result["is_error"] for result in results)
    assert any("not configured" in result["content"][0]["text"] for result in results)


def test_packages_that_are_not_installed_are_said_once(stage: Stage, model: RunningModel) -> None:
    config = {"type": "cloud", "packages": {"pip": ["numpy"], "apt": ["jq"]}}
    stage.environment = stage.post("/v1/environments", {"name": "with packages", "config": config})["id"]
    model.rewrite(
        {"turns": [tool_turn("bash", {"command": "true"}), {"text": "one"}, tool_turn("glob", {"pattern": "*"})]}
    )
    session = stage.session()
    stage.turn(session, "go")
    stage.turn(session, "again")
    (warning,) = [one for one in stage.log(session, "session.warning") if one["source"] == "environment"]
    assert "apt: jq; pip: numpy" in warning["message"]


def test_a_turn_that_needs_a_worker_of_a_self_hosted_environment_says_that_there_is_none(
    stage: Stage, model: RunningModel
) -> None:
    config = {"type": "self_hosted"}
    stage.environment = stage.post("/v1/environments", {"name": "elsewhere", "config": config})["id"]
    model.rewrite({"turns": [tool_turn("bash", {"command": "true"})], "after": "Only words."})
    session = stage.session()
    stage.say(session, "go")
    log = stage.wait_for(session, "session.status_idle")
    (error,) = of_type(log, "session.error")
    assert error["error"]["type"] == "environment_worker_unavailable_error"
    assert error["error"]["retry_status"] == {"type": "terminal"}
    assert "self-hosted" in error["error"]["message"]
    assert of_type(log, "agent.tool_result")[0]["is_error"] is True
    assert types_of(log).count("session.status_idle") == 1
    assert log[-1]["stop_reason"] == {"type": "retries_exhausted"}
    stage.turn(session, "then talk")
    assert types_of(stage.log(session))[-1] == "session.status_idle"


def test_a_built_in_skill_and_a_budget_that_do_nothing_here_are_said_once(stage: Stage, model: RunningModel) -> None:
    model.rewrite({"turns": []})
    agent = stage.agent(skills=[{"type": "anthropic", "skill_id": "xlsx"}])
    budget = {"type": "limit", "max_list_cost": {"amount": "100", "currency": "USD"}}
    session = stage.session(agent, budget=budget)
    stage.turn(session, "go")
    stage.turn(session, "again")
    warnings = {one["source"]: one["message"] for one in stage.log(session, "session.warning")}
    assert list(warnings) == ["skills", "budget"]
    assert "xlsx" in warnings["skills"]
    assert "no prices" in warnings["budget"]


def test_a_store_that_is_to_be_read_only_cannot_be_written_to(stage: Stage, model: RunningModel) -> None:
    if isolation() == "none":
        pytest.skip("without isolation nothing is mounted")
    store = stage.post("/v1/memory_stores", {"name": "facts"})["id"]
    stage.post(f"/v1/memory_stores/{store}/memories", {"path": "/a.md", "content": "old"})
    command = "cd /mnt/memory/facts*; cat a.md; echo new > a.md; touch b.md; rm a.md; mv ../facts* ../moved; true"
    model.rewrite({"turns": [tool_turn("bash", {"command": command})]})
    stores = [{"type": "memory_store", "memory_store_id": store, "access": "read_only"}]
    session = stage.session(resources=stores)
    stage.turn(session, "go")
    (result,) = stage.log(session, "agent.tool_result")
    said = result["content"][0]["text"]
    assert said.startswith("old")
    assert said.count("Read-only file system") == 3
    assert "busy" in said


def test_an_interrupt_of_a_thread_that_is_not_there_stops_nothing(stage: Stage, model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": "whole", "wait": 0.5}]})
    session = stage.session()
    stage.say(session, "go")
    stage.wait_for(session, "session.status_running")
    events = [{"type": "user.interrupt", "session_thread_id": "sthr_other"}]
    answer = stage.http.post(f"/v1/sessions/{session}/events", json={"events": events})
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found")
    log = stage.wait_for(session, "session.status_idle")
    assert "agent.message" in types_of(log)
    (thread,) = stage.http.get(f"/v1/sessions/{session}/threads").json()["data"]
    stage.send(session, {"type": "user.interrupt", "session_thread_id": thread["id"]})
