"""The registry of agent programs and its configuration."""

from __future__ import annotations

import stat
import time
from pathlib import Path
from typing import Any

import pytest

from omar_daemon.fleet.backends import Registry
from omar_daemon.fleet.probe import Probe
from shared.errors import ConfigError


@pytest.mark.parametrize(
    ("command", "backend"),
    [
        ("claude --dangerously-skip-permissions", "claude"),
        ("/opt/bin/claude -p", "claude"),
        ("env A=b claude", "claude"),
        ("A=b C=d codex exec", "codex"),
        ("npx opencode", "opencode"),
        ("cursor-agent --yolo", "cursor"),
        ("bash", None),
        ("cat claude", None),
        ("claude; rm x", None),
        ("claude 'unbalanced", None),
        ("", None),
    ],
)
def test_a_command_line_is_recognised_by_its_program(command: str, backend: str | None) -> None:
    found = Registry().of_command(command)
    assert (found.name if found else None) == backend


def test_configured_backends_come_last_and_may_change_a_known_one() -> None:
    registry = Registry(
        {
            "aider": {"command": "aider --yes", "ready": [r"^> "], "questions": [r"\(Y\)es"]},
            "claude": {"command": "my-claude --fast"},
        }
    )
    assert registry.names() == ["claude", "codex", "cursor", "opencode", "aider"]
    claude, aider = registry.get("claude"), registry.get("aider")
    assert claude is not None and claude.prompt == "claude" and claude.ready
    assert aider is not None and aider.prompt == "first_message"
    found = registry.of_command("my-claude")
    assert found is not None and found.name == "claude"


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"x": {"prompt": "none"}}, "`command` is missing"),
        ({"x": {"command": ""}}, "must be a text"),
        ({"x": {"command": "x", "ready": "no list"}}, "list of regular expressions"),
        ({"x": {"command": "x", "ready": ["("]}}, "not a regular expression"),
        ({"x": {"command": "x", "prompt": "shout"}}, "prompt must be one of"),
        ({"x": {"command": "x", "colour": "red"}}, "unknown key 'colour'"),
        ({"x": {"command": "x", "ready_seconds": True}}, "number of seconds"),
        ({"bad name": {"command": "x"}}, "name has 1 to 64"),
        ({"x": 5}, "must be a table"),
    ],
)
def test_a_wrong_table_is_refused_by_name(tables: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Registry(tables)


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_probes_run_side_by_side_have_a_limit_and_are_remembered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    bin_dir = home / "bin"
    bin_dir.mkdir()
    program(bin_dir, "claude", 'echo x >> "$HOME/asked"; exit 0')
    program(bin_dir, "codex", "sleep 60")
    program(bin_dir, "cursor", "sleep 60")
    program(bin_dir, "opencode", "exit 1")
    monkeypatch.setenv("PATH", f"{bin_dir}:/usr/bin:/bin")

    async def ask() -> list[list[dict[str, Any]]]:
        probe = Probe(Registry())
        return list(await asyncio.gather(probe.backends(), probe.backends()))

    began = time.monotonic()
    first, second = asyncio.run(ask())
    assert time.monotonic() - began < 3.5
    assert [(entry["name"], entry["available"]) for entry in first] == [
        ("claude", True), ("codex", False), ("cursor", False), ("opencode", False),
    ]  # fmt: skip
    assert first == second
    assert (home / "asked").read_text() == "x\n"
