"""Answers of a model provider that are not what its protocol says, read by the real clients."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from omar_daemon.harness.providers.chat import ChatProvider
from omar_daemon.harness.providers.guarded import GuardedProvider
from omar_daemon.harness.providers.interface import Block, ModelError, ModelRequest, Part, Piece
from omar_daemon.harness.providers.messages import MessagesProvider
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.harness.test_turns import of_type
from tests.omar_daemon.managed_stage import Stage, types_of


@contextmanager
def serving(body: str) -> Iterator[str]:
    """The address of a server that answers everything with this stream."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def ask(provider: Any) -> list[Part]:
    try:
        messages = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
        return [part async for part in provider.stream(ModelRequest("m", "", messages))]
    finally:
        await provider.close()


def event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def problem(kind: str) -> str:
    return event("error", error={"type": kind, "message": "as told"})


@pytest.mark.parametrize(
    ("body", "kind", "retryable"),
    [
        (problem("overloaded_error"), "model_overloaded_error", True),
        (problem("rate_limit_error"), "model_rate_limited_error", True),
        (problem("api_error"), "model_request_failed_error", True),
        (problem("billing_error"), "billing_error", False),
        (problem("invalid_request_error"), "model_request_failed_error", False),
        ('event: content_block_delta\ndata: {"type":\n\n', "model_request_failed_error", True),
        (event("content_block_stop", index=3), "model_request_failed_error", True),
        ("<html>a proxy's page</html>", "model_request_failed_error", True),
    ],
)
def test_an_answer_that_ends_in_an_error_or_is_none_gives_a_typed_error(body: str, kind: str, retryable: bool) -> None:
    with serving(body) as url, pytest.raises(ModelError) as raised:
        asyncio.run(ask(MessagesProvider("k", url, {})))
    assert (raised.value.kind, raised.value.retryable) == (kind, retryable)
    if "as told" in body:
        assert raised.value.message == "as told"


@pytest.mark.parametrize("body", ['data: {"id": \n\n', 'data: {"choices": [{"delta": "text"}]}\n\n', ""])
def test_chunks_that_cannot_be_read_are_asked_for_again(body: str) -> None:
    with serving(body) as url, pytest.raises(ModelError) as raised:
        asyncio.run(ask(ChatProvider("k", url, {})))
    assert raised.value.retryable


def test_calls_without_numbers_are_told_apart_by_their_ids() -> None:
    """Several compatible servers send each call whole and without `index`."""

    def chunk(call: dict[str, Any], finish: str | None = None) -> str:
        return f"data: {json.dumps({'choices': [{'delta': {'tool_calls': [call]}, 'finish_reason': finish}]})}\n\n"

    body = chunk({"id": "a", "function": {"name": "one", "arguments": '{"x":'}})
    body += chunk({"function": {"arguments": "1}"}})
    body += chunk({"id": "b", "function": {"name": "two", "arguments": "{}"}}, "tool_calls")
    with serving(body + "data: [DONE]\n\n") as url:
        parts = asyncio.run(ask(ChatProvider("k", url, {})))
    calls = [(part.content["name"], part.content["input"]) for part in parts if isinstance(part, Block)]
    assert calls == [("one", {"x": 1}), ("two", {})]


def test_a_call_that_was_whole_when_the_answer_broke_off_is_answered_and_never_run(
    stage: Stage, model: RunningModel
) -> None:
    calls = [{"name": "bash", "input": {"command": f"echo ran >> /mnt/session/outputs/{name}"}} for name in "ab"]
    model.rewrite({"turns": [{"tools": calls, "pause": 0.03, "failures": [{"cut": 10}]}]})
    session = stage.session()
    stage.turn(session, "go")
    log = stage.log(session)
    used, results = of_type(log, "agent.tool_use"), of_type(log, "agent.tool_result")
    assert len(used) == 3
    assert sorted(call["id"] for call in used) == sorted(result["tool_use_id"] for result in results)
    assert results[0]["tool_use_id"] == used[0]["id"]
    assert "broke off" in results[0]["content"][0]["text"]
    assert types_of(log).count("session.status_idle") == 1
    outputs = stage.http.get(f"/v1/sessions/{session}/outputs").json()["data"]
    assert [(output["filename"], output["size_bytes"]) for output in outputs] == [("a", 4), ("b", 4)]


@pytest.mark.parametrize("provider", ["ant-compatible", "oai-compatible"])
def test_a_refusal_is_told_in_words_and_without_the_key(stage: Stage, model: RunningModel, provider: str) -> None:
    Stage(stage.http, model, provider)
    model.rewrite({"turns": [{"text": "x", "failures": [{"status": 401, "message": "no such key: sk-canary-model"}]}]})
    session = stage.session()
    stage.turn(session, "go")
    (error,) = of_type(stage.log(session), "session.error")
    assert error["error"]["message"] == "The model's server answered 401: no such key: [hidden]"


def test_halves_of_a_character_are_joined_or_marked(stage: Stage, model: RunningModel) -> None:
    """JSON escapes can spell them, and servers cut a stream anywhere."""
    model.rewrite({"turns": [{"text": "\ud83d\ude00\ud83d"}]})
    session = stage.session()
    frames = stage.turn(session, "go")
    assert frames[-1]["stop_reason"]["type"] == "end_turn"
    (message,) = of_type(stage.log(session), "agent.message")
    assert message["content"][0]["text"] == "😀\ufffd"


def test_pieces_are_not_cut_within_a_character() -> None:
    pieces = ["\ud83d", "\ude00 x", "\ude00"]
    deltas = [event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece}) for piece in pieces]
    start = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    end = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1}) + event("message_stop")
    body = start + "".join(deltas) + event("content_block_stop", index=0) + end
    with serving(body) as url:
        parts = asyncio.run(ask(GuardedProvider(MessagesProvider("k", url, {}), [])))
    assert "".join(part.text for part in parts if isinstance(part, Piece)) == "😀 x\ufffd"


def test_a_text_without_words_is_not_sent_where_it_would_be_refused(stage: Stage, model: RunningModel) -> None:
    tools = [{"type": "custom", "name": "ask", "description": "d", "input_schema": {"type": "object"}}]
    model.rewrite({"turns": [{"tools": [{"name": "ask", "input": {}}]}]})
    session = stage.session(stage.agent(tools=tools))
    blank = {"type": "text", "text": " "}
    stage.send(session, {"type": "user.message", "content": [blank, {"type": "text", "text": "go"}]})
    (call,) = of_type(stage.wait_for(session, "session.status_idle"), "agent.custom_tool_use")
    stage.send(session, {"type": "user.custom_tool_result", "custom_tool_use_id": call["id"], "content": [blank]})
    stage.wait_for(session, "session.status_idle", 2)
    sent = model.requests()[-1]["body"]["messages"]
    assert [block.get("text", block["type"]) for message in sent for block in message["content"]] == [
        "go", "tool_use", "tool_result",
    ]  # fmt: skip
    assert sent[-1]["content"][0]["content"] == []
