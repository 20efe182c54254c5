"""OpenCode: a database made by hand with the columns and JSON of OpenCode 1.18 (checked against its own), and the
JSON files of 0.15."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from shared import transcripts
from shared.transcripts import Detail, FileEdit, Usage, edits_of
from tests.shared.transcripts.reading import ms, only, sessions

MAIN, CHILD, OTHER = "ses_main", "ses_child", "ses_other"
Row = dict[str, Any]


class Database:
    """opencode.db with the tables that hold sessions."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.path = folder / "opencode.db"
        self.connection = sqlite3.connect(self.path)
        self.connection.executescript(
            "CREATE TABLE session (id text PRIMARY KEY, project_id text, parent_id text, directory text, version text,"
            " time_created integer, time_updated integer);"
            "CREATE TABLE message (id text PRIMARY KEY, session_id text, time_created integer, data text);"
            "CREATE TABLE part (id text PRIMARY KEY, message_id text, session_id text, data text);"
        )
        self._parts = 0

    def session(self, name: str, seconds: float, parent: str | None = None, directory: str = "/repo") -> None:
        row = (name, "p", parent, directory, "1.18.33", ms(seconds), ms(seconds + 60))
        self.connection.execute("INSERT INTO session VALUES (?,?,?,?,?,?,?)", row)

    def message(self, name: str, session: str, seconds: float, parts: list[Row], **data: Any) -> None:
        body = json.dumps({"time": {"created": ms(seconds)}, **data})
        self.connection.execute("INSERT INTO message VALUES (?,?,?,?)", (name, session, ms(seconds), body))
        for part in parts:
            self._parts += 1
            row = (f"prt_{self._parts:04}", name, session, json.dumps(part))
            self.connection.execute("INSERT INTO part VALUES (?,?,?,?)", row)

    def close(self) -> Path:
        self.connection.commit()
        self.connection.close()
        return self.path


def tool(call_id: str, name: str, start: float, end: float, status: str = "completed", **state: Any) -> Row:
    told = {"status": status, "time": {"start": ms(start), "end": ms(end)}, "input": {}, "output": "out", **state}
    return {"type": "tool", "tool": name, "callID": call_id, "state": told}


def step(given: int, out: int, read: int = 0, reasoning: int = 0) -> Row:
    tokens = {"input": given, "output": out, "reasoning": reasoning, "cache": {"read": read, "write": 0}}
    return {"type": "step-finish", "tokens": tokens}


def whole(database: Database) -> None:
    database.session(MAIN, 0)
    database.session(CHILD, 12, parent=MAIN)
    said = [{"type": "text", "text": "Fix it."}, {"type": "text", "text": "injected", "synthetic": True}]
    database.message("msg_1", MAIN, 1, said, role="user")
    edit = {"filePath": "/repo/a.py", "oldString": "a", "newString": "b\nc\n", "replaceAll": True}
    answer = [
        {"type": "step-start"},
        {"type": "reasoning", "text": "Hm."},
        {"type": "text", "text": "Looking."},
        tool("c1", "edit", 3, 4, input=edit, metadata={"filediff": {"before": "a\n"}}),
        tool(
            "c2",
            "task",
            10,
            40,
            input={"subagent_type": "general", "prompt": "Look.", "description": "look"},
            metadata={"sessionId": CHILD},
        ),
        step(100, 10, 1000, 5),
        {"type": "step-start"},
        tool("c3", "bash", 45, 46, "error", error="no"),
        step(200, 20),
    ]
    database.message(
        "msg_2",
        MAIN,
        2,
        answer,
        role="assistant",
        modelID="stub",
        tokens={"input": 9, "output": 9},
        path={"cwd": "/repo"},
    )
    database.message("msg_3", MAIN, 600, [], role="user", summary={"diffs": []})
    database.message("msg_4", CHILD, 13, [{"type": "text", "text": "Look."}], role="user")
    database.message(
        "msg_5",
        CHILD,
        14,
        [tool("d1", "bash", 15, 16)],
        role="assistant",
        modelID="stub",
        tokens={"input": 7, "output": 3, "reasoning": 1, "cache": {"read": 0, "write": 2}},
    )


