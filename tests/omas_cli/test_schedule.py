"""`omas schedule`: one marked line in the crontab, every other byte as it was; and what cron then runs."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omas_cli import crontab
from omas_cli.commands import schedule
from omas_cli.server import Target
from omas_cli.upload.queue import QueueFile
from shared import credentials, durable, paths
from shared.errors import QueuedError
from tests.omas_cli.fake_server import Answer, FakeServer
from tests.omas_cli.test_upload import make_due, send, sessions

OWN = b'# mine\nMAILTO=""\n0 5 * * * backup --rate 100\\%\n\n*/5 * * * * true'
# What `crontab` does with the user's table, on a file beside it.
PROGRAM = """#!/bin/sh
table="$(dirname "$0")/table"
case "$1" in
-l) test -f "$table" || { echo "no crontab for ada" >&2; exit 1; }; cat "$table" ;;
-r) rm "$table" ;;
-) cat > "$table" ;;
esac
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    yield program.with_name("table")


def test_install_adds_one_line_and_remove_gives_every_byte_back(table: Path) -> None:
    table.write_bytes(OWN + b"\n")
    assert schedule.status(json=False) == 1
    schedule.install(dry_run=False)
    schedule.install(dry_run=False)
    lines = table.read_bytes().splitlines()
    assert table.read_bytes().startswith(OWN + b"\n") and len(lines) == 6
    assert lines[-1].endswith(crontab.MARK.encode())
    assert schedule.status(json=False) == 0
    schedule.remove(dry_run=False)
    assert table.read_bytes() == OWN + b"\n"


def test_a_table_that_was_not_there_is_not_there_afterwards(table: Path) -> None:
    schedule.install(dry_run=False)
    assert table.exists()
    schedule.remove(dry_run=False)
    assert not table.exists()


def test_a_last_line_without_an_end_is_kept_whole(table: Path) -> None:
    table.write_bytes(OWN)
    schedule.install(dry_run=False)
    assert table.read_bytes().startswith(OWN + b"\n")


def test_dry_runs_change_nothing(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table.write_bytes(OWN)
    schedule.install(dry_run=True)
    assert "upload --retry-only --quiet" in capsys.readouterr().out
    assert table.read_bytes() == OWN


def test_the_installed_command_run_as_cron_runs_it_sends_what_waits(
    home: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeServer() as server:
        monkeypatch.setenv("OMAS_API_URL", server.url)
        credentials.write("omas", Target(server.url).credential, "key")
        server_is_down = "http://127.0.0.1:9"
        credentials.write("omas", Target(server_is_down).credential, "key")
        ids = sessions(home, 2)
        with pytest.raises(Exception, match="kept"):
            send(server_is_down)
        make_due()
        schedule.install(dry_run=False)
        entry = table.read_text().strip()
        minute, *rest = entry.split(" ", 5)
        assert 0 <= int(minute) < 60 and rest[:4] == ["*"] * 4
        command = rest[4].removesuffix(crontab.MARK).replace(r"\%", "%")
        # cron starts commands by sh in the home, with next to no variables.
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=home, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, capture_output=True
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert sorted(server.stored) == ids
        assert QueueFile().read().pending == []


CRON_SECONDS = 70
# An empty spool and none of the machine's own jobs, in a mount namespace: the machine's cron never hears of it.
UNDER_CRON = """
set -e
mount -t tmpfs tmpfs /var/spool/cron
install -d -g crontab -m 1730 /var/spool/cron/crontabs
mount -t tmpfs tmpfs /run
mkdir "$0/none"; : > "$0/crontab"
mount --bind "$0/none" /etc/cron.d
mount --bind "$0/crontab" /etc/crontab
"$1" -P -m omas_cli schedule install
crontab -l | sed 's/^[0-9]* /* /' | crontab -
exec cron -f
"""


def test_a_real_cron_runs_what_was_installed_and_the_waiting_uploads_arrive(home: Path, tmp_path: Path) -> None:
    if os.getuid() or not shutil.which("cron") or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("NOT TESTED with a real cron daemon: it needs root and cron (Debian: apt-get install cron)")
    with FakeServer(lambda _sessions: Answer(503)) as server:
        durable.write_atomic(paths.config_file("omas"), f'[server]\nurl = "{server.url}"\n')
        credentials.write("omas", Target(server.url).credential, "key")
        ids = sessions(home, 2)
        with pytest.raises(QueuedError):
            send(server.url)
        make_due()
        server.script = None
        argv = ["unshare", "--mount", "sh", "-c", UNDER_CRON, str(tmp_path), sys.executable]
        cron = subprocess.Popen(argv, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + CRON_SECONDS
            while sorted(server.stored) != ids:
                assert cron.poll() is None, cron.stderr and cron.stderr.read()
                assert time.monotonic() < deadline, "cron did not run the line"
                time.sleep(0.2)
        finally:
            os.killpg(cron.pid, signal.SIGTERM)
            cron.communicate()
    assert QueueFile().read().pending == []


def test_places_with_odd_characters_survive_cron(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "/tmp/a b%c'd"
    monkeypatch.setenv("OMA_HOME", odd)
    entry = crontab.line()
    assert "%" not in entry.replace(r"\%", "")
    assert f"OMA_HOME={odd}" in shlex.split(entry.replace(r"\%", "%"))
