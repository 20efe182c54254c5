"""Codex: roll-outs written by hand as Codex 0.169 writes them (checked against its own), and as 0.42 and 0.2x did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared import transcripts
from shared.transcripts import Detail, FileEdit, Usage, edits_of
from tests.shared.transcripts.reading import iso, ms, only, sessions, write_lines

MAIN = "01a20098-64eb-7353-b22d-eba13a8a458e"
AGENT = "01a20098-7777-7353-b22d-eba13a8a458e"
NESTED = "01a20098-8888-7353-b22d-eba13a8a458e"
Line = dict[str, Any]


def line(seconds: float, kind: str, payload: Line) -> Line:
    return {"timestamp": iso(seconds), "ordinal": 0, "type": kind, "payload": payload}


def meta(thread: str, seconds: float = 0, **more: Any) -> Line:
    payload = {"id": thread, "timestamp": iso(seconds), "cwd": "/repo", "cli_version": "0.169.0", **more}
    return line(seconds, "session_meta", payload)


def item(seconds: float, **payload: Any) -> Line:
    return line(seconds, "response_item", payload)


def event(seconds: float, **payload: Any) -> Line:
    return line(seconds, "event_msg", payload)


def typed(seconds: float, text: str, number: int = 0) -> list[Line]:
    """A person's message as 0.169 writes it, twice."""
    return [
        item(seconds, type="message", id=f"m{seconds}", role="user", content=[{"type": "input_text", "text": text}]),
        event(
            seconds,
            type="item_completed",
            item={"type": "UserMessage", "id": f"u{seconds}-{number}", "content": [{"type": "text", "text": text}]},
        ),
    ]


def call(seconds: float, call_id: str, name: str = "exec_command", **arguments: Any) -> Line:
    return item(
        seconds, type="function_call", id=f"fc_{call_id}", name=name, call_id=call_id, arguments=json.dumps(arguments)
    )


def output(seconds: float, call_id: str, text: str) -> Line:
    return item(seconds, type="function_call_output", call_id=call_id, output=text)


def record(seconds: float, response: str, whole: int, cached: int, out: int) -> Line:
    usage = {"input_tokens": whole, "cached_input_tokens": cached, "cache_write_input_tokens": 0, "output_tokens": out}
    return line(seconds, "token_usage_record", {"response_id": response, "usage": usage})


def count(seconds: float, total: int, last: Line) -> Line:
    return event(
        seconds, type="token_count", info={"total_token_usage": {"input_tokens": total}, "last_token_usage": last}
    )


@pytest.fixture
def rollouts(home: Path) -> Path:
    return home / ".codex" / "sessions" / "2026" / "03" / "02"


def log(folder: Path, thread: str, lines: list[Line | bytes]) -> Path:
    return write_lines(folder / f"rollout-2026-03-02T10-00-00-{thread}.jsonl", lines)


def whole_session() -> list[Line | bytes]:
    environment = [{"type": "input_text", "text": "<environment_context>\n <cwd>/repo</cwd>"}]
    patch = {"/repo/a.py": {"type": "update", "unified_diff": "@@ -1 +1,2 @@\n-old\n+new\n+more\n"}}
    return [
        meta(MAIN, git={"branch": "main"}),
        line(0, "turn_context", {"cwd": "/repo", "model": "gpt-9"}),
        item(1, type="message", role="user", content=environment),
        *typed(2, "Fix it."),
        item(3, type="reasoning", id="rs", summary=[{"type": "summary_text", "text": "Hm."}]),
        item(4, type="message", id="msg", role="assistant", content=[{"type": "output_text", "text": "Looking."}]),
        call(5, "c1", cmd="ls"),
        call(5.1, "c2", cmd="false"),
        record(5.2, "resp_1", 1100, 1000, 10),
        output(6, "c1", "Process exited with code 0\nOutput:\na"),
        output(6.1, "c2", "Process exited with code 1\nOutput:\n"),
        count(6.2, 1100, {"input_tokens": 1100, "cached_input_tokens": 1000, "output_tokens": 10}),
        item(7, type="custom_tool_call", call_id="c3", name="apply_patch", input="*** Begin Patch\n*** End Patch"),
        record(7.1, "resp_2", 2200, 2000, 20),
        event(
            8, type="item_completed", item={"type": "FileChange", "id": "c3", "changes": patch, "status": "completed"}
        ),
        item(8.1, type="custom_tool_call_output", call_id="c3", output="Success"),
        *typed(600, "Thanks."),
        item(601, type="message", id="end", role="assistant", content=[{"type": "output_text", "text": "Done."}]),
        record(602, "resp_3", 3300, 3000, 30),
    ]


