"""Each reader over logs whose values were replaced at random: an odd field costs only itself, and nothing raises."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omas_cli.payload import shown_objects
from omas_cli.record import record_of
from shared import transcripts
from shared.transcripts import Detail, edits_of
from tests.shared.transcripts import claude_lines, test_codex, test_copilot, test_cursor, test_gemini, test_opencode

Json = dict[str, Any]
# What may stand in a field's place, strings with characters no database or terminal likes among them.
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, 2**63, 10**400, -(10**30), 1e308, "", "x", "7", "\x1b[2J\u202e\x00", "\ud800",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00-12:00", "/" * 300, [], [None], [[]], [{}], ["x"], {}, {"a": None},
    {"type": "tool_use"}, [{"type": "tool_use", "id": 7}], [{"type": "text", "text": {}}],
)  # fmt: skip
ROUNDS = 150


def mutated(value: Any, rng: random.Random, rate: float) -> Any:
    if rng.random() < rate:
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {key: mutated(item, rng, rate) for key, item in value.items() if rng.random() >= rate / 2}
    if isinstance(value, list):
        return [mutated(item, rng, rate) for item in value for _ in range(1 + (rng.random() < rate))]
    return value


def text(value: Any, rng: random.Random, rate: float) -> str:
    """The mutated value as JSON; now and then torn."""
    body = json.dumps(mutated(value, rng, rate))
    return body[: rng.randrange(len(body) + 1)] if rng.random() < rate else body


def lines(path: Path, values: list[Any]) -> Callable[[random.Random, float], None]:
    def write(rng: random.Random, rate: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(text(value, rng, rate) + "\n" for value in values if not isinstance(value, bytes)))

    return write


def rows(path: Path, table: str, column: str) -> Callable[[random.Random, float], None]:
    """The JSON in a column of a database that stands already."""
    with sqlite3.connect(path) as connection:
        sound = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
    connection.close()

    def write(rng: random.Random, rate: float) -> None:
        with sqlite3.connect(path) as connection:
            connection.executemany(
                f"UPDATE {table} SET {column} = ? WHERE rowid = ?",
                [(text(json.loads(body), rng, rate), row) for row, body in sound],
            )
        connection.close()

    return write


def claude(home: Path) -> list[Callable[[random.Random, float], None]]:
    made = claude_lines
    usage = {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 9}
    edit = made.call("t2", "Edit", file_path="/repo/a", old_string="a", new_string="b\nc")
    main = [
        made.human(0, [made.text("Do it."), {"type": "image", "source": {}}], permissionMode="plan"),
        made.assistant(1, "m1", [made.text("Well."), made.call("t1", "Task", prompt="p", description="d")], usage),
        made.assistant(1, "m1", [edit], usage),
        made.line("progress", 2, data={"type": "agent_progress", "agentId": "a1"}, parentToolUseID="t1"),
        made.result(3, "t1", toolUseResult={"agentId": "a1"}),
        made.result(3, "t2", content=[made.text("ok")], toolUseResult={"structuredPatch": []}),
        made.line("system", 4, subtype="compact_boundary"),
        made.human(5, "More.", forkedFrom={"sessionId": "other"}),
    ]
    agent = [made.human(1, "p", isSidechain=True), made.assistant(2, "n1", [made.call("t9")], usage, isSidechain=True)]
    folder = made.project(home)
    below = folder / made.SESSION / "subagents"
    return [
        lines(folder / f"{made.SESSION}.jsonl", main),
        lines(below / "agent-a1.jsonl", agent),
        lines(below / "agent-a1.meta.json", [{"agentType": "x", "toolUseId": "t1", "spawnDepth": 1}]),
    ]


def codex(home: Path) -> list[Callable[[random.Random, float], None]]:
    folder = home / ".codex" / "sessions" / "2026" / "03" / "02"
    return [lines(folder / f"rollout-2026-03-02T10-00-00-{test_codex.MAIN}.jsonl", test_codex.whole_session())]


def gemini(home: Path) -> list[Callable[[random.Random, float], None]]:
    folder = home / ".gemini" / "tmp" / "repo"
    return [
        lines(folder / "chats" / "session-1.jsonl", test_gemini.whole()),
        lines(folder / "chats" / "session-2.json", [{"sessionId": "two", "messages": test_gemini.whole()[1:]}]),
        lines(home / ".gemini" / "projects.json", [{"projects": {"/repo": "repo"}}]),
    ]


def copilot(home: Path) -> list[Callable[[random.Random, float], None]]:
    folder = home / ".config" / "Code" / "User" / "workspaceStorage" / "w1"
    whole = {"sessionId": "m", "creationDate": 1, "requests": [test_copilot.request(), test_copilot.shown()]}
    changes = [
        {"kind": 0, "v": {"sessionId": "n", "creationDate": 1, "requests": []}},
        {"kind": 2, "k": ["requests"], "v": [test_copilot.request()]},
        {"kind": 1, "k": ["requests", 0, "result"], "v": test_copilot.request()["result"]},
        {"kind": 2, "k": ["requests"], "i": 1, "v": [test_copilot.shown()]},
        {"kind": 3, "k": ["requests", 0]},
    ]
    return [
        lines(folder / "chatSessions" / "m.json", [whole]),
        lines(folder / "chatSessions" / "n.jsonl", changes),
        lines(folder / "workspace.json", [{"folder": "file:///repo"}]),
    ]


def cursor(home: Path) -> list[Callable[[random.Random, float], None]]:
    user = home / ".config" / "Cursor" / "User"
    test_cursor.modern(user)
    return [
        rows(user / "globalStorage" / "state.vscdb", "cursorDiskKV", "value"),
        rows(user / "workspaceStorage" / "w1" / "state.vscdb", "ItemTable", "value"),
    ]


def opencode(home: Path) -> list[Callable[[random.Random, float], None]]:
    database = test_opencode.Database(home / ".local" / "share" / "opencode")
    test_opencode.whole(database)
    path = database.close()
    return [rows(path, "message", "data"), rows(path, "part", "data")]


@pytest.mark.parametrize("make", [claude, codex, gemini, copilot, cursor, opencode])
def test_no_value_in_a_log_makes_a_reader_or_a_score_fail(home: Path, make: Any) -> None:
    writers = make(home)
    tool = make.__name__
    sound = found = 0
    for seed in range(ROUNDS):
        rng = random.Random(seed)
        for write in writers:
            write(rng, 0.0 if seed == 0 else rng.choice((0.02, 0.08, 0.3)))
        read = [
            session
            for detail in (Detail.COUNTS, Detail.FULL)
            for source in transcripts.discover((tool,))
            for session in transcripts.read(source, detail)
            if session.id
        ]
        for session in read:
            for call in session.tool_calls:
                edits_of(call)
        records = [record_of(session) for session in read]
        json.dumps(shown_objects(records, records, "0" * 32)).encode()
        sound, found = (len(read), 0) if seed == 0 else (sound, found + len(read))
    assert sound > 0 and found > ROUNDS * sound / 3
