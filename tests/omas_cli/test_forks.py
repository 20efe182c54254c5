"""A session forked from another: the copied lines count in the older one only."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from omas_cli.commands import list as list_command
from omas_cli.commands import scan
from tests.shared.transcripts.claude_lines import assistant, call, human, project, write

OLD, FORK, SECOND = "aaaa-old", "bbbb-fork", "0000-second"
Capture = pytest.CaptureFixture[str]
Line = dict[str, Any]


def turn(minute: float, name: str) -> list[Line]:
    """A person's message and a response with one call; the response counts 10 + 5 tokens."""
    usage = {"input_tokens": 10, "output_tokens": 5}
    return [human(minute, f"say {name}"), assistant(minute + 0.5, f"m-{name}", [call(f"t-{name}")], usage)]


def put(home: Path, name: str, lines: list[Line], age: float) -> None:
    path = write(project(home) / f"{name}.jsonl", [{**line, "sessionId": name} for line in lines])
    os.utime(path, (time.time() - age,) * 2)


def numbers(capsys: Capture) -> dict[str, tuple[int, int, int]]:
    """Session id → humans, tool calls, tokens."""
    scan.run(since=None, project=None, tools=[], force=False, verbose=False, json=True)
    capsys.readouterr()
    list_command.run(since=None, project=None, tools=[], limit=0, json=True)
    found = json.loads(capsys.readouterr().out)["sessions"]
    return {
        one["session_id"]: (
            one["total_human_messages"],
            one["total_tool_calls"],
            one["local"]["tokens"]["input"] + one["local"]["tokens"]["output"],
        )
        for one in found
    }


def test_copied_lines_count_once_whoever_is_read_first(home: Path, capsys: Capture) -> None:
    copied, went_on, forked = turn(0, "a") + turn(2, "b"), turn(4, "c"), turn(30, "d")
    put(home, OLD, copied + went_on, 100)
    put(home, FORK, copied + forked, 200)
    assert numbers(capsys) == {OLD: (3, 3, 45), FORK: (1, 1, 15)}


def test_a_fork_that_comes_later_or_grows_is_set_apart_too(home: Path, capsys: Capture) -> None:
    copied = turn(0, "a") + turn(2, "b")
    put(home, OLD, copied, 300)
    assert numbers(capsys) == {OLD: (2, 2, 30)}
    put(home, FORK, copied + turn(30, "d"), 200)
    assert numbers(capsys) == {OLD: (2, 2, 30), FORK: (1, 1, 15)}
    put(home, FORK, copied + turn(30, "d") + turn(40, "e"), 100)
    assert numbers(capsys) == {OLD: (2, 2, 30), FORK: (2, 2, 30)}


def test_the_origin_a_fork_names_is_the_older_one(home: Path, capsys: Capture) -> None:
    copied = turn(0, "a") + turn(2, "b")
    named = [{**line, "forkedFrom": {"sessionId": OLD, "messageUuid": line["uuid"]}} for line in copied]
    put(home, OLD, copied + turn(60, "late"), 100)
    put(home, FORK, named + turn(30, "d"), 200)
    assert numbers(capsys) == {OLD: (3, 3, 45), FORK: (1, 1, 15)}


def test_a_fork_of_a_fork_counts_only_its_own(home: Path, capsys: Capture) -> None:
    first, second, third = turn(0, "a"), turn(10, "b"), turn(20, "c")
    put(home, OLD, first, 300)
    put(home, FORK, first + second, 200)
    put(home, SECOND, first + second + third, 100)
    assert numbers(capsys) == {OLD: (1, 1, 15), FORK: (1, 1, 15), SECOND: (1, 1, 15)}


def test_a_copy_with_nothing_of_its_own_is_no_session(home: Path, capsys: Capture) -> None:
    put(home, OLD, turn(0, "a"), 300)
    assert numbers(capsys) == {OLD: (1, 1, 15)}
    copied = json.loads(f"[{','.join((project(home) / f'{OLD}.jsonl').read_text().splitlines())}]")
    put(home, FORK, copied, 200)
    found = numbers(capsys)
    assert len(found) == 1 and set(found.values()) == {(1, 1, 15)}
    put(home, FORK, copied + turn(30, "d"), 100)
    assert numbers(capsys) == {OLD: (1, 1, 15), FORK: (1, 1, 15)}


def test_a_fork_begins_with_its_own_first_line(home: Path, capsys: Capture) -> None:
    copied = [{"type": "queue-operation", "timestamp": "2026-03-01T09:59:00.000Z"}, *turn(0, "a")]
    put(home, OLD, copied, 300)
    put(home, FORK, copied + turn(30, "d"), 200)
    numbers(capsys)
    list_command.run(since=None, project=None, tools=[], limit=0, json=True)
    found = {one["session_id"]: one for one in json.loads(capsys.readouterr().out)["sessions"]}
    assert found[FORK]["timestamp"] == "2026-03-01T10:30:00Z"
    assert found[FORK]["session_duration_minutes"] == 0.5
