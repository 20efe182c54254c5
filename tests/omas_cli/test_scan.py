"""`omas scan`: the golden rule of the corpus, what is read again, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from omas_cli import ledger
from omas_cli.commands import list as list_command
from omas_cli.commands import scan as scan_command
from omas_cli.record import record_of
from omas_cli.scan import work
from shared import paths
from shared.errors import UsageError
from tests.bench.corpus_log import UNREADABLE
from tests.omas_cli import corpus
from tests.shared.transcripts.claude_lines import (
    SESSION,
    assistant,
    call,
    human,
    project,
    write,
    write_agent,
    write_session,
)

Capture = pytest.CaptureFixture[str]


def scan(capsys: Capture, **options: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "since": None, "project": None, "tools": [], "force": False, "verbose": False, "json": True, **options,
    }  # fmt: skip
    capsys.readouterr()
    scan_command.run(**given)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def listed(capsys: Capture) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    list_command.run(since=None, project=None, tools=[], limit=0, json=True)
    return {found["session_id"]: found for found in json.loads(capsys.readouterr().out)["sessions"]}


@pytest.mark.parametrize(("seed", "hostile"), [("1", 0), ("2", 48), ("hostile", 48)])
def test_every_count_and_score_of_a_corpus_equals_its_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, seed: str, hostile: int
) -> None:
    manifest = corpus.make(monkeypatch, tmp_path / "c", sessions=48, mb=4, seed=seed, hostile=hostile, broken=0.01)
    assert scan(capsys)["sessions"] == len(manifest)
    found = listed(capsys)
    assert set(found) == set(manifest)
    for session_id, truth in manifest.items():
        shown = found[session_id]
        wanted = corpus.expected(truth)
        assert {name: shown[name] for name in wanted} == wanted, (session_id, truth["nasty"])
        local = shown["local"]
        assert local["project"] == truth["cwd"]
        assert local["sub_agent_tool_calls"] == truth["subagent_tool_calls"]
        assert local["tokens"]["input"] + local["tokens"]["output"] == (
            truth["input_tokens"] + truth["output_tokens"] + truth["subagent_tokens"]
        )
        unreadable = truth["broken_lines"] + (truth["nasty"] in UNREADABLE)
        assert local["skipped_lines"] >= unreadable if truth["sub_agents"] else local["skipped_lines"] == unreadable


def test_several_processes_find_what_one_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    corpus.make(monkeypatch, tmp_path / "c", sessions=40, mb=3, seed="7")
    monkeypatch.setattr(work, "PARALLEL_BYTES", 0)
    assert scan(capsys)["read"] == 40
    parallel = listed(capsys)
    paths.metrics_database().unlink()
    monkeypatch.setattr(work, "PARALLEL_BYTES", 1 << 60)
    scan(capsys)
    assert listed(capsys) == parallel


def test_only_what_changed_is_opened_again(home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        write(project(home) / f"{name}.jsonl", [{**human(0), "sessionId": name}])
    assert scan(capsys)["read"] == 2
    assert scan(capsys)["read"] == 0
    assert scan(capsys, force=True)["read"] == 2
    grown = project(home) / "one.jsonl"
    opened: list[str] = []
    monkeypatch.setattr("shared.transcripts.claude.reader.read_lines", _noting(opened))
    grown.write_bytes(grown.read_bytes() + json.dumps({**human(9), "sessionId": "one"}).encode() + b"\n")
    assert scan(capsys)["read"] == 1
    assert opened == [str(grown)]
    assert listed(capsys)["one"]["total_human_messages"] == 2


def _noting(opened: list[str]) -> Any:
    from shared.transcripts.lines import read_lines

    def reading(path: str, skip: Any) -> Any:
        opened.append(path)
        return read_lines(path, skip)

    return reading


def test_a_grown_sub_agent_log_makes_its_session_be_read_again(home: Path, capsys: Capture) -> None:
    write_session(home, [human(0)])
    scan(capsys)
    write_agent(home, "a1", [{**human(1), "isSidechain": True}])
    assert scan(capsys)["read"] == 1
    assert listed(capsys)[SESSION]["parallelism"]["total_sub_agents"] == 1


def test_older_agent_logs_are_not_opened_again_either(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_session(home, [human(0)])
    write(project(home) / "agent-1.jsonl", [{**human(1), "isSidechain": True}])
    scan(capsys)
    monkeypatch.setattr("shared.transcripts.claude.layout.read_lines", None)
    assert scan(capsys)["read"] == 0


def test_files_that_bear_one_session_id_are_one_session(home: Path, capsys: Capture) -> None:
    shared_line = human(0)
    write_session(home, [shared_line, assistant(1, "m1", [call("t1")])])
    scan(capsys)
    write(project(home) / "resumed.jsonl", [shared_line, human(5), assistant(6, "m2", [call("t2")])])
    scan(capsys)
    for _ in range(2):
        found = listed(capsys)
        assert list(found) == [SESSION]
        assert (found[SESSION]["total_human_messages"], found[SESSION]["total_tool_calls"]) == (2, 2)
        assert scan(capsys)["read"] == 0


def test_logs_that_are_gone_keep_their_scores(home: Path, capsys: Capture) -> None:
    path = write_session(home, [human(0)])
    scan(capsys)
    path.unlink()
    assert scan(capsys)["sessions"] == 1
    assert SESSION in listed(capsys)


def test_skipped_lines_are_counted_and_verbose_says_where(home: Path, capsys: Capture) -> None:
    path = write_session(home, [human(0), b"{broken", b"[]"])
    scan_command.run(since=None, project=None, tools=[], force=False, verbose=True, json=False)
    shown = capsys.readouterr().out
    assert "2 lines skipped in 1 file" in shown
    assert f"{path}:2: no JSON object" in shown and f"{path}:3:" in shown


def test_a_defect_of_a_reader_costs_one_session_and_is_told(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("good", "bad"):
        write(project(home) / f"{name}.jsonl", [{**human(0), "sessionId": name}])
    monkeypatch.setattr(work, "record_of", lambda session: 1 / 0 if session.id == "bad" else record_of(session))
    found = scan(capsys)
    assert found["sessions"] == 1
    assert [failure["reason"] for failure in found["failures"]] == ["ZeroDivisionError while reading"]
    monkeypatch.setattr(work, "record_of", record_of)
    assert scan(capsys)["read"] == 1


def test_an_interruption_loses_only_what_was_not_read_yet(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        write(project(home) / f"s{number}.jsonl", [{**human(0), "sessionId": f"s{number}"}])
    read = []

    def interrupted(session: Any) -> Any:
        read.append(session.id)
        if len(read) == 4:
            raise KeyboardInterrupt
        return record_of(session)

    monkeypatch.setattr(work, "record_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scan_command.run(since=None, project=None, tools=[], force=False, verbose=False, json=False)
    monkeypatch.setattr(work, "record_of", record_of)
    assert sorted(listed(capsys)) == sorted(read[:3])
    assert scan(capsys)["read"] == 3


def test_since_and_project_narrow_what_is_read(home: Path, capsys: Capture) -> None:
    for name, age in (("old", 10 * 86400), ("new", 0)):
        path = write(project(home) / f"{name}.jsonl", [{**human(0), "sessionId": name, "cwd": f"/w/{name}"}])
        os.utime(path, (time.time() - age, time.time() - age))
    assert scan(capsys, since="7d")["read"] == 1
    assert set(listed(capsys)) == {"new"}
    assert scan(capsys, project="NOTHING")["read"] == 0
    assert scan(capsys, project="/w/OLD")["read"] == 1
    with pytest.raises(UsageError):
        scan(capsys, since="yesterday-ish")
    with pytest.raises(UsageError):
        scan(capsys, tools=["emacs"])


def test_a_broken_ledger_is_kept_aside_and_begun_anew(home: Path, capsys: Capture) -> None:
    write_session(home, [human(0)])
    scan(capsys)
    for beside in paths.metrics_database().parent.glob("metrics.db-*"):
        beside.unlink()
    paths.metrics_database().write_bytes(b"this is no database" * 400)
    scan_command.run(since=None, project=None, tools=[], force=False, verbose=False, json=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["read"] == 1 and "kept as metrics.db.corrupt-" in said.err
    assert len(list(paths.metrics_database().parent.glob("metrics.db.corrupt-*"))) == 1


def test_the_ledger_is_private_and_a_newer_one_is_refused(home: Path, capsys: Capture) -> None:
    write_session(home, [human(0)])
    scan(capsys)
    database = paths.metrics_database()
    assert database.stat().st_mode & 0o777 == 0o600 and database.parent.stat().st_mode & 0o777 == 0o700
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Exception, match="newer version"), ledger.opened():
        pass


def test_a_log_whose_name_is_not_utf_8_is_a_session_like_any_other(home: Path, capsys: Capture) -> None:
    folder = os.fsencode(project(home))
    os.makedirs(folder)
    for name, line in ((b"told-\xff", {**human(0), "sessionId": "told"}), (b"untold-\xff", human(0))):
        line = {key: value for key, value in line.items() if key != "sessionId" or value == "told"}
        Path(os.fsdecode(folder + b"/" + name + b".jsonl")).write_text(json.dumps(line) + "\n[]\n")
    found = scan(capsys)
    assert (found["read"], found["sessions"], found["failures"]) == (2, 2, [])
    assert set(listed(capsys)) == {"told", "untold-\\xff"}
    assert scan(capsys)["read"] == 0


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Tokyo"])
def test_a_time_no_clock_can_mean_costs_only_itself(
    home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    for impossible in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.000Z"):
        for name in (impossible[:4], f"all-{impossible[:4]}"):
            lines = [human(0), assistant(1, "m1", [call("t1")]), assistant(9, "m2", [call("t2")])]
            odd = {**assistant(5, "m3", [call("t3")]), "timestamp": impossible}
            kept = [odd] if name.startswith("all") else [*lines, odd]
            write(project(home) / f"{name}.jsonl", [{**line, "sessionId": name} for line in kept])
    assert scan(capsys)["sessions"] == 6
    found = listed(capsys)
    assert {found[name]["session_duration_minutes"] for name in ("0001", "9999", "1969")} == {9.0}
    assert {found[name]["total_tool_calls"] for name in ("0001", "9999", "1969")} == {3}
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        list_command.run(since=None, project=None, tools=[], limit=0, json=False)
        assert capsys.readouterr().out.count("all-") == 3
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
