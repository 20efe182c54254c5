"""Our entries in the agents' own settings: merged in, taken out, and nobody else's touched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oobo_hooks.agents import hookfiles
from shared import paths
from tests.oobo_hooks.scene import oobo, oobo_json

JSON_AGENTS = ("claude", "codex", "cursor", "gemini")
OTHERS: dict[str, Any] = {
    "theme": "dark",
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine.sh"}]}],
        "afterFileEdit": [{"command": "./format.sh"}],
        "enabled": True,
    },
}


def place(agent: str) -> Path:
    file = paths.agent_hooks_file(agent)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@pytest.mark.parametrize("agent", hookfiles.AGENTS)
def test_in_and_out_again_leaves_the_very_bytes(agent: str) -> None:
    file = place(agent)
    original = None
    if agent != "opencode":
        original = json.dumps(OTHERS, indent="\t") + "\n\n"
        file.write_text(original)
    oobo("agent", "install", agent)
    assert hookfiles.MARK in file.read_text()
    oobo("agent", "uninstall", agent)
    assert (file.read_text() if file.exists() else None) == original


@pytest.mark.parametrize("agent", JSON_AGENTS)
def test_others_entries_stay_when_the_file_was_changed_in_between(agent: str) -> None:
    file = place(agent)
    file.write_text(json.dumps(OTHERS))
    oobo("agent", "install", agent)
    changed = json.loads(file.read_text())
    assert changed["theme"] == "dark" and OTHERS["hooks"]["PreToolUse"][0] in changed["hooks"]["PreToolUse"]
    file.write_text(json.dumps({**changed, "later": 1}))
    oobo("agent", "uninstall", agent)
    left = json.loads(file.read_text())
    assert {name: left[name] for name in OTHERS} == OTHERS and left["later"] == 1
    assert set(left) - set(OTHERS) <= {"later", "version"}


@pytest.mark.parametrize("agent", hookfiles.AGENTS)
def test_twice_is_once(agent: str) -> None:
    oobo("agent", "install", agent)
    once = place(agent).read_bytes()
    oobo("agent", "install", agent)
    assert place(agent).read_bytes() == once
    assert {row["agent"]: row["state"] for row in oobo_json("agent", "status")}[agent] == "installed"


def test_an_entry_of_an_older_version_is_replaced_not_doubled() -> None:
    old = f"/old/python /old/{hookfiles.MARK} claude"
    place("claude").write_text(
        json.dumps({"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": old}, {"command": "x"}]}]}})
    )
    oobo("agent", "install", "claude")
    body = place("claude").read_text()
    assert "/old/python" not in body and '"x"' in body
    assert len(json.loads(body)["hooks"]["PreToolUse"]) == 2


@pytest.mark.parametrize(
    "body", ["{", '{"a": 1, "a": 2}', "// mine\n{}", "[]", '{"hooks": []}', '{"hooks": {"PreToolUse": 3}}']
)
def test_a_file_that_cannot_be_parsed_is_refused_and_not_touched(body: str) -> None:
    place("claude").write_text(body)
    done = oobo("agent", "install", "gemini", "claude", code=78)
    assert "nothing was changed" in done.stderr
    assert place("claude").read_text() == body and not place("gemini").exists()


def test_a_plugin_of_somebody_else_is_refused() -> None:
    place("opencode").write_text("export const Mine = 1\n")
    oobo("agent", "install", "opencode", code=78)
    assert place("opencode").read_text() == "export const Mine = 1\n"


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o640)
    place("claude").symlink_to(real)
    oobo("agent", "install", "claude")
    assert place("claude").is_symlink() and real.stat().st_mode & 0o777 == 0o640
    assert hookfiles.MARK in real.read_text()


def test_dry_run_prints_and_changes_nothing() -> None:
    done = oobo("agent", "install", "claude", "--dry-run")
    assert hookfiles.MARK in done.stdout and not place("claude").exists()


def test_the_command_is_silent_and_successful_without_the_suite() -> None:
    gone = hookfiles.command("claude").replace(sys.executable, "/nowhere/python")
    done = subprocess.run(["sh", "-c", gone], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_an_unknown_agent_is_a_usage_error() -> None:
    assert "Known agents" in oobo("agent", "install", "emacs", code=2).stderr
