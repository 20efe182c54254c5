"""Streams of events: replay, resuming, previews, slow readers, and what closes them."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.managed_stage import Stage, frames_of, types_of


@pytest.fixture
def daemon(shared_daemon: Daemon) -> Daemon:
    return shared_daemon


def append(stage: Stage, session: str, number: int, text: str = "r") -> None:
    content = [{"type": "text", "text": text}]
    event = {"type": "user.custom_tool_result", "custom_tool_use_id": f"call_{number}", "content": content}
    stage.send(session, event)


def raw_stream(daemon: Daemon, key: str, session: str, last: int | None = None, query: str = "") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", daemon.port))
    connection.settimeout(10)
    resume = "" if last is None else f"last-event-id: {last}\r\n"
    connection.sendall(
        f"GET /v1/sessions/{session}/events/stream{query} HTTP/1.1\r\nhost: localhost:{daemon.port}\r\n"
        f"x-api-key: {key}\r\n{resume}\r\n".encode()
    )
    return connection


def test_a_stream_that_is_cut_at_random_places_and_resumed_sees_each_event_once(
    daemon: Daemon, key: str, stage: Stage
) -> None:
    session = stage.session()
    total = 150
    writer = threading.Thread(target=lambda: [append(stage, session, number) for number in range(total)])
    writer.start()
    dice = random.Random(3)
    seen: list[int] = []
    deadline = time.monotonic() + 30
    while len(seen) < total:
        assert time.monotonic() < deadline
        received = b""
        with raw_stream(daemon, key, session, seen[-1] if seen else 0) as connection:
            connection.settimeout(0.3)
            size = dice.randrange(600, 6000)
            try:
                while len(received) < size and (piece := connection.recv(size - len(received))):
                    received += piece
            except TimeoutError:
                pass
        whole = received.split(b"\n\n")[:-1]
        seen += [int(line[4:]) for frame in whole for line in frame.split(b"\n") if line.startswith(b"id: ")]
        assert seen == list(range(1, len(seen) + 1))
    writer.join()


def test_a_replay_is_followed_by_what_happens_without_gap_or_repeat(http: httpx.Client, stage: Stage) -> None:
    session = stage.session()
    for number in range(20):
        append(stage, session, number)
    writer = threading.Thread(target=lambda: [append(stage, session, 100 + number) for number in range(60)])
    with http.stream("GET", f"/v1/sessions/{session}/events/stream", params={"replay": "1"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache, no-transform"
        writer.start()
        numbers = []
        for frame in frames_of(answer):
            numbers.append(frame["seq"])
            if len(numbers) == 80:
                break
    writer.join()
    assert numbers == list(range(1, 81))


def test_a_plain_stream_is_live_and_shows_the_types_of_the_specification_only(
    http: httpx.Client, stage: Stage, model: RunningModel
) -> None:
    model.rewrite({"turns": [{"text": "hello there", "thinking": "hm"}]})
    session = stage.session()
    append(stage, session, 1)
    with http.stream("GET", f"/v1/sessions/{session}/stream") as answer:
        stage.say(session, "hi")
        seen = []
        for frame in frames_of(answer):
            seen.append(frame["type"])
            if frame["type"] == "session.status_idle":
                break
    assert seen == [
        "user.message",
        "session.status_running",
        "span.model_request_start",
        "agent.thinking",
        "agent.message",
        "span.model_request_end",
        "session.status_idle",
    ]


def test_previews_announce_the_id_of_the_message_and_join_to_its_text(
    http: httpx.Client, stage: Stage, model: RunningModel
) -> None:
    model.rewrite({"turns": [{"text": "one two three four five six seven", "pause": 0.01}]})
    session = stage.session()
    params = {"event_deltas[]": "agent.message"}
    frames: list[dict[str, Any]] = []
    with http.stream("GET", f"/v1/sessions/{session}/events/stream", params=params) as answer:
        stage.say(session, "hi")
        for frame in frames_of(answer):
            frames.append(frame)
            if frame["type"] == "session.status_idle":
                break
    (message,) = [frame for frame in frames if frame["type"] == "agent.message"]
    (start,) = [frame for frame in frames if frame["type"] == "event_start"]
    deltas = [frame for frame in frames if frame["type"] == "event_delta"]
    assert start["event"] == {"type": "agent.message", "id": message["id"]}
    assert {frame["event_id"] for frame in deltas} == {message["id"]}
    joined = "".join(frame["delta"]["content"]["text"] for frame in deltas)
    assert joined == message["content"][0]["text"]
    wrong = http.get(f"/v1/sessions/{session}/events/stream", params={"event_deltas[]": "agent.dream"})
    assert wrong.status_code == 400


def test_a_message_streams_its_own_turn_only_and_then_closes(stage: Stage, model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": "first answer", "wait": 0.4}, {"text": "second answer"}]})
    session = stage.session()
    stage.say(session, "first")
    frames = stage.turn(session, "second")
    assert frames[0]["type"] == "user.message"
    assert frames[0]["content"][0]["text"] == "second"
    assert frames[-1]["type"] == "session.status_idle"
    assert types_of(frames).count("session.status_idle") == 1
    said = [frame for frame in frames if frame["type"] == "agent.message"]
    assert [frame["content"][0]["text"] for frame in said] == ["second answer"]
    chunks = [frame for frame in frames if frame["type"] == "agent.message_chunk"]
    assert "".join(frame["delta"] for frame in chunks) == "second answer"
    numbers = {frame["type"]: frame.get("seq") for frame in frames}
    assert numbers["agent.message_chunk"] is None


def test_a_reader_that_does_not_read_is_cut_off_and_the_others_are_not_disturbed(
    daemon: Daemon, key: str, http: httpx.Client, stage: Stage
) -> None:
    session = stage.session()
    before = resident(daemon)
    slow = raw_stream(daemon, key, session)
    text = "x" * 100_000
    numbers: list[int] = []
    with http.stream("GET", f"/v1/sessions/{session}/events/stream") as answer:
        reader = frames_of(answer)
        for number in range(200):
            append(stage, session, number, text)
            numbers.append(next(reader)["seq"])
    assert numbers == list(range(1, 201))
    assert resident(daemon) - before < 40_000
    received = b""
    with slow:
        while piece := slow.recv(1 << 20):
            received += piece
    seen = [int(line[4:]) for line in received.split(b"\n") if line.startswith(b"id: ")]
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) < 200
    with raw_stream(daemon, key, session, seen[-1]) as resumed:
        received = b""
        while b"\nid: 200\n" not in received:
            received += resumed.recv(1 << 20)
    assert f"id: {seen[-1] + 1}\n".encode() in received


def resident(daemon: Daemon) -> int:
    from pathlib import Path

    lines = Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def test_a_stream_ends_with_its_session(http: httpx.Client, stage: Stage) -> None:
    session = stage.session()
    with http.stream("GET", f"/v1/sessions/{session}/events/stream") as answer:
        assert stage.http.delete(f"/v1/sessions/{session}").json()["type"] == "session_deleted"
        assert types_of(list(frames_of(answer))) == ["session.deleted"]
    assert http.get(f"/v1/sessions/{session}/events/stream").status_code == 404


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30])
def test_a_last_event_id_that_is_no_number_is_refused(http: httpx.Client, stage: Stage, last: str) -> None:
    session = stage.session()
    answer = http.get(f"/v1/sessions/{session}/events/stream", headers={"Last-Event-ID": last})
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"]["type"] == "invalid_request"
