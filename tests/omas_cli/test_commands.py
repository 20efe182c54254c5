"""The other verbs, run as programs; most need no network at all."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from omas_cli import concurrency, payload
from omas_cli.ledger import opened
from shared import durable, paths
from shared.wire.metrics import UploadRequest, as_sent
from tests.daemon import Daemon
from tests.omas_cli import corpus
from tests.omas_cli.fake_server import FakeServer
from tests.shared.transcripts.claude_lines import assistant, call, human, project, write


def omas(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "omas_cli.main", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, input=given)


def data(*arguments: str) -> Any:
    done = omas(*arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    manifest = corpus.make(monkeypatch, tmp_path / "c", sessions=25, mb=2, seed="commands")
    assert omas("scan").returncode == 0
    return manifest


def test_reading_needs_no_logs_no_login_and_no_network(home: Path) -> None:
    for verb in (
        ["scan"],
        ["report"],
        ["list"],
        ["queue", "list"],
        ["privacy", "show"],
        ["doctor"],
        ["config", "show"],
    ):
        done = omas(*verb)
        assert done.returncode == 0, (verb, done.stderr)


def test_list_and_show_give_the_seeds_object_plus_local(scanned: dict[str, Any]) -> None:
    sessions = data("list", "--json")["sessions"]
    assert {session["session_id"] for session in sessions} == set(scanned)
    for session in sessions:
        local = session.pop("local")
        assert {"tool", "model", "tokens", "concurrent_sessions", "qualified", "skipped_lines"} <= set(local)
        [checked] = UploadRequest.model_validate({"sessions": [session]}).sessions
        assert as_sent(checked) == session
    one = sessions[0]["session_id"]
    assert data("show", one[:12], "--json")["session_id"] == one
    assert one in omas("show", one).stdout


def test_an_unknown_or_ambiguous_session_is_said_so(scanned: dict[str, Any]) -> None:
    missing = omas("show", "nothing-like-it")
    assert (missing.returncode, missing.stdout) == (1, "") and "no session" in missing.stderr
    assert omas("show", "").returncode == 1
    first = sorted(scanned)[0][0]
    if sum(name.startswith(first) for name in scanned) > 1:
        assert omas("show", first).returncode == 2


def test_report_adds_up_the_qualified_sessions(scanned: dict[str, Any]) -> None:
    report = data("report", "--json")
    sessions = data("list", "--json")["sessions"]
    counted = [session for session in sessions if session["local"]["qualified"]]
    assert (report["sessions"], report["qualified"]) == (len(sessions), len(counted))
    assert sum(report["thread_types"].values()) == len(counted)
    scores = [session["overall_score"] for session in counted]
    assert min(scores) <= report["weighted_score"] <= max(scores)
    shown = omas("report").stdout
    assert f"composite rank {report['composite_rank']:.2f}" in shown and "more at once" in shown
    assert "\x1b" not in shown


def test_project_tool_and_since_narrow_the_list(scanned: dict[str, Any]) -> None:
    wanted = {name for name, entry in scanned.items() if "/srv/mono" in entry["cwd"]}
    assert {s["session_id"] for s in data("list", "--json", "--project", "/SRV/mono")["sessions"]} == wanted
    assert data("list", "--json", "--since", "2099-01-01")["sessions"] == []
    assert len(data("list", "--json", "--tool", "claude")["sessions"]) == len(scanned)


def test_concurrent_sessions_is_the_peak_over_the_whole_ledger(scanned: dict[str, Any]) -> None:
    with opened() as book:
        records = book.sessions()
    peaks = concurrency.peaks(records)
    for record in records:
        inside = [r.started_ms for r in records if record.started_ms <= r.started_ms <= record.ended_ms]
        counts = [sum(r.started_ms <= at <= r.ended_ms for r in records) for at in inside]
        assert peaks[record.tool, record.id] == max(counts)


def test_the_salt_is_made_once_private_and_hashes_as_documented(home: Path) -> None:
    first, second = data("privacy", "show", "--json"), data("privacy", "show", "--json")
    assert first["salt"] == second["salt"] and len(first["salt"]) == 32
    assert paths.salt_file().stat().st_mode & 0o777 == 0o600
    shown = first["example"]
    assert shown["project_hash"] == payload.project_hash(first["salt"], shown["path"])
    known = "b90bad5c117927ade12f20239bcc9f29d62c041279d7ddbc073df8104f59fd62"
    assert payload.project_hash("0" * 32, "/repo") == f"sha256:{known}"
    paths.salt_file().write_text("not a salt")
    assert omas("privacy", "show").returncode == 78


def test_login_by_key_verifies_keeps_the_key_private_and_chooses_the_server(home: Path) -> None:
    with FakeServer() as server:
        done = omas("auth", "login", "--server", server.url, "--token-stdin", given="the-key\n")
        assert done.returncode == 0 and "as ada" in done.stderr
        assert server.requests[0][1] == "/api/v1/auth/verify"
        assert server.requests[0][2]["authorization"] == "Bearer the-key"
        assert paths.credentials_file("omas").stat().st_mode & 0o777 == 0o600
        assert data("auth", "status", "--json") == {
            "server": server.url, "logged_in": True, "username": "ada", "provider": "github",
        }  # fmt: skip
        assert omas("auth", "logout").returncode == 0
        assert omas("auth", "status").returncode == 77


def test_a_key_is_never_sent_to_another_server_than_its_own(home: Path) -> None:
    with FakeServer() as mine, FakeServer() as other:
        omas("auth", "login", "--server", mine.url, "--token-stdin", given="the-key\n")
        assert omas("me", "--server", other.url).returncode == 77
        assert other.requests == []


def test_login_without_a_key_or_to_no_address_is_a_usage_error(home: Path) -> None:
    assert omas("auth", "login", "--server", "ftp://x", "--token-stdin", given="k\n").returncode == 2
    assert omas("auth", "login", "--local", "--server", "http://x").returncode == 2
    assert omas("auth", "login", "--server", "http://127.0.0.1:9", "--token-stdin", given="\n").returncode == 2
    assert omas("auth", "login", "--server", "http://127.0.0.1:9", "--token-stdin", given="k\n").returncode == 69


def test_from_log_to_the_local_daemon_and_back(daemon: Daemon, home: Path) -> None:
    lines = [human(0)] + [assistant(n, f"m{n}", [call(f"t{n}")]) for n in range(1, 13)]
    path = write(project(home) / "s1.jsonl", [{**line, "sessionId": "s1"} for line in lines])
    os.utime(path, (time.time() - 7200,) * 2)
    assert omas("scan").returncode == 0
    assert omas("auth", "login", "--local").returncode == 0
    sent = omas("upload")
    assert sent.returncode == 0 and "1 session stored" in sent.stderr
    me = data("me", "--json")
    assert (me["username"], me["total_sessions"]) == ("local", 1)
    assert re.search(r"^s1 +\d{4}-\d\d-\d\d \d\d:\d\d ", omas("me").stdout, re.MULTILINE)
    [kept] = me["sessions"]
    [own] = data("list", "--json")["sessions"]
    own.pop("local")
    assert kept == own
    assert data("leaderboard", "--json")["entries"] == []
    assert omas("leaderboard", "join").returncode == 0
    [entry] = data("leaderboard", "--period", "all", "--json")["entries"]
    assert (entry["rank"], entry["username"], entry["sessions"]) == (1, "local", 1)
    assert omas("leaderboard", "leave").returncode == 0
    assert data("leaderboard", "--json")["entries"] == []
    assert omas("me", "--delete").returncode == 2
    assert "DELETE" in omas("me", "--delete", "--dry-run").stdout
    assert omas("me", "--delete", "--yes").returncode == 0
    assert data("me", "--json")["sessions"] == []
    assert omas("upload").returncode == 0
    assert data("me", "--json")["total_sessions"] == 1


def test_doctor_names_a_fix_for_what_is_not_well(home: Path) -> None:
    done = omas("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["logs"]["outcome"] == "warning" and checks["login"]["fix"]
    durable.write_atomic(paths.config_file("omas"), "broken [")
    assert omas("doctor").returncode == 1
