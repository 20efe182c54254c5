"""The agents' verbs from a shell: data on stdout, talk on stderr, documented exit codes."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import paths
from tests.daemon import Daemon
from tests.omar_daemon.agent_stage import Stage, stage
from tests.ports import free_port


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("verbs")) as made:
        yield made


@pytest.fixture
def daemon(module_stage: Stage) -> Iterator[Daemon]:
    """One for all of these tests, in a home of its own that the verbs see too."""
    with module_stage.surroundings():
        yield module_stage.daemon
    module_stage.clear()


def omar(*arguments: str, typed: str = "", status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "omar_daemon.main", *arguments],
        input=typed, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


def show(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(omar("show", name, "--json").stdout)
    return found


def until_shows(name: str, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in show(name)["output_tail"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_agent_s_whole_life_from_the_shell(daemon: Daemon, home: Path) -> None:
    made = omar("spawn", "w", "--command", "cat", "--parent", "ea", "--env", "A=b", "--workdir", str(home))
    assert made.stdout == "w\n" and "runs" in made.stderr
    assert show("w")["workdir"] == str(home)
    omar("send", "w", "-", typed="first\n")
    omar("send", "w", "second", "--no-enter")
    until_shows("w", "second")
    assert show("w")["output_tail"].splitlines() == ["first", "first", "second"]
    listed = omar("list")
    assert listed.stdout.splitlines()[0].startswith("AGENT") and listed.stdout.splitlines()[1].startswith("w ")
    assert json.loads(omar("list", "--json", "--parent", "ea").stdout)["agents"][0]["id"] == "w"
    assert json.loads(omar("list", "--json", "--health", "dead").stdout)["agents"] == []
    assert "killed" in omar("kill", "w").stderr
    assert json.loads(omar("list", "--json").stdout) == {"agents": [], "manager": None}


def test_the_daemon_is_started_by_a_spawn_and_reading_works_without_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMAR_PORT", str(free_port()))
    assert json.loads(omar("list", "--json").stdout) == {"agents": [], "manager": None}
    assert not paths.daemon_database().exists()
    try:
        omar("spawn", "w", "--command", "echo here; cat", "--task", "Do it.")
        omar("down")
        listed = json.loads(omar("list", "--json").stdout)["agents"]
        assert [(agent["id"], agent["status"]) for agent in listed] == [("w", "running")]
        assert show("w")["output_tail"].startswith("here") and show("w")["task"] == "Do it."
        assert "no agent" not in omar("show", "w").stdout
        with monkeypatch.context() as patch:
            patch.setenv("PATH", str(home))
            assert "tmux is not installed" in omar("list", status=69).stderr
        omar("show", "nobody", status=1)
        assert "claude" in omar("backends").stdout
    finally:
        omar("down")


def test_a_dry_run_shows_the_exact_payload_and_does_nothing(daemon: Daemon, home: Path) -> None:
    planned = json.loads(omar("spawn", "w", "-c", "cat", "-t", "x", "-w", str(home), "--dry-run", "--json").stdout)
    assert planned == {
        "method": "POST", "path": "/api/agents",
        "body": {
            "name": "w", "task": "x", "workdir": str(home), "command": "cat", "env": {"PATH": os.environ["PATH"]},
        },
    }  # fmt: skip
    daemon.client.post("/api/agents", json={"name": "w", "command": "cat"}).raise_for_status()
    daemon.client.post("/api/agents", json={"name": "c", "command": "cat", "parent": "w"}).raise_for_status()
    sent = json.loads(omar("send", "w", "hi", "--dry-run", "--json").stdout)
    assert sent["body"] == {"text": "hi", "enter": True}
    plan = json.loads(omar("kill", "w", "--tree", "--dry-run", "--json").stdout)["plan"]
    assert plan == [{"method": "DELETE", "path": "/api/agents/w", "params": {"tree": "true"}, "kills": ["w", "c"]}]
    assert show("w")["output_tail"] == ""
    omar("kill", "w", "--tree")
    assert json.loads(omar("list", "--json").stdout)["agents"] == []


def test_a_dry_run_says_in_words_what_it_would_do(daemon: Daemon, home: Path) -> None:
    told = omar("spawn", "w", "-c", "cat", "-t", "x", "-w", str(home), "--dry-run").stdout
    sentence, payload = told.split("\n", 1)
    assert sentence == f"Would start agent w, running `cat` in {home}, by POST /api/agents with"
    assert json.loads(payload)["task"] == "x"
    for body in ({"name": "w"}, {"name": "c", "parent": "w"}, {"name": "d", "parent": "c"}):
        daemon.client.post("/api/agents", json={"command": "cat", **body}).raise_for_status()
    assert omar("kill", "w", "d", "--dry-run").stdout == "Would kill w.\nWould kill d.\n"
    assert omar("kill", "w", "--tree", "--dry-run").stdout == "Would kill w and, below it, c, d.\n"
    assert omar("send", "w", "hi", "--dry-run").stdout.startswith("Would send to agent w, by POST")
    assert "not found" in omar("kill", "nobody", "--dry-run", status=1).stderr
    assert len(json.loads(omar("list", "--json").stdout)["agents"]) == 3


def test_a_list_in_which_none_fits_is_not_an_empty_one(daemon: Daemon) -> None:
    assert "omar spawn" in omar("list").stderr
    daemon.client.post("/api/agents", json={"name": "w", "command": "cat"}).raise_for_status()
    assert omar("list", "--health", "dead").stderr == "No agent fits.\n"


def test_a_parent_that_does_not_run_is_marked_and_a_manager_is_listed(tmp_path: Path) -> None:
    # In a house of its own, for nobody can kill a manager.
    with stage(tmp_path) as made, made.surroundings():
        for name, parent in (("w", "ea"), ("x", "w"), ("y", "boss")):
            made.spawn(name, parent=parent)
        told = omar("list").stderr
        assert "ea does not run" in told and "omar manager start" in told
        assert "boss does not run" in told and "w does not run" not in told
        assert "ea (does not run)" in omar("show", "w").stdout
        assert "does not run" not in omar("show", "x").stdout
        omar("manager", "start", "--command", "cat")
        listed = omar("list")
        assert "ea does not run" not in listed.stderr
        assert [line.split()[0] for line in listed.stdout.splitlines()] == ["AGENT", "ea", "w", "x", "y"]
        assert [line.split()[0] for line in omar("list", "--parent", "ea").stdout.splitlines()] == ["AGENT", "w"]
        assert omar("status").stdout.splitlines()[2].split() == ["ea", "working"]
        assert json.loads(omar("status", "--json").stdout)["manager"]["id"] == "omar-agent-ea"
        assert "omar attach ea" in omar("kill", "ea", "--dry-run", status=1).stderr
        assert "does not run" not in omar("show", "w").stdout


REFUSALS: list[tuple[tuple[str, ...], int, str]] = [
    (("spawn", "a b", "-c", "cat"), 2, "name must be"),
    (("spawn", "x", "-c", "cat", "-b", "claude"), 2, "Use one or the other"),
    (("spawn", "x", "-c", "exit 3"), 1, "exit code 3"),
    (("spawn", "x", "-c", "cat", "-w", "/no/such"), 2, "not a directory"),
    (("spawn", "x", "-c", "cat", "-e", "NO_SUCH_VARIABLE_HERE"), 2, "no such variable"),
    (("spawn", "x", "-c", "cat", "--task", "t", "--task-file", "-"), 2, "not both"),
    (("send", "nobody", "x"), 1, "not found"),
    (("send", "../..", "x"), 2, "name must be"),
    (("show", "nobody"), 1, "not found.\n  `omar list` shows the agents."),
    (("show", "nobody", "--lines", "99999"), 2, "--lines"),
    (("logs", "--lines", "-5"), 2, "--lines"),
    (("wait", "nobody", "--timeout", "-1"), 2, "--timeout"),
    (("list", "--health", "fine"), 2, "--health"),
    (("kill", "nobody"), 1, "not found"),
    (("attach", "nobody"), 1, "no session"),
    (("attach", "a;b"), 2, "name must be"),
]


def test_a_refusal_is_one_sentence_and_its_exit_code(daemon: Daemon) -> None:
    for arguments, status, sentence in REFUSALS:
        refused = omar(*arguments, status=status)
        assert sentence in refused.stderr and refused.stdout == "", arguments


def test_without_a_daemon_typing_and_killing_say_so(home: Path) -> None:
    for arguments in (("send", "x", "y"), ("kill", "x")):
        assert "omar up" in omar(*arguments, status=69).stderr


def test_attach_shows_the_agent_s_screen_and_ctrl_backslash_leaves_it_running(daemon: Daemon) -> None:
    daemon.client.post("/api/agents", json={"name": "w", "command": "echo look here; cat"}).raise_for_status()
    assert "needs a terminal" in omar("attach", "w", status=2).stderr
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", TMUX="/tmp/other,1,0")
        os.execv(sys.executable, [sys.executable, "-P", "-m", "omar_daemon.main", "attach", "w"])
    read_until(terminal, b"look here")
    os.write(terminal, b"\x1c")
    read_until(terminal, b"detached")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(terminal)
    assert show("w")["health"] == "working"


def read_until(terminal: int, wanted: bytes) -> None:
    seen, deadline = b"", time.monotonic() + 10
    while wanted not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
