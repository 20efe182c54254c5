"""Scans beside each other, and scans that are killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omas_cli import ledger
from shared import paths
from shared.errors import OmaError
from tests.shared.transcripts.claude_lines import human, project, write

OMAS = Path(sys.executable).with_name("omas")


@pytest.fixture
def logs(home: Path) -> int:
    for number in range(8):
        write(project(home) / f"s{number}.jsonl", [{**human(0), "sessionId": f"s{number}"}])
    return 8


@pytest.mark.parametrize("damaged", [False, True])
def test_scans_that_make_the_ledger_at_once_all_succeed(logs: int, damaged: bool) -> None:
    database = paths.metrics_database()
    for _ in range(3):
        for old in database.parent.glob("metrics.db*"):
            old.unlink()
        if damaged:
            database.parent.mkdir(parents=True, exist_ok=True)
            database.write_bytes(b"no database" * 900)
        begun = [
            subprocess.Popen([OMAS, "scan", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)
        ]
        for process in begun:
            out, err = process.communicate()
            assert process.returncode == 0, err
            assert json.loads(out)["sessions"] == logs
        assert len(list(database.parent.glob("metrics.db.corrupt-*"))) == damaged


def test_a_ledger_damaged_further_in_is_kept_aside_and_told(logs: int) -> None:
    subprocess.run([OMAS, "scan"], check=True, capture_output=True)
    database = paths.metrics_database()
    sound = database.read_bytes()
    database.write_bytes(sound[:4096] + b"\xa5" * (len(sound) - 4096))
    with pytest.raises(OmaError, match="damaged"), ledger.opened() as book:
        book.sessions()
    assert not database.exists() and list(database.parent.glob("metrics.db.corrupt-*"))
    subprocess.run([OMAS, "scan"], check=True, capture_output=True)
    with ledger.opened() as book:
        assert book.count() == logs


@pytest.mark.parametrize("statement", ["INSERT INTO settled VALUES (NULL, '', '', 0)", "SELECT ?"])
def test_a_statement_that_fails_never_costs_the_ledger(logs: int, statement: str) -> None:
    subprocess.run([OMAS, "scan"], check=True, capture_output=True)
    with pytest.raises(sqlite3.DatabaseError), ledger.opened() as book:
        book._connection.execute(statement)
    with ledger.opened() as book:
        assert book.count() == logs
    assert not list(paths.metrics_database().parent.glob("*.corrupt-*"))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_scan_that_is_killed(logs: int, end: signal.Signals, tmp_path: Path) -> None:
    program = (
        "import os, time\n"
        "from pathlib import Path\n"
        "from omas_cli.scan import work\n"
        "def sleep(source):\n"
        f"    Path({str(tmp_path)!r}, str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
        "work.PARALLEL_BYTES, work.outcome_of = 0, sleep\n"
        "from omas_cli.commands import scan\n"
        "scan._processes = lambda: 2\n"
        "scan.run(since=None, project=None, tools=(), force=False, verbose=False, json=False)\n"
    )
    scan = subprocess.Popen([sys.executable, "-c", program])
    workers = _appeared(tmp_path, 2)
    scan.send_signal(end)
    scan.wait()
    deadline = time.monotonic() + 20
    while any(_is_alive(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _appeared(folder: Path, count: int) -> list[int]:
    deadline = time.monotonic() + 20
    while len(found := list(folder.iterdir())) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return [int(path.name) for path in found]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_scan_waits_for_one_that_is_writing(logs: int) -> None:
    subprocess.run([OMAS, "scan"], check=True, capture_output=True)
    with sqlite3.connect(paths.metrics_database(), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = subprocess.Popen([OMAS, "scan", "--force", "--json"], stdout=subprocess.PIPE)
        time.sleep(0.5)
        assert waiting.poll() is None
        other.execute("COMMIT")
        out, _ = waiting.communicate(timeout=30)
    other.close()
    assert json.loads(out)["read"] == logs
