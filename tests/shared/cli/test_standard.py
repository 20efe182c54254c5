"""What the three command lines have in common, asked of each program itself."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from shared import paths

PROGRAMS = {"omar": "omar_daemon.main", "oobo": "oobo_hooks.main", "omas": "omas_cli.main"}


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", PROGRAMS[tool], *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tool", PROGRAMS)
@pytest.mark.parametrize("columns", ["60", "80"])
def test_help_cuts_no_summary(tool: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = run(tool, "--help").stdout
    assert "..." not in told.split("Commands:")[1]
    assert max(map(len, told.splitlines())) <= int(columns)
    assert "Show and change settings; `show` names the origin of each value." in re.sub(r"\s+", " ", told)


@pytest.mark.parametrize(
    ("tool", "key", "value"),
    [("omar", "api.port", "1234"), ("oobo", "server.url", "http://mine"), ("omas", "server.url", "http://mine")],
)
def test_a_value_that_is_unset_is_the_default_again(tool: paths.Tool, key: str, value: str, home: Path) -> None:
    default = run(tool, "config", "get", key).stdout
    assert run(tool, "config", "set", key, value).returncode == 0
    assert run(tool, "config", "get", key).stdout == f"{value}\n"
    unset = run(tool, "config", "unset", key)
    assert unset.returncode == 0 and unset.stdout == ""
    assert "is taken out of" in unset.stderr and f"{key} = {default.strip()} (default)" in unset.stderr
    assert run(tool, "config", "get", key).stdout == default
    again = run(tool, "config", "unset", key)
    assert again.returncode == 0 and "is not set in" in again.stderr
    assert run(tool, "config", "unset", "no.such").returncode == 2


@pytest.mark.parametrize(
    ("tool", "key", "value", "said"),
    [
        ("oobo", "transparency.mode", "banana", "transparency.mode must be on or off, not 'banana'."),
        ("oobo", "server.url", "banana", "server.url must be `local` or begin with https://"),
        ("omas", "server.url", "banana", "'banana' is no server."),
        ("omar", "agents.default_backend", "banana", "Known: claude, codex, cursor, opencode"),
        ("omar", "tmux.socket", "a/b", "tmux.socket must be a plain name"),
        ("omar", "health.error_patterns", "(", "is no regular expression"),
    ],
)
def test_a_value_no_command_could_use_is_refused_when_it_is_set(
    tool: paths.Tool, key: str, value: str, said: str
) -> None:
    refused = run(tool, "config", "set", key, value)
    assert refused.returncode in (2, 78)
    assert said in refused.stderr and "this is a bug" not in refused.stderr.lower()
    assert not paths.config_file(tool).exists()


def test_a_backend_of_the_users_own_file_may_be_the_default_one() -> None:
    path = paths.config_file("omar")
    path.parent.mkdir(parents=True)
    path.write_text('[agents]\ndefault_workdir = 7\n[backends.mytool]\ncommand = "mytool"\n')
    assert run("omar", "config", "set", "agents.default_backend", "mytool").returncode == 0
    assert 'default_backend = "mytool"' in path.read_text()


@pytest.mark.parametrize(("tool", "key"), [("omar", "api.port"), ("omas", "scan.processes")])
def test_config_tells_of_no_file_that_the_commands_do_not_read(
    tool: paths.Tool, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, _, name = key.partition(".")
    (tmp_path / f".{tool}.toml").write_text(f"[{table}]\n{name} = 7\n")
    default = run(tool, "config", "get", key).stdout
    monkeypatch.chdir(tmp_path)
    assert run(tool, "config", "get", key).stdout == default
    assert f".{tool}.toml" not in run(tool, "config", "show").stdout


def example_lines(command: Any) -> Iterator[str]:
    """The examples in the help of a command and of all below it."""
    yield from re.findall(r"^  (\S.*)$", command.epilog or "", re.MULTILINE)
    for child in getattr(command, "commands", {}).values():
        yield from example_lines(child)


@pytest.mark.parametrize("tool", PROGRAMS)
def test_every_example_in_a_help_is_a_command_line_that_the_program_takes(tool: str) -> None:
    program = get_command(importlib.import_module(PROGRAMS[tool]).app)
    examples = list(example_lines(program))
    assert examples
    for line in examples:
        name, *words = shlex.split(line.partition(" < ")[0])
        assert name == tool
        command = program
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context(name, words)


@pytest.mark.parametrize("tool", PROGRAMS)
def test_the_doctor_tells_of_a_setting_that_is_none_and_of_one_that_cannot_be_used(
    tool: paths.Tool, home: Path
) -> None:
    file = paths.config_file(tool)
    file.parent.mkdir(parents=True)
    file.write_text("[servre]\nurl = 'x'\n[backends.mine]\ncommand = 'x'\n")
    told = run(tool, "doctor").stdout
    assert "servre.url" in told and f"{tool} config show lists them" in told
    assert ("backends.mine" in told) == (tool != "omar")
    key = "api.port" if tool == "omar" else "server.url"
    file.write_text(f"[{key.split('.')[0]}]\n{key.split('.')[1]} = true\n")
    refused = run(tool, "doctor")
    assert refused.returncode == 1 and f"FAIL  config: {file}: {key} must be" in refused.stdout
