"""`omar uninstall`: what omar put outside its own folders goes, its folders only when told to, work of agents never."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from omar_daemon.fleet.connection import SubprocessConnection
from shared import local_daemon, paths
from tests.daemon import Daemon

STARTUP = b"# mine\nexport A=1"


def omar(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "omar_daemon.main", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done


def tmux_runs() -> bool:
    return SubprocessConnection(paths.tmux_socket()).command("list-sessions").error is None


@pytest.fixture
def startup(home: Path) -> Path:
    """A start-up file of the person's own, with omar's completions for bash and zsh."""
    for name in (".bashrc", ".zshrc"):
        (home / name).write_bytes(STARTUP)
    for shell in ("bash", "zsh"):
        omar("completions", "install", shell)
    return home / ".bashrc"


def test_what_is_outside_its_folders_goes_to_the_byte_and_what_stays_is_said(daemon: Daemon, startup: Path) -> None:
    omar("spawn", "ended", "--command", "sh -c 'sleep 1; exit 3'")
    omar("wait", "ended", "--health", "dead", "--timeout", "20")
    plan = json.loads(omar("uninstall", "--dry-run", "--json").stdout)
    assert [part["what"] for part in plan["removed"]] == [
        "the daemon", "the private tmux server", "the completions for bash", "the completions for zsh",
    ]  # fmt: skip
    assert local_daemon.running() is not None and startup.read_bytes() != STARTUP
    done = omar("uninstall")
    assert local_daemon.running() is None and not tmux_runs()
    assert startup.read_bytes() == STARTUP and startup.with_name(".zshrc").read_bytes() == STARTUP
    assert not paths.completion_file("omar", "bash").exists() and not paths.completion_file("omar", "zsh").exists()
    assert f"stays: {paths.tool_home('omar')}" in done.stderr and "omar uninstall --purge" in done.stderr
    assert sys.prefix in done.stderr and paths.daemon_database().exists()
    assert "omar has put nothing outside" in omar("uninstall").stderr


def test_agents_at_work_are_not_left_without_a_daemon(daemon: Daemon) -> None:
    omar("spawn", "busy", "--command", "sleep 600")
    refused = omar("uninstall", "--purge", "--yes", status=1)
    assert "1 agent still at work" in refused.stderr and "omar kill busy" in refused.stderr
    assert local_daemon.running() is not None and paths.tool_home("omar").exists()
    omar("kill", "busy")
    omar("manager", "start", "--command", "sleep 600")
    refused = omar("uninstall", status=1)
    assert "the manager is still at work" in refused.stderr and "`omar attach ea`" in refused.stderr
    SubprocessConnection(paths.tmux_socket()).command("kill-session", "-t", "=omar-agent-ea")
    omar("uninstall")


def test_purge_asks_first_and_never_takes_worktrees(home: Path) -> None:
    paths.tasks_file().parent.mkdir(parents=True)
    paths.tasks_file().write_text("1. a project\n")
    unasked = omar("uninstall", "--purge", status=2)
    assert "Nothing was removed" in unasked.stderr and paths.tasks_file().exists()
    worktree = paths.worktrees_dir() / "auth"
    worktree.mkdir(parents=True)
    refused = omar("uninstall", "--purge", "--yes", status=1)
    assert str(paths.worktrees_dir()) in refused.stderr and worktree.exists()
    worktree.rmdir()
    told = json.loads(omar("uninstall", "--purge", "--yes", "--json").stdout)
    assert told["removed"] == [{"what": "the folder", "place": str(paths.tool_home("omar"))}] and told["kept"] == []
    assert not paths.tool_home("omar").exists()