def test_a_session_is_read_with_its_people_responses_calls_and_tokens(rollouts: Path) -> None:
    log(rollouts, MAIN, whole_session())
    found = only("codex")
    assert (found.id, found.cwd, found.version, found.git_branch, found.model) == (
        MAIN,
        "/repo",
        "0.169.0",
        "main",
        "gpt-9",
    )
    assert [human.text for human in found.humans] == ["Fix it.", "Thanks."]
    assert [[made.id for made in response.tool_calls] for response in found.responses] == [["c1", "c2"], ["c3"], []]
    assert found.usage == Usage(600, 60, 6000, 0)
    assert (found.responses[0].text, found.responses[0].thinking) == ("Looking.", "Hm.")
    assert [made.result.is_error for made in found.tool_calls if made.result] == [False, True, False]
    assert edits_of(found.tool_calls[2]) == [FileEdit("/repo/a.py", "old\n", "new\nmore\n", line=1)]
    assert found.tool_calls[2].lines_written == 2
    assert (found.started_ms, found.ended_ms, found.skipped_lines) == (ms(0), ms(602), 0)


def test_lines_twice_and_odd_lines_change_nothing_but_the_count_of_skipped_ones(rollouts: Path) -> None:
    log(rollouts, MAIN, whole_session())
    plain = only("codex", Detail.COUNTS)
    broken: list[Line | bytes] = [b'{"timestamp": "2026', b"\xff\xfe", b"[1]", {"type": None, "payload": 3}]
    log(rollouts, MAIN, [entry for line in whole_session() for entry in (line, line)] + broken)
    found = only("codex", Detail.COUNTS)
    assert found.skipped_lines == 3
    assert (found.humans, found.responses) == (plain.humans, plain.responses)


def test_without_records_the_last_usage_counts_each_time_the_total_moves(rollouts: Path) -> None:
    """As Codex 0.42 wrote it: user_message events, token_count after the tool, repeated for the rate limits."""
    one, two = ({"input_tokens": 10, "cached_input_tokens": 4, "output_tokens": n} for n in (1, 2))
    log(
        rollouts,
        MAIN,
        [
            meta(MAIN),
            event(1, type="user_message", message="Go.", kind="plain"),
            item(1, type="message", role="user", content=[{"type": "input_text", "text": "Go."}]),
            call(2, "a", name="shell", command=["ls"]),
            output(3, "a", json.dumps({"output": "x", "metadata": {"exit_code": 2}})),
            count(3.1, 11, one),
            count(3.2, 11, one),
            item(4, type="message", role="assistant", content=[{"type": "output_text", "text": "Done."}]),
            count(4.1, 23, two),
        ],
    )
    found = only("codex")
    assert [response.usage for response in found.responses] == [Usage(6, 1, 4), Usage(6, 2, 4)]
    assert [human.text for human in found.humans] == ["Go."]
    assert found.tool_calls[0].result is not None and found.tool_calls[0].result.is_error


def test_the_bare_items_of_the_first_versions_are_read(rollouts: Path) -> None:
    """As Codex 0.2x wrote it: no envelope, times only in the first line."""
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go."}]}
    log(
        rollouts,
        MAIN,
        [
            {"id": MAIN, "timestamp": iso(0), "instructions": None},
            {"record_type": "state"},
            said,
            {"type": "function_call", "name": "shell", "call_id": "a", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "{}"},
        ],
    )
    found = only("codex")
    assert (found.id, len(found.humans), len(found.tool_calls)) == (MAIN, 1, 1)


def test_threads_that_another_started_are_its_sub_agents_as_deep_as_they_are(rollouts: Path) -> None:
    def spawned(thread: str, by: str, seconds: float) -> list[Line | bytes]:
        source = {"subagent": {"thread_spawn": {"parent_thread_id": by, "depth": 1}}}
        return [meta(thread, seconds, source=source), *typed(seconds, "Look."), call(seconds + 5, f"c-{thread}")]

    log(
        rollouts,
        MAIN,
        [
            meta(MAIN),
            *typed(1, "Go."),
            call(2, "s", name="spawn_agent", message="Look around.", agent_type="explorer"),
            output(3, "s", json.dumps({"agent_id": AGENT})),
        ],
    )
    log(rollouts, AGENT, spawned(AGENT, MAIN, 3))
    log(rollouts, NESTED, spawned(NESTED, AGENT, 4))
    found = only("codex", Detail.COUNTS)
    agents = list(found.all_sub_agents())
    assert [(agent.id, agent.depth) for agent in agents] == [(AGENT, 1), (NESTED, 2)]
    assert (agents[0].kind, agents[0].prompt, agents[0].spawn_call) == ("explorer", "Look around.", "s")
    assert (agents[0].started_ms, agents[0].ended_ms, found.ended_ms) == (ms(3), ms(8), ms(9))
    assert len(found.tool_calls) == 1


def test_a_moved_home_is_found_and_a_session_can_be_asked_for_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "moved"))
    log(tmp_path / "moved" / "archived_sessions", MAIN, whole_session())
    assert [found.id for found in sessions("codex")] == [MAIN]
    asked = transcripts.read_session(MAIN)
    assert asked is not None and asked.tool == "codex"
    assert [found.id for found in transcripts.sessions_of("/repo", tools=("codex",))] == [MAIN]
    assert list(transcripts.sessions_of("/other", tools=("codex",))) == []
