"""What the three command lines have in common, asked of each program itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(("tool", "key"), [("omar", "api.port"), ("oobo", "server.url"), ("omas", "server.url")])
def test_a_value_that_is_unset_is_the_default_again(tool: paths.Tool, key: str, home: Path) -> None:
    default = run(tool, "config", "get", key).stdout
    assert run(tool, "config", "set", key, "1234").returncode == 0
    assert run(tool, "config", "get", key).stdout == "1234\n"
    unset = run(tool, "config", "unset", key)
    assert unset.returncode == 0 and unset.stdout == ""
    assert "is taken out of" in unset.stderr and f"{key} = {default.strip()} (default)" in unset.stderr
    assert run(tool, "config", "get", key).stdout == default
    again = run(tool, "config", "unset", key)
    assert again.returncode == 0 and "is not set in" in again.stderr
    assert run(tool, "config", "unset", "no.such").returncode == 2
