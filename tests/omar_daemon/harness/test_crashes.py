"""What is left after kill -9 and after SIGTERM in the middle of a turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel, running_model
from tests.omar_daemon.harness.test_turns import of_type, sleepers
from tests.omar_daemon.managed_stage import Stage, frames_of, tool_turn, types_of

TEXT = "a story that is told slowly, word by word, until the night falls " * 2


@pytest.fixture
def model(tmp_path: Path) -> Iterator[RunningModel]:
    with running_model(tmp_path / "model", {"turns": []}) as running:
        yield running


def stage_on(daemon: Daemon, key: str, model: RunningModel) -> Stage:
    client = httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30, trust_env=False)
    stage = Stage.__new__(Stage)
    stage.http = client
    return stage


def test_text_that_was_shown_survives_kill_nine_and_the_session_goes_on(model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": TEXT, "pause": 0.02}], "after": "I am back."})
    with Daemon() as daemon:
        key = daemon.key("managed")
        with httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30) as client:
            stage = Stage(client, model)
            session = stage.session()
            shown = read_some_chunks(client, session)
            stage.say(session, "this one waits")
        daemon.kill()
    with Daemon() as daemon:
        stage = stage_on(daemon, key, model)
        log = stage.wait_for(session, "session.status_idle", 2)
        stage.http.close()
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    first, second = of_type(log, "agent.message")
    assert first["content"][0]["text"].startswith(shown["text"])
    assert TEXT.startswith(first["content"][0]["text"])
    assert first["id"] == shown["id"]
    assert second["content"][0]["text"] == "I am back."
    assert len(of_type(log, "span.model_request_start")) == len(of_type(log, "span.model_request_end")) == 2


def read_some_chunks(client: httpx.Client, session: str) -> dict[str, Any]:
    """Read a turn until a few pieces were shown."""
    text, message_id = "", ""
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"content": "tell"}) as answer:
        for frame in frames_of(answer):
            if frame["type"] == "agent.message_chunk":
                text, message_id = text + frame["delta"], frame["message_id"]
            if len(text) > 20:
                break
    return {"text": text, "id": message_id}


def test_a_tool_that_ran_when_the_daemon_died_is_answered_warned_of_and_killed(model: RunningModel) -> None:
    model.rewrite({"turns": [tool_turn("bash", {"command": "setsid sleep 4343 & sleep 4343"})], "after": "Go on."})
    with Daemon() as daemon:
        key = daemon.key("managed")
        with httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30) as client:
            stage = Stage(client, model)
            session = stage.session()
            stage.say(session, "go")
            deadline = time.monotonic() + 10
            while not sleepers("4343"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        daemon.kill()
    with Daemon() as daemon:
        stage = stage_on(daemon, key, model)
        log = stage.wait_for(session, "session.status_idle")
        (call,) = of_type(log, "agent.tool_use")
        (result,) = of_type(log, "agent.tool_result")
        assert (result["tool_use_id"], result["is_error"]) == (call["id"], True)
        (warning,) = [one for one in stage.log(session, "session.warning") if one["source"] == "recovery"]
        assert warning["details"]["calls"] == 1
        assert sleepers("4343") == []
        assert stage.http.get(f"/v1/sessions/{session}").json()["status"] == "idle"
        assert stage.turn(session, "and now?")[-1]["type"] == "session.status_idle"
        assert [event["seq"] for event in stage.log(session)] == list(range(1, len(stage.log(session)) + 1))
        stage.http.close()


def test_a_decision_that_is_awaited_survives_a_restart(model: RunningModel) -> None:
    custom = [{"type": "custom", "name": "weather", "description": "d", "input_schema": {"type": "object"}}]
    model.rewrite({"turns": [tool_turn("weather", {})], "after": "Sunny."})
    with Daemon() as daemon:
        key = daemon.key("managed")
        with httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30) as client:
            stage = Stage(client, model)
            session = stage.session(stage.agent(tools=custom))
            stage.turn(session, "hi")
        daemon.kill()
    with Daemon() as daemon:
        stage = stage_on(daemon, key, model)
        (call,) = of_type(stage.log(session), "agent.custom_tool_use")
        stage.send(session, {"type": "user.custom_tool_result", "custom_tool_use_id": call["id"]})
        log = stage.wait_for(session, "agent.message")
        assert "session.warning" not in types_of(log)
        stage.http.close()


def test_a_daemon_that_is_stopped_closes_its_turns_and_streams_in_time(model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": TEXT, "pause": 0.1}]})
    with Daemon() as daemon:
        key = daemon.key("managed")
        with httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30) as client:
            stage = Stage(client, model)
            session = stage.session()
            with client.stream("GET", f"/v1/sessions/{session}/events/stream") as stream:
                stage.say(session, "go")
                stage.wait_for(session, "span.model_request_start")
                time.sleep(0.5)
                begun = time.monotonic()
                assert daemon.stop() == 0
                assert time.monotonic() - begun < 5
                last = list(frames_of(stream))[-1]
        assert last["type"] == "session.status_idle"
    with Daemon() as daemon:
        stage = stage_on(daemon, key, model)
        assert types_of(stage.log(session)).count("session.status_idle") == 1
        stage.http.close()
