"""Copilot Chat: chats written by hand as Visual Studio Code 1.98 (JSON) and 1.109 (lines of changes) keep them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared import transcripts
from shared.transcripts import FileEdit, Usage, edits_of
from tests.shared.transcripts.reading import iso, ms, only, write_lines

MAIN = "22222222-0000-4000-8000-000000000001"
Json = dict[str, Any]


@pytest.fixture
def chats(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    workspace = home / ".config" / "Code" / "User" / "workspaceStorage" / "w1"
    workspace.mkdir(parents=True)
    (workspace / "workspace.json").write_text(json.dumps({"folder": "vscode-remote://wsl%2Bdebian/repo"}))
    (workspace / "chatSessions").mkdir()
    return workspace / "chatSessions"


def request() -> Json:
    edit = {
        "id": "c1",
        "name": "replace_string_in_file",
        "arguments": json.dumps({"filePath": "/repo/a.py", "oldString": "a", "newString": "b"}),
    }
    run = {"id": "c2", "name": "run_in_terminal", "arguments": "{}"}
    rounds = [
        {"id": "r1", "response": "Looking.", "toolCalls": [edit, run], "timestamp": ms(2)},
        {"id": "r2", "response": "Done.", "toolCalls": []},
    ]
    metadata = {"toolCallRounds": rounds, "toolCallResults": {"c1": {"content": [{"text": "ok"}]}}}
    return {
        "requestId": "q1",
        "timestamp": ms(1),
        "modelId": "copilot/gpt-9",
        "message": {"text": "Fix it."},
        "variableData": {"variables": [{"kind": "image"}]},
        "usage": {"promptTokens": 9, "completionTokens": 4},
        "result": {"timings": {"totalElapsed": 9000}, "metadata": metadata},
        "response": [{"value": "Done."}],
    }


def shown() -> Json:
    """A request of which only the view was kept."""
    invoked = {"kind": "toolInvocationSerialized", "toolId": "copilot_readFile", "toolCallId": "v1", "isComplete": True}
    return {
        "requestId": "q2",
        "timestamp": ms(600),
        "message": {"parts": [{"text": "And?"}]},
        "response": [{"value": "Because."}, invoked],
    }


def check(found: transcripts.Session) -> None:
    assert (found.id, found.cwd, found.model) == (MAIN, "/repo", "gpt-9")
    assert [(human.text, human.images) for human in found.humans] == [("Fix it.", 1), ("And?", 0)]
    assert [[made.id for made in response.tool_calls] for response in found.responses] == [["c1", "c2"], [], ["v1"]]
    assert edits_of(found.tool_calls[0]) == [FileEdit("/repo/a.py", "a", "b")]
    assert found.usage == Usage(9, 4)
    assert (found.started_ms, found.ended_ms) == (ms(0), ms(600))
    assert found.responses[1].at_ms == ms(10)


def test_a_chat_in_one_json_document_is_read(chats: Path) -> None:
    body = {"version": 3, "sessionId": MAIN, "creationDate": ms(0), "requests": [request(), shown()]}
    (chats / f"{MAIN}.json").write_text(json.dumps(body))
    check(only("copilot"))
    assert [found.id for found in transcripts.sessions_of("/repo")] == [MAIN]


def test_a_chat_in_lines_of_changes_is_the_same_and_odd_lines_cost_only_themselves(chats: Path) -> None:
    half = {**request(), "result": None}
    lines: list[Json | bytes] = [
        {"kind": 0, "v": {"sessionId": MAIN, "creationDate": ms(0), "requests": []}},
        {"kind": 2, "k": ["requests"], "v": [half, {"requestId": "gone"}]},
        {"kind": 1, "k": ["requests", 0, "result"], "v": request()["result"]},
        b"{torn",
        {"kind": 1, "k": ["nowhere", 7, "x"], "v": 1},
        {"kind": 9, "k": ["requests"], "v": 1},
        {"kind": 2, "k": ["requests"], "i": 1, "v": [shown()]},
        {"kind": 1, "k": ["note"], "v": iso(0)},
        {"kind": 3, "k": ["note"]},
    ]
    write_lines(chats / f"{MAIN}.jsonl", lines)
    found = only("copilot")
    check(found)
    assert found.skipped_lines == 3


def test_a_chat_in_both_formats_is_one(chats: Path) -> None:
    base = {"sessionId": MAIN, "creationDate": ms(0), "requests": [shown()]}
    (chats / f"{MAIN}.json").write_text(json.dumps({"sessionId": MAIN, "requests": []}))
    write_lines(chats / f"{MAIN}.jsonl", [{"kind": 0, "v": base}])
    assert len(only("copilot").humans) == 1
