"""Turns with a scripted model: order, interrupts, decisions of the user, failures of the model."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.fakes.model_process import RunningModel
from tests.omar_daemon.managed_stage import Stage, tool_turn, types_of

ASK_BASH = [
    {
        "type": "agent_toolset_20260401",
        "configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}],
    }
]
CUSTOM = [{"type": "custom", "name": "weather", "description": "Tells it.", "input_schema": {"type": "object"}}]


def of_type(log: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in log if event["type"] == kind]


def test_messages_are_answered_one_turn_at_a_time_in_their_order(stage: Stage, model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": f"answer {number}", "wait": 0.2} for number in range(3)]})
    session = stage.session()
    for number in range(3):
        stage.say(session, f"question {number}")
    waiting = stage.http.get(f"/v1/sessions/{session}/pending").json()["data"]
    assert [row["data"]["content"][0]["text"] for row in waiting][-1] == "question 2"
    log = stage.wait_for(session, "session.status_idle", 3)
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    order = [kind for kind in types_of(log) if kind in ("user.message", "agent.message", "session.status_idle")]
    assert order == ["user.message", "agent.message", "session.status_idle"] * 3
    assert [event["content"][0]["text"] for event in of_type(log, "agent.message")] == [f"answer {n}" for n in range(3)]
    assert all(event["processed_at"] for event in log)
    assert stage.http.get(f"/v1/sessions/{session}/pending").json()["data"] == []


def test_an_interrupt_keeps_what_was_said_and_ends_the_turn_within_a_second(stage: Stage, model: RunningModel) -> None:
    text = "a long story that goes on and on and never comes to its end " * 3
    model.rewrite({"turns": [{"text": text, "pause": 0.05}], "after": "back again"})
    session = stage.session()
    frames: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: [frames.append(frame) for frame in stage.frames(session, "tell")])
    reader.start()
    deadline = time.monotonic() + 15
    while types_of(list(frames)).count("agent.message_chunk") < 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stage.say(session, "this one is taken back")
    begun = time.monotonic()
    stage.send(
        session,
        {"type": "user.interrupt"},
        {"type": "user.message", "content": [{"type": "text", "text": "something else"}]},
    )
    stage.wait_for(session, "session.status_idle")
    assert time.monotonic() - begun < 1.0
    reader.join()
    log = stage.wait_for(session, "session.status_idle", 2)
    partial, answer = of_type(log, "agent.message")
    shown = "".join(frame["delta"] for frame in frames if frame["type"] == "agent.message_chunk")
    assert partial["content"][0]["text"] == shown
    assert text.startswith(shown)
    assert {frame["message_id"] for frame in frames if frame["type"].startswith("agent.message_")} == {partial["id"]}
    assert answer["content"][0]["text"] == "back again"
    cancelled = stage.http.get(f"/v1/sessions/{session}/pending", params={"include_cancelled": "true"}).json()["data"]
    assert [row["data"]["content"][0]["text"] for row in cancelled] == ["this one is taken back"]
    assert of_type(log, "span.model_request_end")[0]["is_error"] is True


def test_an_interrupt_kills_a_running_tool_with_its_children(stage: Stage, model: RunningModel) -> None:
    model.rewrite({"turns": [tool_turn("bash", {"command": "setsid sleep 4242 & sleep 4242"})]})
    session = stage.session()
    stage.say(session, "go")
    stage.wait_for(session, "agent.tool_use")
    deadline = time.monotonic() + 10
    while not sleepers("4242"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    begun = time.monotonic()
    stage.send(session, {"type": "user.interrupt"})
    log = stage.wait_for(session, "session.status_idle")
    assert time.monotonic() - begun < 1.0
    assert sleepers("4242") == []
    (result,) = of_type(log, "agent.tool_result")
    assert result["is_error"] is True
    assert types_of(log).count("session.status_idle") == 1


def sleepers(seconds: str) -> list[int]:
    from pathlib import Path

    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes() == f"sleep\0{seconds}\0".encode():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_tool_that_asks_waits_for_the_users_decision(stage: Stage, model: RunningModel, decision: str) -> None:
    turns = [tool_turn("bash", {"command": "echo ran > /mnt/session/outputs/mark"}), {"text": "I see."}]
    model.rewrite({"turns": turns})
    session = stage.session(stage.agent(tools=ASK_BASH))
    stage.turn(session, "do it")
    log = stage.log(session)
    (call,) = of_type(log, "agent.tool_use")
    assert call["evaluated_permission"] == "ask"
    assert log[-1]["stop_reason"] == {"type": "requires_action", "event_ids": [call["id"]]}
    assert stage.http.get(f"/v1/sessions/{session}/outputs").json()["data"] == []
    answer = {"type": "user.tool_confirmation", "tool_use_id": call["id"], "result": decision}
    stage.send(session, answer | ({"deny_message": "not today"} if decision == "deny" else {}))
    log = stage.wait_for(session, "session.status_idle", 2)
    assert log[-1]["stop_reason"] == {"type": "end_turn"}
    assert types_of(log).count("session.status_running") == 2
    (result,) = of_type(log, "agent.tool_result")
    outputs = stage.http.get(f"/v1/sessions/{session}/outputs").json()["data"]
    if decision == "allow":
        assert [output["filename"] for output in outputs] == ["mark"]
    else:
        assert outputs == []
        assert "not today" in result["content"][0]["text"]
    told = model.requests()[-1]["body"]["messages"][-1]["content"][0]
    assert (told["type"], told["tool_use_id"]) == ("tool_result", call["id"])


def test_a_custom_tool_is_answered_by_the_client_and_a_second_answer_is_not_stored(
    stage: Stage, model: RunningModel
) -> None:
    turns = [{"tools": [{"name": "weather", "input": {"n": n}} for n in (1, 2)]}, {"text": "Sunny."}]
    model.rewrite({"turns": turns})
    session = stage.session(stage.agent(tools=CUSTOM))
    stage.turn(session, "how is it")
    first, second = of_type(stage.log(session), "agent.custom_tool_use")
    hosted = {"anthropic-version": "2026-10-21"}

    def answer(call: dict[str, Any], text: str) -> dict[str, Any]:
        event = {
            "type": "user.custom_tool_result",
            "custom_tool_use_id": call["id"],
            "content": [{"type": "text", "text": text}],
        }
        sent = stage.http.post(f"/v1/sessions/{session}/events", json={"events": [event]}, headers=hosted)
        assert sent.status_code == 200
        found: dict[str, Any] = sent.json()["data"][0]
        return found

    kept = answer(first, "sun")
    assert answer(first, "rain") == kept
    assert stage.http.get(f"/v1/sessions/{session}").json()["status"] == "idle"
    answer({"id": "sevt_unknown"}, "nobody asked")
    answer(second, "wind")
    log = stage.wait_for(session, "session.status_idle", 2)
    results = of_type(log, "user.custom_tool_result")
    assert [event["content"][0]["text"] for event in results] == ["sun", "nobody asked", "wind"]
    told = model.requests()[-1]["body"]["messages"][-1]["content"]
    assert [block["content"][0]["text"] for block in told] == ["sun", "wind"]
    assert of_type(log, "agent.message")[0]["content"][0]["text"] == "Sunny."


def test_tools_run_at_the_same_time_and_usage_is_the_sum_of_all_requests(stage: Stage, model: RunningModel) -> None:
    usage = {"input": 100, "output": 7, "cache_read": 50, "cache_creation": 5}
    calls = [{"name": "bash", "input": {"command": f"sleep 0.7; echo {number}"}} for number in range(3)]
    model.rewrite({"turns": [{"tools": calls, "usage": usage}, {"text": "done", "usage": usage}]})
    session = stage.session()
    begun = time.monotonic()
    stage.turn(session, "go")
    assert time.monotonic() - begun < 2.0
    log = stage.log(session)
    assert sorted(event["content"][0]["text"] for event in of_type(log, "agent.tool_result")) == ["0\n", "1\n", "2\n"]
    shown = stage.http.get(f"/v1/sessions/{session}").json()["usage"]
    assert (shown["input_tokens"], shown["output_tokens"], shown["cache_read_input_tokens"]) == (200, 14, 100)
    assert shown["cache_creation"]["ephemeral_5m_input_tokens"] == 10
    assert shown["active_seconds"] > 0.7
    starts = {event["id"] for event in of_type(log, "span.model_request_start")}
    assert {event["model_request_start_id"] for event in of_type(log, "span.model_request_end")} == starts


def test_a_model_that_fails_for_a_moment_is_asked_again_and_the_error_is_typed(
    stage: Stage, model: RunningModel
) -> None:
    failures = [{"status": 529}, {"cut": 4}]
    model.rewrite({"turns": [{"text": "at last it works", "failures": failures}]})
    session = stage.session()
    frames = stage.turn(session, "hi")
    log = stage.log(session)
    errors = [event["error"] for event in of_type(log, "session.error")]
    assert [error["type"] for error in errors] == ["model_overloaded_error", "model_request_failed_error"]
    assert all(error["retry_status"] == {"type": "retrying"} for error in errors)
    assert types_of(log).count("session.status_rescheduled") == 2
    assert types_of(log).count("session.status_idle") == 1
    assert [event["content"][0]["text"] for event in of_type(log, "agent.message")] == ["at last it works"]
    ends = [frame["status"] for frame in frames if frame["type"] == "agent.message_stream_end"]
    assert ends[-1] == "completed"


def test_a_missing_card_and_a_refused_key_end_the_turn_with_an_error_that_says_so(
    stage: Stage, model: RunningModel
) -> None:
    session = stage.session(stage.agent(model="nobody-has-me"))
    stage.turn(session, "hi")
    log = stage.log(session)
    (error,) = of_type(log, "session.error")
    assert "nobody-has-me" in error["error"]["message"]
    assert error["error"]["retry_status"] == {"type": "terminal"}
    assert log[-1]["stop_reason"] == {"type": "retries_exhausted"}
    model.rewrite({"turns": [{"text": "never", "failures": [{"status": 401, "message": "bad key"}]}]})
    other = stage.session()
    stage.turn(other, "hi")
    assert of_type(stage.log(other), "session.error")[0]["error"]["type"] == "model_request_failed_error"
    assert stage.http.get(f"/v1/sessions/{other}").json()["status"] == "idle"


def test_a_long_conversation_is_summarised_before_the_window_is_full(stage: Stage, model: RunningModel) -> None:
    card: dict[str, Any] = {"model_id": "small", "provider": "ant-compatible", "api_key": "k", "base_url": model.url}
    stage.post("/v1/model_cards", card | {"context_window": 2000})
    model.rewrite({"turns": [], "after": "the summary", "aside": "the summary"})
    session = stage.session(stage.agent(model="small"))
    for number in range(4):
        stage.turn(session, f"{number} " + "word " * 400)
    log = stage.log(session)
    compacted = of_type(log, "agent.thread_context_compacted")
    assert compacted
    assert compacted[0]["summary"] == "the summary"
    last = model.requests()[-1]["body"]["messages"]
    assert "the summary" in last[0]["content"][0]["text"]
    assert "3 word" in last[-1]["content"][-1]["text"]


def test_an_outcome_is_judged_and_the_agent_goes_back_to_work(stage: Stage, model: RunningModel) -> None:
    verdicts = [{"text": '{"result": "needs_revision", "explanation": "more"}'}]
    judge = {"match": "Rubric:\\n", "turns": verdicts}
    model.rewrite({"conversations": [judge], "turns": [{"text": "one"}, {"text": "two"}]})
    session = stage.session(
        initial_events=[
            {
                "type": "user.define_outcome",
                "description": "a poem",
                "rubric": {"type": "text", "content": "four lines"},
                "max_iterations": 2,
            }
        ]
    )
    log = stage.wait_for(session, "session.status_idle")
    ends = of_type(log, "span.outcome_evaluation_end")
    assert [end["result"] for end in ends] == ["needs_revision", "max_iterations_reached"]
    (evaluation,) = stage.http.get(f"/v1/sessions/{session}").json()["outcome_evaluations"]
    assert (evaluation["result"], evaluation["iteration"]) == ("max_iterations_reached", 1)
    assert types_of(log).count("session.status_idle") == 1
