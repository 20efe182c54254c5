"""The tour as a user takes it: the command in a pipe, in a terminal, interrupted – and what is left behind: nothing."""

from __future__ import annotations

import importlib
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from omar_daemon.store.engine import open_store
from omar_daemon.tour.demo_job import STORY_LINE, TASK
from shared import paths
from tests.backends.terminal import terminal
from tests.ports import free_port

TOUR = [sys.executable, "-P", "-m", "omar_daemon.main", "tour"]
DOWN = [sys.executable, "-P", "-m", "omar_daemon.main", "down"]
SECONDS = 30.0
pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def place(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files and a free port for the daemon, which is stopped afterwards."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("OMAR_PORT", str(free_port()))
    yield folder
    subprocess.run(DOWN, capture_output=True, timeout=30, check=False)


def take(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TOUR, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
    )


def rows_left() -> dict[str, int]:
    """What the tables of the daemon's database hold more than those of a new one."""
    if not paths.daemon_database().exists():
        return {}
    importlib.import_module("omar_daemon.app")  # with it every table is known
    new = paths.daemon_database().with_name("new.db")
    open_store("", new).close()
    fresh, found = row_counts(new), row_counts(paths.daemon_database())
    return {name: count - fresh[name] for name, count in found.items() if count != fresh[name]}


def row_counts(file: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        return {name: database.execute(f"select count(*) from {name}").fetchone()[0] for name in tables}


def sessions_left() -> list[str]:
    listed = subprocess.run(
        ["tmux", "-L", paths.tmux_socket(), "list-sessions", "-F", "#{session_name}"], capture_output=True, text=True
    )
    return [name for name in listed.stdout.split() if name.startswith("omar-agent-")]


def processes_left(place: Path) -> list[str]:
    """Command lines of processes that work in `place` or have it in their environment or arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes(), os.readlink(folder / "cwd")
        except OSError:
            continue
        if any("omar-tour-" in text and str(place) in text for text in (*map(os.fsdecode, told[:2]), told[2])):
            found.append(os.fsdecode(told[0]))
    return found


def assert_nothing_is_left(place: Path, home: Path) -> None:
    """Looked at for a while: a worker that started late must not bring anything back."""
    deadline = time.monotonic() + 10
    while processes_left(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_left(place) == []
    assert [path.name for path in place.iterdir() if path.name.startswith("omar-tour-")] == []
    assert rows_left() == {}
    assert sessions_left() == []
    assert not (home / "oma" / "oobo").exists()
    assert not (home / "oma" / "omas").exists()
    assert not (home / ".claude").exists()


def test_the_tour_tells_the_story_of_one_line_and_leaves_nothing_behind(place: Path, home: Path) -> None:
    begun = time.monotonic()
    done = take()
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < SECONDS
    told = dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
    assert STORY_LINE.strip() in told["line"]
    assert told["anchor"] == "agent: 16 of 16 added lines by AI, 100 %"
    assert "explicit: 13 tool calls" in told["session"]
    assert told["task"] == TASK
    assert re.search(r"overall \d\.\d\d, type Z", told["scores"])
    assert "\x1b" not in done.stdout + done.stderr
    assert "$ oobo install" in done.stderr
    assert os.environ["OMAR_PORT"] in done.stderr
    assert_nothing_is_left(place, home)


def test_json_is_one_document_and_the_users_own_sessions_are_counted_and_not_touched(place: Path, home: Path) -> None:
    log = home / ".claude" / "projects" / "-work-shop" / "11111111-2222-4333-8444-555555555555.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"type":"user","sessionId":"11111111-2222-4333-8444-555555555555"}\n')
    before = log.stat()
    done = take("--demo", "--json")
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    assert story["anchor"]["commit_hash"] == story["commit"]
    assert story["anchor"]["sessions"][0]["session_id"] == story["session"]["session_id"]
    assert story["session"]["total_tool_calls"] == 13
    assert (story["uploaded"], story["kept"], story["backend"]) == (1, None, "demo")
    assert len(story["steps"]) == 11
    assert any(command.startswith("omas upload") for step in story["steps"] for command in step["commands"])
    assert story["own_sessions"] == {"claude": 1}
    assert log.stat().st_mtime_ns == before.st_mtime_ns
    assert [path for path in (home / ".claude").rglob("*") if path.is_file()] == [log]


def test_keep_keeps_all_of_it_and_says_how_to_look_at_it(place: Path, home: Path) -> None:
    done = take("--demo", "--keep")
    assert done.returncode == 0, done.stderr
    (kept,) = place.glob("omar-tour-*")
    (repository,) = kept.glob("tour-*")
    assert STORY_LINE in (repository / "greeting.py").read_text().splitlines()
    assert sessions_left() == [f"omar-agent-{repository.name}"]
    assert {"anchors", "api_keys"} <= set(rows_left())
    pasted = re.findall(r"^  (cd|export|oobo|omas)( .*)$", done.stderr, re.MULTILINE)
    programs = 'oobo() { "$PYTHON" -P -m oobo_hooks.main "$@"; }; omas() { "$PYTHON" -P -m omas_cli.main "$@"; }'
    shown = subprocess.run(
        ["bash", "-ec", "\n".join([programs, *(first + rest for first, rest in pasted if "PATH=" not in rest)])],
        cwd=place, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("Say goodbye, too") == 2, "of `oobo show` and `oobo why`"
    (session,) = (kept / "claude").rglob("*.jsonl")
    assert f"\n{session.stem} " in shown.stdout, "`oobo sessions list` finds the session"
    assert f"\n{session.stem[:8]} " in shown.stdout, "`omas list` finds it"


def test_on_a_terminal_it_asks_before_it_uses_a_real_agent_and_shows_the_running_step(place: Path, home: Path) -> None:
    program = place / "bin" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec cat\n")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with terminal() as screen:
        screen.start(TOUR, {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"}, place)
        screen.wait_for(r"claude is installed. May it do .* \[y/N\]")
        screen.tmux("send-keys", "-t", "=agent:", "n", "Enter")
        screen.wait_for("omar's own demo agent")
        screen.wait_for("✓ The daemon runs")
        screen.wait_for("… ")
        assert "✗" not in screen.wait_for("✓ Scores uploaded")


INTERRUPTED = [
    (signal.SIGINT, "The daemon runs"),
    (signal.SIGTERM, "throw-away git"),
    (signal.SIGINT, "hook in the"),
    (signal.SIGTERM, "in tmux"),
    (signal.SIGINT, "and commits"),
    (signal.SIGHUP, "in tmux"),
    (signal.SIGTERM, "and asked back"),
]


@pytest.mark.parametrize(("sent", "after"), INTERRUPTED)
def test_interrupted_anywhere_it_puts_everything_away(
    place: Path, home: Path, sent: signal.Signals, after: str
) -> None:
    process = subprocess.Popen(
        [*TOUR, "--demo"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout and process.stderr
    assert any(after in line for line in process.stderr)
    time.sleep(random.random() * 0.4)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    shown, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    if after != "and asked back":
        assert (process.returncode, shown) == (130, "")
    assert_nothing_is_left(place, home)


def test_an_agent_that_ends_without_a_commit_ends_the_tour_with_one_sentence(place: Path, home: Path) -> None:
    wrapper = place / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        '#!/bin/sh\ncase "$*" in *"Say goodbye"*) pid=$PPID\n'
        '[ "$(cat /proc/$pid/comm)" = sh ] && pid=$(awk "/^PPid/{print \\$2}" /proc/$pid/status)\n'
        'kill -9 $pid; exit 1;; esac\nexec /usr/bin/git "$@"\n'
    )
    wrapper.chmod(0o755)
    done = take("--demo", environment={"PATH": f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"})
    assert (done.returncode, done.stdout) == (1, "")
    assert "The agent ended without a commit." in done.stderr
    assert_nothing_is_left(place, home)


def test_the_users_servers_keys_and_git_settings_have_no_part_in_it(place: Path, home: Path) -> None:
    hooks = home / "my-hooks"
    hooks.mkdir()
    with (home / ".gitconfig").open("a") as settings:
        settings.write(f"[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /bin/false\n")
    elsewhere = {
        "OMAS_API_URL": "http://127.0.0.1:9",
        "OOBO_SERVER_URL": "http://127.0.0.1:9",
        "OOBO_SECRET_KEY": "oma_wrong",
        "CLAUDE_CODE_SESSION_ID": "somebody-elses",
        "GIT_DIR": "/nowhere",
    }
    done = take("--demo", environment=elsewhere)
    assert done.returncode == 0, done.stderr
    assert list(hooks.iterdir()) == []
    assert_nothing_is_left(place, home)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--demo", "--yes"], "--demo means no real backend"), (["--backend", "nobody"], "'nobody' is not installed")],
)
def test_wrong_options_are_refused_before_anything_is_made(
    arguments: list[str], said: str, place: Path, home: Path
) -> None:
    done = take(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(("there", "missing"), [("git", "tmux"), ("tmux", "git")])
def test_without_tmux_or_git_nothing_is_begun(there: str, missing: str, place: Path) -> None:
    programs = place / "bin"
    programs.mkdir()
    (programs / there).symlink_to(shutil.which(there) or "")
    done = take("--demo", environment={"PATH": str(programs)})
    assert (done.returncode, done.stdout) == (69, "")
    assert (
        done.stderr == f"omar: The tour needs {missing}, not found on PATH.\n  `omar doctor` says how to install it.\n"
    )
    assert not paths.daemon_database().exists() and not list(place.glob("omar-tour-*"))


def test_a_step_that_fails_is_told_by_its_command_and_its_reason(place: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        done = take("--demo", environment={"OMAR_PORT": str(other.getsockname()[1])})
    assert "omar: `omar up` left with status 69: Cannot listen on 127.0.0.1 port" in done.stderr
