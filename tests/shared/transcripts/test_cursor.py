"""Cursor: a state.vscdb made by hand as Cursor 2.0 keeps it, the chats of 0.45, and an agent's transcript."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from shared import transcripts
from shared.transcripts import FileEdit, Usage, edits_of
from tests.shared.transcripts.reading import iso, ms, only, sessions, write_lines

MAIN = "11111111-0000-4000-8000-000000000001"
Json = dict[str, Any]


def keep(path: Path, table: str, values: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
        rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in values.items()]
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
    connection.close()


@pytest.fixture
def user(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home / ".config" / "Cursor" / "User"


def bubbles() -> dict[str, Json]:
    edit = {
        "toolCallId": "c1",
        "name": "search_replace",
        "status": "completed",
        "result": "{}",
        "rawArgs": json.dumps({"file_path": "/repo/a.py", "old_string": "a", "new_string": "b\n"}),
    }
    failed = {"toolCallId": "c2", "name": "run_terminal_cmd", "status": "error", "rawArgs": "{torn"}
    return {
        "b1": {"type": 1, "text": "Fix it.", "createdAt": iso(1), "images": [{}]},
        "b2": {"type": 2, "text": "Looking.", "createdAt": iso(2), "tokenCount": {"inputTokens": 9, "outputTokens": 3}},
        "b3": {"type": 2, "text": "", "createdAt": iso(3), "toolFormerData": edit},
        "b4": {"type": 2, "text": "", "createdAt": iso(4), "toolFormerData": failed, "tokenCount": None},
        "b5": {"type": 1, "text": "", "createdAt": iso(5)},
    }


def modern(user: Path, extra: dict[str, Any] | None = None) -> None:
    heads = [{"bubbleId": key, "type": found["type"]} for key, found in bubbles().items()]
    chat = {
        "composerId": MAIN,
        "createdAt": ms(0),
        "lastUpdatedAt": ms(700),
        "fullConversationHeadersOnly": heads,
        "modelConfig": {"modelName": "gpt-9"},
    }
    values = {f"bubbleId:{MAIN}:{key}": found for key, found in bubbles().items()}
    keep(
        user / "globalStorage" / "state.vscdb",
        "cursorDiskKV",
        {f"composerData:{MAIN}": chat, **values, **(extra or {})},
    )
    workspace = user / "workspaceStorage" / "w1"
    keep(workspace / "state.vscdb", "ItemTable", {"composer.composerData": {"allComposers": [{"composerId": MAIN}]}})
    (workspace / "workspace.json").write_text(json.dumps({"folder": "file:///repo%20one"}))


def test_a_chat_is_read_bubble_by_bubble_and_its_directory_is_the_workspaces(user: Path) -> None:
    modern(user)
    found = only("cursor")
    assert (found.id, found.cwd, found.model, found.modified_ms) == (MAIN, "/repo one", "gpt-9", ms(700))
    assert [(human.text, human.images) for human in found.humans] == [("Fix it.", 1)]
    assert ([made.id for made in found.tool_calls], found.usage) == (["c1", "c2"], Usage(9, 3))
    assert edits_of(found.tool_calls[0]) == [FileEdit("/repo/a.py", "a", "b\n")]
    assert found.tool_calls[1].result is not None and found.tool_calls[1].result.is_error
    assert (found.started_ms, found.ended_ms) == (ms(0), ms(4))
    assert [one.id for one in transcripts.sessions_of("/repo one")] == [MAIN]


def test_the_conversations_of_older_versions_stand_in_the_chat_itself(user: Path) -> None:
    timing = {"clientStartTime": 5123.4, "clientRpcSendTime": ms(2), "clientSettleTime": ms(3)}
    chat = {
        "composerId": MAIN,
        "createdAt": ms(0),
        "conversation": [
            {"type": 1, "bubbleId": "b1", "text": "Go."},
            {"type": 2, "bubbleId": "b2", "text": "Ok.", "timingInfo": timing},
        ],
    }
    keep(user / "globalStorage" / "state.vscdb", "cursorDiskKV", {f"composerData:{MAIN}": chat})
    found = only("cursor")
    assert (len(found.humans), len(found.responses), found.ended_ms) == (1, 1, ms(3))


def test_odd_rows_are_skipped_and_told(user: Path) -> None:
    modern(user, {f"bubbleId:{MAIN}:b2": "{torn", "composerData:other": "null", "composerData:empty": {}})
    found = only("cursor")
    assert (found.skipped_lines, len(found.tool_calls), found.usage) == (1, 2, Usage())


def test_a_transcript_counts_only_where_the_database_has_no_such_chat(home: Path, user: Path) -> None:
    modern(user)
    folder = home / ".cursor" / "projects" / "repo" / "agent-transcripts"
    called = {"type": "tool_use", "name": "Shell", "input": {"command": "ls"}}
    lines: list[Any] = [
        {"role": "user", "message": {"content": [{"type": "text", "text": "<user_query>\nGo.\n</user_query>"}]}},
        {"role": "assistant", "message": {"content": [{"type": "text", "text": "Ok."}, called, called]}},
        b"{torn",
    ]
    write_lines(folder / MAIN / f"{MAIN}.jsonl", lines)
    write_lines(folder / "other" / "other.jsonl", lines)
    first, second = sessions("cursor")
    assert (first.id, second.id, second.humans[0].text) == (MAIN, "other", "Go.")
    assert ([len(found.tool_calls) for found in second.responses], second.skipped_lines) == ([2], 1)


def test_a_file_that_is_no_database_is_told(user: Path) -> None:
    (user / "globalStorage").mkdir(parents=True)
    (user / "globalStorage" / "state.vscdb").write_bytes(b"nothing" * 1000)
    found = only("cursor")
    assert (found.id, found.skipped_lines) == ("", 1)
