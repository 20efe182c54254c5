"""The private tmux server: which tmux will do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omar_daemon.fleet import server
from omar_daemon.fleet.connection import SubprocessConnection
from omar_daemon.fleet.errors import TmuxMissing
from shared import paths


def install(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tmux that says it is of this version, and for the rest is the real one."""
    program = folder / "tmux"
    program.write_text(f'#!/bin/sh\nfor word; do [ "$word" = -V ] && exec echo "{version}"; done\nexec /usr/bin/env -S '
                       f'PATH="{os.environ["PATH"]}" tmux "$@"\n')  # fmt: skip
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_tmux_that_is_too_old_is_said_before_anything_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "tmux 2.8", monkeypatch)
    with pytest.raises(TmuxMissing, match=r"^tmux 2\.8 is too old: tmux 3\.0 or newer is needed\.$"):
        server.ensure(SubprocessConnection(paths.tmux_socket()))


@pytest.mark.parametrize("version", ["tmux 3.0a", "tmux next-3.6", "tmux openbsd-7.4", "tmux master"])
def test_newer_ones_and_those_without_a_number_will_do(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, version, monkeypatch)
    server.ensure(SubprocessConnection(paths.tmux_socket()))
