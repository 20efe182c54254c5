"""Sessions that the real agent CLIs have just written, read and scored; Claude Code's tokens also against ccusage."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backends.homes import environment, prepare
from tests.backends.programs import Program
from tests.backends.suite import Suite, suite_environment
from tests.fakes.agent_scripts import Cli, edit_and_commit, shell, usage
from tests.fakes.model_process import running_model

pytestmark = [pytest.mark.backends, pytest.mark.timeout(240)]
CLIS: tuple[Cli, ...] = ("claude", "codex", "opencode")
CONTENT = "def greet():\n    return 'hello'\n"
ONE_SHOT: dict[Cli, list[str]] = {
    "claude": ["claude", "-p", "Write it.", "--dangerously-skip-permissions"],
    "codex": ["codex", "exec", "--dangerously-bypass-approvals-and-sandbox", "Write it."],
    "opencode": ["opencode", "run", "Write it."],
}
# Three tools know how to start another agent; each in its own words.
SPAWNS: dict[Cli, dict[str, Any]] = {
    "claude": {
        "name": "Agent",
        "input": {"description": "look", "prompt": "Look around.", "subagent_type": "general-purpose"},
    },
    "opencode": {
        "name": "task",
        "input": {"description": "look", "prompt": "Look around.", "subagent_type": "general"},
    },
}


def write_session(cli: Cli, program: Program, folder: Path, home: Path, script: dict[str, Any]) -> Suite:
    """Let the program work through `script`; the suite's commands then see what it left in `home`."""
    with running_model(home / "model", script) as model:
        prepare(program, home, folder, model.url)
        own = environment(program, home, model.url)
        done = subprocess.run(
            ONE_SHOT[cli], cwd=folder, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return Suite(suite_environment(own), folder, model)


def scored(suite: Suite) -> dict[str, Any]:
    suite.run("omas", "scan")
    (session,) = suite.json("omas", "list")["sessions"]
    return dict(session)


def with_parallel_calls(cli: Cli, folder: Path) -> dict[str, Any]:
    """Four responses; the second calls two tools at once."""
    script = edit_and_commit(cli, folder / "greeting.py", CONTENT, "Add a greeting")
    script["turns"].insert(1, {"tools": [shell(cli, "echo one"), shell(cli, "echo two")], "usage": usage(5)})
    return script


def tokens_of(*numbers: int) -> dict[str, int]:
    told = [usage(number) for number in numbers]
    names = ("input", "output", "cache_read", "cache_creation")
    return {name: sum(entry.get(name, 0) for entry in told) for name in names}


@pytest.mark.parametrize("cli", CLIS)
def test_every_number_of_a_session_just_written_is_the_one_that_was_played(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    suite = write_session(cli, installed(cli), repository, home, with_parallel_calls(cli, repository))
    session = scored(suite)
    local = session["local"]
    assert (local["tool"], local["project"]) == (cli, str(repository))
    assert (session["total_tool_calls"], session["total_human_messages"], local["responses"]) == (4, 1, 4)
    assert session["parallelism"]["peak_parallel_tools"] == 2
    assert session["autonomy"]["max_tool_calls_between_human"] == 4
    assert session["autonomy"]["max_consecutive_assistant_turns"] == 4
    assert session["trust"]["tool_calls_per_human_message"] == 4.0
    assert local["tokens"] == tokens_of(1, 5, 2, 3)
    assert (local["lines_written"], local["skipped_lines"]) == (2, 0)


@pytest.mark.parametrize("cli", ["claude", "opencode"])
def test_a_sub_agent_of_a_session_just_written_is_counted_apart(
    cli: Cli, installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    turns = [{"tools": [SPAWNS[cli]], "usage": usage(1)}, {"text": "Done.", "usage": usage(2)}]
    below = [{"tools": [shell(cli, "echo below")], "usage": usage(7)}, {"text": "Looked.", "usage": usage(4)}]
    script = {"aside": "A title", "turns": turns, "conversations": [{"match": "Look around", "turns": below}]}
    session = scored(write_session(cli, installed(cli), repository, home, script))
    assert (session["total_tool_calls"], session["parallelism"]["total_sub_agents"]) == (1, 1)
    assert session["parallelism"]["max_concurrent_agents"] == session["density"]["max_sub_agent_depth"] == 1
    assert session["local"]["sub_agent_tool_calls"] == 1
    assert session["local"]["tokens"] == tokens_of(1, 2, 7, 4)


def test_tokens_of_claude_with_parallel_calls_are_the_ones_that_ccusage_counts(
    installed: Callable[[str], Program], repository: Path, home: Path
) -> None:
    suite = write_session("claude", installed("claude"), repository, home, with_parallel_calls("claude", repository))
    command = [str(installed("ccusage").executable), "session", "--offline", "--json"]
    done = subprocess.run(command, env=suite.environment, capture_output=True, text=True, check=True, timeout=60)
    (row,) = json.loads(done.stdout)["sessions"]
    counted = {
        "input": row["inputTokens"],
        "output": row["outputTokens"],
        "cache_read": row["cacheReadTokens"],
        "cache_creation": row["cacheCreationTokens"],
    }
    assert scored(suite)["local"]["tokens"] == counted
