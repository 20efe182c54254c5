"""What every test gets: a home of its own, and nothing left running behind it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from omar_daemon.fleet import control
from shared import paths
from tests.daemon import Daemon

# Whatever agent, CI or git process runs the tests must not be seen by their subjects.
LEAKING_PREFIXES = (
    "OMA_",
    "OMAR_",
    "OMAS_",
    "OOBO_",
    "GIT_",
    "CLAUDE",
    "CODEX",
    "OPENCODE",
    "GEMINI",
    "CURSOR",
    "AIDER",
    "ANTHROPIC_",
    "OPENAI_",
    "XDG_",
    "TMUX",
    "AI_AGENT",
    "AGENT",
    "GITHUB_",
    "BUILD_",
    "CI",
)
KEPT = ("OMA_BACKENDS_DIR",)
real_home = Path.home()
# How long one example takes says more of the machine's other work than of the example.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty HOME with OMA_HOME below it; the tmux server of that home is killed afterwards."""
    for name in list(os.environ):
        if name.startswith(LEAKING_PREFIXES) and name not in KEPT:
            monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("OMA_HOME", str(folder / "oma"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    (folder / ".gitconfig").write_text(
        "[user]\n\tname = Test Person\n\temail = person@example.org\n[init]\n\tdefaultBranch = main\n"
        "[commit]\n\tgpgsign = false\n[gc]\n\tauto = 0\n"
    )
    yield folder
    control.end_abandoned()
    _kill_tmux_server(paths.tmux_socket())


@pytest.fixture
def daemon(home: Path) -> Iterator[Daemon]:
    """A running daemon in the test's home, on a free port."""
    with Daemon() as running:
        yield running


@pytest.fixture(autouse=True, scope="session")
def real_home_is_untouched() -> Iterator[None]:
    """A test that writes into the person's own state is a defect of the test."""
    own = [real_home / name for name in (".omar", ".omas", ".oobo", ".config/omar")]
    before = {path: path.exists() for path in own}
    yield
    made = [str(path) for path in own if path.exists() and not before[path]]
    assert not made, f"tests wrote into the real home: {made}"


@pytest.fixture(autouse=True, scope="session")
def no_tmux_server_outlives_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home that a module made for itself has a tmux server of its own, which nobody else would end."""
    began, base = time.time(), str(tmp_path_factory.getbasetemp())
    yield
    for socket in _tmux_folder().glob("omar-*"):
        with contextlib.suppress(FileNotFoundError):
            if socket.stat().st_ctime >= began and base in _homes_of(socket.name):
                _kill_tmux_server(socket.name)


def _homes_of(socket: str) -> str:
    """The environment of the tmux server, which names the homes it was started for."""
    command = ["tmux", "-L", socket, "show-environment", "-g"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=5).stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return ""


def _tmux_folder() -> Path:
    return Path(os.environ.get("TMUX_TMPDIR", "/tmp")) / f"tmux-{os.getuid()}"


def _kill_tmux_server(socket: str) -> None:
    path = _tmux_folder() / socket
    if path.exists():
        subprocess.run(["tmux", "-L", socket, "kill-server"], capture_output=True, check=False)
        path.unlink(missing_ok=True)
