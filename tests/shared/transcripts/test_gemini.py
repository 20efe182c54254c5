"""Gemini CLI: chats written by hand as 0.61 writes them (JSONL, by its own source), and as 0.30 did (JSON)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from shared import transcripts
from shared.transcripts import FileEdit, Usage, edits_of
from tests.shared.transcripts.reading import iso, ms, only, write_lines

MAIN = "3f2b8c1d-0000-4000-8000-000000000001"
AGENT = "aaaaaaaa-0000-4000-8000-000000000002"
NESTED = "bbbbbbbb-0000-4000-8000-000000000003"
Line = dict[str, Any]


@pytest.fixture
def chats(home: Path) -> Path:
    project = home / ".gemini" / "tmp" / "repo"
    project.mkdir(parents=True)
    (project / ".project_root").write_text("/repo")
    return project / "chats"


def head(name: str, seconds: float = 0, **more: Any) -> Line:
    return {"sessionId": name, "projectHash": "h", "startTime": iso(seconds), "lastUpdated": iso(seconds), **more}


def user(key: str, seconds: float, content: Any) -> Line:
    return {"id": key, "timestamp": iso(seconds), "type": "user", "content": content}


def model(key: str, seconds: float, content: str = "", **more: Any) -> Line:
    return {"id": key, "timestamp": iso(seconds), "type": "gemini", "content": content, "model": "gemini-9", **more}


def call(call_id: str, name: str, seconds: float, status: str = "success", **args: Any) -> Line:
    answer = {"functionResponse": {"response": {"output": "out"}}}
    return {"id": call_id, "name": name, "args": args, "status": status, "timestamp": iso(seconds), "result": [answer]}


def whole() -> list[Line | bytes]:
    replaced = call("c1", "replace", 4, file_path="/repo/a.py", old_string="a", new_string="b")
    replaced["resultDisplay"] = {"fileName": "a.py", "originalContent": "a\n", "newContent": "b\n"}
    failed = call("c2", "run_shell_command", 5, "error", command="false")
    thoughts = [{"subject": "Plan", "description": "look", "timestamp": iso(2)}]
    tokens = {"input": 1100, "output": 10, "cached": 1000, "thoughts": 5, "tool": 2, "total": 1117}
    return [
        head(MAIN, kind="main"),
        user("u0", 0.5, "<session_context>\nToday is …"),
        user("u1", 1, [{"text": "Fix it."}, {"inlineData": {"mimeType": "image/png"}}]),
        user("u2", 1.5, "/stats"),
        model("g1", 2, "Looking.", thoughts=thoughts),
        model("g1", 2, "Looking.", thoughts=thoughts, tokens=tokens),
        model("g1", 2, "Looking.", thoughts=thoughts, tokens=tokens, toolCalls=[replaced, failed]),
        {"$set": {"lastUpdated": iso(6)}},
        {"id": "i1", "timestamp": iso(7), "type": "info", "content": "Update!"},
        user("u3", 600, "Thanks."),
        model("g2", 601, "Done.", tokens={"input": 5, "output": 6}),
    ]


def test_a_chat_is_read_with_its_people_responses_calls_and_tokens(chats: Path) -> None:
    write_lines(chats / "session-2026-03-02T10-00-3f2b8c1d.jsonl", whole())
    found = only("gemini")
    assert (found.id, found.cwd, found.model) == (MAIN, "/repo", "gemini-9")
    assert [(human.text, human.images) for human in found.humans] == [("Fix it.", 1), ("Thanks.", 0)]
    assert [response.usage for response in found.responses] == [Usage(102, 15, 1000), Usage(5, 6)]
    assert [made.id for made in found.tool_calls] == ["c1", "c2"]
    assert edits_of(found.tool_calls[0]) == [FileEdit("/repo/a.py", "a", "b")]
    assert found.tool_calls[0].result is not None and found.tool_calls[0].result.details == {"originalFile": "a\n"}
    assert found.tool_calls[1].result is not None and found.tool_calls[1].result.is_error
    assert (found.responses[0].text, found.responses[0].thinking) == ("Looking.", "Plan: look")
    assert (found.started_ms, found.ended_ms) == (ms(0), ms(601))


def test_odd_lines_cost_only_themselves(chats: Path) -> None:
    odd: list[Line | bytes] = [b"{torn", b"\xff", b"7", {"id": "x", "type": "gemini", "tokens": [], "toolCalls": None}]
    write_lines(chats / "session-2026-03-02T10-00-3f2b8c1d.jsonl", [*whole(), *odd])
    found = only("gemini")
    assert (found.skipped_lines, found.usage) == (3, Usage(107, 21, 1000))


def test_chats_in_the_folder_of_a_session_are_its_sub_agents(chats: Path) -> None:
    started = {**call("s", "codebase_investigator", 3), "agentId": AGENT}
    write_lines(
        chats / "session-2026-03-02T10-00-3f2b8c1d.jsonl",
        [head(MAIN), user("u", 1, "Go."), model("g", 2, toolCalls=[started])],
    )
    below = [head(AGENT, 3, kind="subagent"), user("a", 3, "Look."), model("b", 9, tokens={"input": 1})]
    write_lines(chats / MAIN / f"{AGENT}.jsonl", below)
    write_lines(chats / AGENT / f"{NESTED}.jsonl", [head(NESTED, 4), model("n", 5)])
    found = only("gemini")
    assert [(agent.id, agent.depth) for agent in found.all_sub_agents()] == [(AGENT, 1), (NESTED, 2)]
    (agent,) = found.sub_agents
    assert (agent.prompt, agent.spawn_call, agent.started_ms, agent.ended_ms) == ("Look.", "s", ms(3), ms(9))


def test_a_json_chat_that_went_on_as_jsonl_is_one_session_and_its_project_is_found_by_hash(
    home: Path, chats: Path
) -> None:
    hashed = home / ".gemini" / "tmp" / hashlib.sha256(b"/old").hexdigest() / "chats"
    hashed.mkdir(parents=True)
    (home / ".gemini" / "projects.json").write_text(json.dumps({"projects": {"/old": "old"}}))
    first = [user("u1", 1, "Go."), model("g1", 2, tokens={"input": 1, "output": 2})]
    body = {**head(MAIN), "messages": first}
    (hashed / "session-2026-03-02T10-00-3f2b8c1d.json").write_text(json.dumps(body))
    more = [head(MAIN), *first, user("u2", 3, "More."), {"$rewindTo": "u2"}]
    write_lines(hashed / "session-2026-03-02T10-00-3f2b8c1d.jsonl", more)
    found = only("gemini")
    assert (found.cwd, len(found.humans), found.usage) == ("/old", 2, Usage(1, 2))
    assert [one.id for one in transcripts.sessions_of("/old")] == [MAIN]
    asked = transcripts.read_session(MAIN)
    assert asked is not None and asked.tool == "gemini"
