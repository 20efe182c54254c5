"""Fixtures of the tests with real agent CLIs; they are skipped, loudly, where npm cannot install one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.backends.programs import PROGRAMS, Program
from tests.backends.terminal import Terminal, terminal

VERSIONS: dict[str, str] = {}
MISSING: dict[str, str] = {}


@cache
def _install(program: Program) -> str | None:
    return program.install()


@pytest.fixture(scope="session")
def installed() -> Callable[[str], Program]:
    """Gives the installed program of a name, or skips the test with the reason."""

    def get(name: str) -> Program:
        program = next(entry for entry in PROGRAMS if entry.name == name)
        reason = _install(program)
        if reason is not None:
            MISSING[name] = reason
            pytest.skip(f"the real {name} is not here: {reason}")
        VERSIONS[name] = VERSIONS.get(name) or program.version() or "?"
        return program

    return get


@pytest.fixture
def screen() -> Iterator[Terminal]:
    with terminal() as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty git repository with one commit."""
    folder = tmp_path / "project"
    folder.mkdir()
    identity = ["-c", "user.name=Ada Author", "-c", "user.email=ada@example.com"]
    for arguments in (["init", "-q", "-b", "main"], [*identity, "commit", "-q", "--allow-empty", "-m", "Start"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=20)
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, version in sorted(VERSIONS.items()):
        terminalreporter.write_line(f"met the real {name}: {version}")
    for name, reason in sorted(MISSING.items()):
        terminalreporter.write_line(f"NOT TESTED with the real {name}: {reason}", red=True, bold=True)
