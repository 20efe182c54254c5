"""The fake model is a program other tests lean on, so it is tested itself, over real sockets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.agent_scripts import edit_and_commit
from tests.fakes.model_process import RunningModel, running_model

TOOLS = [{"name": "Bash"}]
PATHS = ["/v1/messages", "/v1/responses", "/v1/chat/completions"]


@pytest.fixture
def model(tmp_path: Path) -> Iterator[RunningModel]:
    with running_model(tmp_path, {"turns": []}) as running:
        yield running


def request_body(path: str, text: str, answered: int = 0) -> dict[str, Any]:
    history: list[dict[str, Any]] = [{"role": "user", "content": text}]
    for number in range(answered):
        history += [{"role": "assistant", "content": f"answer {number}"}, {"role": "user", "content": "go on"}]
    key = "input" if path == "/v1/responses" else "messages"
    return {"model": "stub", "stream": True, "tools": TOOLS, key: history}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def said(path: str, answer: httpx.Response) -> str:
    """The text of a streamed answer."""
    parts: list[str] = []
    for event in events(answer):
        if path == "/v1/messages":
            parts.append(event.get("delta", {}).get("text", ""))
        elif path == "/v1/responses":
            parts.append(event.get("delta", "") if event["type"] == "response.output_text.delta" else "")
        else:
            parts += [choice["delta"].get("content") or "" for choice in event["choices"]]
    return "".join(parts)


@pytest.mark.parametrize("path", PATHS)
def test_the_turn_served_follows_the_history_and_not_the_number_of_requests(model: RunningModel, path: str) -> None:
    model.rewrite({"turns": [{"text": "first answer"}, {"text": "second answer"}], "after": "nothing left"})
    for answered, text in [(1, "second answer"), (0, "first answer"), (0, "first answer"), (2, "nothing left")]:
        answer = httpx.post(model.url + path, json=request_body(path, "hello", answered))
        assert said(path, answer) == text
        assert answer.headers["request-id"].startswith("req_")
    assert [entry["turn"] for entry in model.turns()] == [1, 0, 0, 2]


@pytest.mark.parametrize("path", PATHS)
def test_each_failure_is_served_once_and_a_retry_meets_the_answer(model: RunningModel, path: str) -> None:
    failures = [{"status": 429, "retry_after": 0.5}, {"status": 529}, {"status": 500}, {"cut": 2}]
    model.rewrite({"turns": [{"text": "at last", "failures": failures}]})
    body = request_body(path, "hello")
    first = httpx.post(model.url + path, json=body)
    assert (first.status_code, first.headers["retry-after"]) == (429, "0.5")
    assert "told to fail" in first.json()["error"]["message"]
    assert [httpx.post(model.url + path, json=body).status_code for _ in range(2)] == [529, 500]
    with pytest.raises(httpx.TransportError):
        httpx.post(model.url + path, json=body)
    assert said(path, httpx.post(model.url + path, json=body)) == "at last"
    assert [entry["status"] for entry in model.served()] == [429, 529, 500, 0, 200]


@pytest.mark.parametrize("path", PATHS)
def test_a_tool_call_arrives_whole_streamed_and_unstreamed(model: RunningModel, path: str) -> None:
    call = {"name": "Bash", "input": {"command": "echo 'ä' \"b\""}}
    model.rewrite({"turns": [{"text": "look", "thinking": "hm", "tools": [call]}]})
    body = request_body(path, "hello")
    streamed = events(httpx.post(model.url + path, json=body))
    whole = httpx.post(model.url + path, json=body | {"stream": False}).json()
    if path == "/v1/messages":
        parts = [event["delta"].get("partial_json", "") for event in streamed if "delta" in event]
        assert whole["content"][-1]["input"] == call["input"]
        assert whole["stop_reason"] == "tool_use"
    elif path == "/v1/responses":
        calls = [event for event in streamed if event["type"] == "response.function_call_arguments.delta"]
        parts = [event["delta"] for event in calls]
        assert json.loads(whole["output"][-1]["arguments"]) == call["input"]
        assert [event["sequence_number"] for event in streamed] == list(range(len(streamed)))
    else:
        deltas = [choice["delta"] for event in streamed for choice in event["choices"]]
        parts = [delta["tool_calls"][0]["function"]["arguments"] for delta in deltas if "tool_calls" in delta]
        assert json.loads(whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == call["input"]
    assert json.loads("".join(parts)) == call["input"]


def test_usage_is_told_in_each_protocols_own_way(model: RunningModel) -> None:
    usage = {"input": 7, "output": 5, "cache_read": 100, "cache_creation": 20, "reasoning": 2}
    model.rewrite({"turns": [{"text": "ok", "usage": usage}]})
    told = [
        httpx.post(model.url + path, json=request_body(path, "hi") | {"stream": False}).json()["usage"]
        for path in PATHS
    ]
    assert told[0]["input_tokens"] == 7
    assert told[0]["cache_read_input_tokens"] == 100
    assert told[1]["input_tokens"] == told[2]["prompt_tokens"] == 127
    assert told[1]["output_tokens_details"]["reasoning_tokens"] == 2


def test_a_request_without_tools_is_answered_aside_and_takes_no_turn(model: RunningModel) -> None:
    model.rewrite(edit_and_commit("claude", Path("/x/file.py"), "x = 1\n", "Add x"))
    body = request_body("/v1/messages", "a title, please")
    del body["tools"]
    assert said("/v1/messages", httpx.post(model.url + "/v1/messages", json=body)) == "A short title"
    assert model.turns() == []


def test_conversations_are_told_apart_by_what_the_person_wrote(model: RunningModel) -> None:
    entry = {"match": r"make (\w+)\.txt", "turns": [{"text": "making {{1}}"}]}
    model.rewrite({"conversations": [entry], "turns": [{"text": "no match"}]})
    answers = {
        said(path, httpx.post(model.url + path, json=request_body(path, text)))
        for path in PATHS
        for text in ("make one.txt", "make two.txt", "hello")
    }
    assert answers == {"making one", "making two", "no match"}


def test_a_client_that_hangs_up_in_a_slow_stream_is_noted(model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": "a long story", "pause": 0.1}]})
    with httpx.stream("POST", model.url + "/v1/messages", json=request_body("/v1/messages", "hi")) as answer:
        next(answer.iter_lines())
    deadline = time.monotonic() + 5
    while not model.served()[0]["disconnected"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_many_agents_are_served_at_once(model: RunningModel) -> None:
    model.rewrite({"turns": [{"text": "hello", "wait": 0.5}]})
    begun = time.monotonic()
    threads = [
        threading.Thread(target=httpx.post, args=(model.url + "/v1/messages",), kwargs={"json": request_body("", "x")})
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(model.turns()) == 20
    assert time.monotonic() - begun < 5


def test_what_was_asked_is_kept_without_the_keys(model: RunningModel) -> None:
    headers = {"x-api-key": "sk-secret", "authorization": "Bearer sk-secret"}
    httpx.post(model.url + "/v1/messages", json=request_body("/v1/messages", "hello you"), headers=headers)
    assert model.requests()[0]["body"]["messages"][0]["content"] == "hello you"
    assert "sk-secret" not in model.log.read_text()


def test_a_broken_script_is_refused_at_the_door(model: RunningModel) -> None:
    with pytest.raises(Exception, match="400"):
        model.rewrite({"turns": [{"txet": "typo"}]})