@pytest.fixture
def data(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return home / ".local" / "share" / "opencode"


def test_a_session_is_read_step_by_step_with_its_sub_agents(data: Path) -> None:
    database = Database(data)
    whole(database)
    database.close()
    found = only("opencode")
    assert (found.id, found.cwd, found.version, found.model) == (MAIN, "/repo", "1.18.33", "stub")
    assert [human.text for human in found.humans] == ["Fix it."]
    assert [[made.name for made in response.tool_calls] for response in found.responses] == [["edit", "task"], ["bash"]]
    assert [response.usage for response in found.responses] == [Usage(100, 15, 1000, 0), Usage(200, 20)]
    assert edits_of(found.tool_calls[0]) == [FileEdit("/repo/a.py", "a", "b\nc\n", True)]
    assert found.tool_calls[0].result is not None and found.tool_calls[0].result.details == {"originalFile": "a\n"}
    assert found.tool_calls[2].result is not None and found.tool_calls[2].result.is_error
    (agent,) = found.sub_agents
    assert (agent.id, agent.kind, agent.prompt, agent.spawn_call, agent.depth) == (CHILD, "general", "Look.", "c2", 1)
    assert (agent.started_ms, agent.ended_ms, agent.usage) == (ms(12), ms(16), Usage(7, 4, 0, 2))
    assert (found.modified_ms, found.ended_ms) == (ms(72), ms(600))


def test_many_sessions_of_one_database_come_one_by_one_and_can_be_asked_for(data: Path) -> None:
    database = Database(data)
    whole(database)
    database.session(OTHER, 100, directory="/elsewhere")
    database.message("msg_9", OTHER, 101, [{"type": "text", "text": "Hi."}], role="user")
    database.session("ses_empty", 200)
    database.close()
    assert [found.id for found in sessions("opencode")] == [MAIN, OTHER]
    asked = transcripts.read_session(OTHER, detail=Detail.COUNTS)
    assert asked is not None and asked.humans[0].text == "Hi."
    assert [found.id for found in transcripts.sessions_of("/elsewhere")] == [OTHER]


def test_odd_rows_are_skipped_and_told(data: Path) -> None:
    database = Database(data)
    whole(database)
    database.connection.execute("INSERT INTO message VALUES ('msg_6', ?, 0, '{torn')", (MAIN,))
    database.connection.execute("INSERT INTO part VALUES ('prt_x', 'msg_2', ?, '[]')", (MAIN,))
    database.message("msg_7", MAIN, 601, [{"type": "tool", "state": None}], role="assistant", tokens={"input": None})
    database.close()
    found = only("opencode")
    assert found.skipped_lines == 2
    assert found.usage == Usage(300, 35, 1000, 0)


def test_nothing_is_written_beside_a_database_that_nobody_has_open(data: Path) -> None:
    database = Database(data)
    whole(database)
    database.connection.execute("PRAGMA journal_mode = WAL")
    database.close()
    only("opencode")
    assert sorted(path.name for path in data.iterdir()) == ["opencode.db"]


def test_what_stands_in_the_write_ahead_log_of_a_running_program_is_read(data: Path) -> None:
    database = Database(data)
    database.connection.execute("PRAGMA journal_mode = WAL")
    whole(database)
    database.connection.commit()
    assert only("opencode").id == MAIN
    (source,) = transcripts.discover(("opencode",))
    assert [Path(file.path).name for file in source.files] == ["opencode.db", "opencode.db-wal"]
    database.close()


def test_a_file_that_is_no_database_is_told_and_holds_no_session(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "opencode.db").write_bytes(b"no database at all" * 100)
    found = only("opencode")
    assert (found.id, found.skipped_lines) == ("", 1)


def test_the_json_files_of_older_versions_are_read(data: Path) -> None:
    def put(place: str, body: Row) -> None:
        path = data / "storage" / f"{place}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(body))

    put(f"session/p/{MAIN}", {"id": MAIN, "directory": "/repo", "version": "0.15.0", "time": {"created": ms(0)}})
    put(f"message/{MAIN}/msg_1", {"id": "msg_1", "role": "user", "time": {"created": ms(1)}})
    put("part/msg_1/prt_1", {"id": "prt_1", "type": "text", "text": "Go."})
    put(
        f"message/{MAIN}/msg_2",
        {
            "id": "msg_2",
            "role": "assistant",
            "modelID": "m",
            "time": {"created": ms(2)},
            "tokens": {"input": 5, "output": 6},
        },
    )
    put("part/msg_2/prt_2", tool("c", "bash", 3, 4))
    found = only("opencode")
    assert (found.id, found.cwd, found.usage, found.ended_ms) == (MAIN, "/repo", Usage(5, 6), ms(4))
    assert ([human.text for human in found.humans], len(found.tool_calls)) == (["Go."], 1)
