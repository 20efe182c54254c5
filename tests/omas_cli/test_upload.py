"""`omas upload` and its queue: what each answer of a server means, and that nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omas_cli.commands import queue as queue_command
from omas_cli.commands import scan, upload
from omas_cli.server import Target
from omas_cli.upload import sender
from omas_cli.upload.queue import QueueFile, instant_text
from shared import credentials, durable, paths
from shared.errors import NotAuthorisedError, OmaError, QueuedError
from tests.omas_cli.fake_server import DROP_AFTER_STORING, RESET, Answer, FakeServer
from tests.shared.transcripts.claude_lines import assistant, call, human, project, result, text, write

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def server(home: Path) -> Iterator[FakeServer]:
    with FakeServer() as running:
        credentials.write("omas", Target(running.url).credential, "secret-key")
        yield running


def sessions(home: Path, count: int) -> list[str]:
    """`count` finished, qualified sessions in the ledger; their ids."""
    ids = [f"session-{number:03d}" for number in range(count)]
    for session_id in ids:
        lines = [human(0)] + [assistant(n / 2, f"m{n}", [call(f"t{n}")]) for n in range(1, 13)]
        path = write(project(home) / f"{session_id}.jsonl", [{**line, "sessionId": session_id} for line in lines])
        os.utime(path, (time.time() - 7200,) * 2)
    scan.run(since=None, project=None, tools=[], force=False, verbose=False, json=False)
    return ids


def send(server: FakeServer | str, **options: bool) -> int:
    flags = {"dry_run": False, "retry_only": False, "quiet": True, "include_active": False, **options}
    return upload.run(server_url=server if isinstance(server, str) else server.url, **flags)


def raw_queue() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(paths.upload_queue().read_text())
    return found


def make_due() -> None:
    """As if the time to wait had passed."""
    with QueueFile().changing() as queue:
        queue.paused_until = None
        for entry in queue.pending:
            entry.next_attempt_at = instant_text(datetime.now(UTC) - timedelta(seconds=1))


def test_every_qualified_finished_session_is_sent_once(home: Path, server: FakeServer) -> None:
    ids = sessions(home, 3)
    assert send(server) == 0
    assert sorted(server.stored) == ids
    assert send(server) == 0
    assert len(server.uploads) == 1
    assert raw_queue()["pending"] == [] and raw_queue()["last_sync"].endswith("Z")


def test_the_request_is_the_seeds(home: Path, server: FakeServer) -> None:
    sessions(home, 1)
    send(server)
    [(method, path, headers, body)] = server.requests
    assert (method, path) == ("POST", "/api/v1/metrics/upload")
    assert headers["authorization"] == "Bearer secret-key"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("omas-cli/")
    [sent] = json.loads(body)["sessions"]
    assert list(sent) == [
        "session_id", "project_hash", "timestamp", "thread_type", "session_duration_minutes", "total_tool_calls",
        "total_human_messages", "parallelism", "autonomy", "density", "trust", "overall_score",
    ]  # fmt: skip
    assert sent["timestamp"] == "2026-03-01T10:00:00Z" and sent["thread_type"] == "Z"
    assert sent["project_hash"].startswith("sha256:") and len(sent["project_hash"]) == 71


def test_dry_run_prints_the_exact_bytes_and_sends_nothing(home: Path, server: FakeServer) -> None:
    sessions(home, 2)
    argv = [sys.executable, "-m", "omas_cli.main", "upload", "--server", server.url]
    shown = subprocess.run([*argv, "--dry-run"], capture_output=True, check=True).stdout
    assert server.requests == [] and not paths.upload_queue().exists()
    send(server)
    assert shown == server.requests[0][3] + b"\n"


def test_nothing_but_the_seeds_fields_leaves_the_machine(home: Path, server: FakeServer) -> None:
    canary = "CANARY"
    lines = [human(0, f"prompt {canary}", cwd=f"/home/{canary}/secret", gitBranch=canary)]
    for number in range(1, 13):
        asked = call(f"t{number}", "Write", file_path=f"/{canary}", content=canary)
        lines.append(assistant(number, f"m{number}", [text(canary), asked], model=canary))
        lines.append(result(number + 0.5, f"t{number}", content=canary, toolUseResult={"stdout": canary}))
    path = write(project(home) / "s1.jsonl", [{**line, "sessionId": "s1"} for line in lines])
    os.utime(path, (0, 0))
    scan.run(since=None, project=None, tools=[], force=False, verbose=False, json=False)
    assert send(server) == 0
    assert list(server.stored) == ["s1"]
    assert canary.encode() not in server.requests[0][3]
    assert canary not in json.dumps(server.requests[0][2])
    assert canary not in paths.upload_queue().read_text()


def test_sessions_still_written_to_and_small_ones_are_not_sent(home: Path, server: FakeServer) -> None:
    ids = sessions(home, 1)
    os.utime(project(home) / f"{ids[0]}.jsonl")
    write(project(home) / "tiny.jsonl", [{**human(0), "sessionId": "tiny"}])
    scan.run(since=None, project=None, tools=[], force=False, verbose=False, json=False)
    assert send(server) == 0 and server.uploads == []
    assert send(server, include_active=True) == 0
    assert list(server.stored) == ids


def test_batches_hold_at_most_200_sessions(home: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sender.BATCH == 200
    monkeypatch.setattr(sender, "BATCH", 2)
    ids = sessions(home, 5)
    assert send(server) == 0
    assert [len(found) for found in server.uploads] == [2, 2, 1] and sorted(server.stored) == ids


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_failing_server_costs_an_attempt_and_the_session_waits(home: Path, server: FakeServer, status: int) -> None:
    sessions(home, 1)
    server.script = lambda _: Answer(status, b"<html>")
    with pytest.raises(QueuedError):
        send(server)
    [entry] = raw_queue()["pending"]
    assert entry["attempts"] == 1 and str(status) in entry["last_error"]
    assert datetime.fromisoformat(entry["next_attempt_at"]) > datetime.now(UTC)
    server.script = None
    assert send(server) == 0 and len(server.uploads) == 1
    make_due()
    assert send(server) == 0 and len(server.stored) == 1


def test_after_five_attempts_a_session_is_parked_and_not_sent_again(home: Path, server: FakeServer) -> None:
    ids = sessions(home, 1)
    server.script = lambda _: Answer(500, {"error": "boom"})
    for _ in range(4):
        with pytest.raises(QueuedError):
            send(server)
        make_due()
    with pytest.raises(OmaError) as failure:
        send(server)
    assert failure.value.exit_code == 1
    assert [entry["session"]["session_id"] for entry in raw_queue()["parked"]] == ids
    make_due()
    assert send(server) == 0 and len(server.uploads) == 5
    server.script = None
    queue_command.retry(session_id=None, everything=True)
    assert send(server) == 0 and list(server.stored) == ids


def test_a_refused_connection_costs_no_attempt(home: Path, server: FakeServer) -> None:
    sessions(home, 2)
    server.close()
    with pytest.raises(QueuedError, match=r"to be retried: .* cannot be reached: Connection refused\.$") as failure:
        send(server)
    assert failure.value.exit_code == 75
    assert [entry["attempts"] for entry in raw_queue()["pending"]] == [0, 0]


@pytest.mark.parametrize("fault", [DROP_AFTER_STORING, RESET])
def test_a_lost_answer_costs_an_attempt_and_doubles_nothing(home: Path, server: FakeServer, fault: str) -> None:
    ids = sessions(home, 2)
    faults = [fault]
    server.script = lambda _: faults.pop() if faults else None
    with pytest.raises(QueuedError):
        send(server)
    assert [entry["attempts"] for entry in raw_queue()["pending"]] == [1, 1]
    make_due()
    assert send(server) == 0
    assert sorted(server.stored) == ids and raw_queue()["pending"] == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_keeps_all_and_costs_no_attempt(home: Path, server: FakeServer, status: int) -> None:
    sessions(home, 2)
    server.script = lambda _: Answer(status, {"error": "expired"})
    with pytest.raises(NotAuthorisedError) as failure:
        send(server)
    assert failure.value.exit_code == 77 and "expired" in failure.value.message
    assert [entry["attempts"] for entry in raw_queue()["pending"]] == [0, 0]
    server.script = None
    assert send(server) == 0 and len(server.stored) == 2


def test_without_a_key_nothing_is_asked_of_the_server(home: Path, server: FakeServer) -> None:
    sessions(home, 1)
    credentials.delete("omas", Target(server.url).credential)
    with pytest.raises(NotAuthorisedError):
        send(server)
    assert server.requests == []


@pytest.mark.parametrize("status", [422, 400, 413])
def test_a_refused_batch_is_split_until_the_bad_session_is_alone(home: Path, server: FakeServer, status: int) -> None:
    ids = sessions(home, 7)
    bad = ids[4]

    def refuse(sent: list[dict[str, Any]]) -> Answer | None:
        return Answer(status, {"error": "bad score"}) if bad in [s["session_id"] for s in sent] else None

    server.script = refuse
    with pytest.raises(OmaError) as failure:
        send(server)
    assert failure.value.exit_code == 1
    assert sorted(server.stored) == [session_id for session_id in ids if session_id != bad]
    [parked] = raw_queue()["parked"]
    assert (parked["session"]["session_id"], parked["attempts"], parked["last_error"]) == (bad, 1, "bad score")
    assert raw_queue()["pending"] == []


def test_a_duplicate_is_done(home: Path, server: FakeServer) -> None:
    sessions(home, 1)
    server.script = lambda _: Answer(409, b"already uploaded")
    assert send(server) == 0
    assert raw_queue()["pending"] == [] and send(server) == 0 and len(server.uploads) == 1


def test_a_conflict_that_knows_only_some_of_a_batch_loses_none(home: Path, server: FakeServer) -> None:
    ids = sessions(home, 3)
    server.stored[ids[1]] = {}

    def strict(sent: list[dict[str, Any]]) -> Answer | None:
        known = sum(session["session_id"] in server.stored for session in sent)
        return Answer(409, {"accepted": 0, "duplicates": known}) if known else None

    server.script = strict
    assert send(server) == 0 and sorted(server.stored) == ids


@pytest.mark.parametrize("header", ["120", "date"])
def test_too_many_requests_waits_as_long_as_told_and_costs_no_attempt(
    home: Path, server: FakeServer, header: str
) -> None:
    sessions(home, 3)
    until = datetime.now(UTC) + timedelta(seconds=120)
    value = until.strftime("%a, %d %b %Y %H:%M:%S GMT") if header == "date" else header
    server.script = lambda _: Answer(429, {"error": "slow down"}, Retry_After=value)
    with pytest.raises(QueuedError):
        send(server)
    for entry in raw_queue()["pending"]:
        assert entry["attempts"] == 0
        assert abs(datetime.fromisoformat(entry["next_attempt_at"]) - until) < timedelta(seconds=5)
    server.script = None
    sessions(home, 5)
    with pytest.raises(QueuedError):
        send(server)
    assert len(server.uploads) == 1, "a session that is new must wait as well"
    make_due()
    assert send(server) == 0 and len(server.stored) == 5


def test_a_page_that_is_no_answer_of_the_service_stores_nothing(home: Path, server: FakeServer) -> None:
    sessions(home, 1)
    server.script = lambda _: Answer(200, b"<html>Welcome to the hotel</html>")
    with pytest.raises(QueuedError):
        send(server)
    assert len(raw_queue()["pending"]) == 1
    server.script = lambda _: Answer(404, {"error": "no such page"})
    make_due()
    with pytest.raises(OmaError, match="no OMAS server"):
        send(server)
    assert raw_queue()["pending"][0]["attempts"] == 1


def test_failed_sessions_go_first_and_retry_only_sends_nothing_else(home: Path, server: FakeServer) -> None:
    first = sessions(home, 2)
    server.script = lambda _: Answer(500)
    with pytest.raises(QueuedError):
        send(server)
    server.script = None
    every = sessions(home, 4)
    make_due()
    assert send(server, retry_only=True) == 0
    assert sorted(server.stored) == first
    assert send(server) == 0 and sorted(server.stored) == every


def test_a_session_that_grew_while_it_waited_is_sent_as_it_is_now(home: Path, server: FakeServer) -> None:
    [session_id] = sessions(home, 1)
    server.script = lambda _: Answer(500)
    with pytest.raises(QueuedError):
        send(server)
    path = project(home) / f"{session_id}.jsonl"
    path.write_bytes(path.read_bytes() + json.dumps({**human(30), "sessionId": session_id}).encode() + b"\n")
    os.utime(path, (time.time() - 4000,) * 2)
    scan.run(since=None, project=None, tools=[], force=False, verbose=False, json=False)
    server.script = None
    make_due()
    send(server)
    assert server.stored[session_id]["total_human_messages"] == 2


def test_a_killed_fifth_attempt_is_not_followed_by_a_sixth(home: Path, server: FakeServer) -> None:
    sessions(home, 1)
    server.script = lambda _: Answer(500)
    with pytest.raises(QueuedError):
        send(server)
    with QueueFile().changing() as queue:
        queue.pending[0].attempts = sender.MOST_ATTEMPTS
    make_due()
    with pytest.raises(OmaError):
        send(server)
    assert len(server.uploads) == 1 and len(raw_queue()["parked"]) == 1


def test_of_two_uploads_at_once_one_works_and_the_other_leaves(home: Path, server: FakeServer, capsys: Capture) -> None:
    sessions(home, 1)
    with QueueFile().working() as got:
        assert got
        assert send(server) == 0
    assert "Another" in capsys.readouterr().err and server.requests == []


NO_QUEUES = [b"{torn", b"[]", b"null", b'{"version": 1, "pending": [7]}', b'{"version": 1, "pending": {}}']


@pytest.mark.parametrize("body", NO_QUEUES)
def test_a_queue_that_cannot_be_read_is_kept_aside(
    home: Path, server: FakeServer, body: bytes, capsys: Capture
) -> None:
    ids = sessions(home, 1)
    durable.write_atomic(paths.upload_queue(), body)
    assert send(server) == 0
    assert "kept as upload_queue.json.corrupt-" in capsys.readouterr().err
    [aside] = paths.upload_queue().parent.glob("upload_queue.json.corrupt-*")
    assert aside.read_bytes() == body and list(server.stored) == ids


def test_a_dropped_session_is_not_sent_by_later_runs(home: Path, server: FakeServer, capsys: Capture) -> None:
    ids = sessions(home, 2)
    server.script = lambda _: Answer(500)
    with pytest.raises(QueuedError):
        send(server)
    capsys.readouterr()
    queue_command.show(json=True)
    assert sorted(entry["session_id"] for entry in json.loads(capsys.readouterr().out)["pending"]) == ids
    queue_command.drop(session_id=ids[0], everything=False, dry_run=True)
    assert len(raw_queue()["pending"]) == 2
    queue_command.drop(session_id=ids[0], everything=False, dry_run=False)
    server.script = None
    make_due()
    assert send(server) == 0 and list(server.stored) == ids[1:]


def test_a_kill_during_a_request_costs_one_attempt_and_loses_nothing(home: Path, server: FakeServer) -> None:
    ids = sessions(home, 2)
    argv = [sys.executable, "-m", "omas_cli.main", "upload", "--server", server.url]
    process: list[subprocess.Popen[bytes]] = []

    def kill(_: list[dict[str, Any]]) -> str:
        process[0].kill()
        return DROP_AFTER_STORING

    server.script = kill
    process.append(subprocess.Popen(argv, stderr=subprocess.DEVNULL))
    assert process[0].wait(timeout=20) == -9
    assert [entry["attempts"] for entry in raw_queue()["pending"]] == [1, 1]
    server.script = None
    make_due()
    assert send(server) == 0
    assert sorted(server.stored) == ids and raw_queue()["pending"] == []
