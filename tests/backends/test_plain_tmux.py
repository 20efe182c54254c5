"""The ground of all backend tests: each real CLI, started by hand in tmux, does its work for the fake model."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backends.homes import COMMANDS, READY, environment, prepare
from tests.backends.programs import Program
from tests.backends.terminal import Terminal
from tests.fakes.agent_scripts import Cli, edit_and_commit
from tests.fakes.model_process import RunningModel, running_model

pytestmark = pytest.mark.backends
TASK = "Please write greeting.py and commit it."
CONTENT = "def greet():\n    return 'hello'\n"


def head_message(repository: Path) -> str:
    command = ["git", "log", "-1", "--format=%s"]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout.strip()


def wait_for_commit(repository: Path, message: str, screen: Terminal, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while head_message(repository) != message:
        assert time.monotonic() < deadline, f"no commit; the screen:\n{screen.screen()}"
        time.sleep(0.1)


def work(cli: Cli, program: Program, screen: Terminal, repository: Path, home: Path) -> RunningModel:
    """Let `cli` do the scripted task; returns the model it talked to (still readable: requests are logged)."""
    script = edit_and_commit(cli, repository / "greeting.py", CONTENT, "Add a greeting")
    with running_model(home / "model", script) as model:
        prepare(program, home, repository, model.url)
        screen.start(COMMANDS[cli], environment(program, home, model.url), repository)
        screen.wait_for(READY[cli])
        time.sleep(0.5)
        screen.submit(TASK)
        wait_for_commit(repository, "Add a greeting", screen)
        screen.wait_for("The file is written and committed")
        assert [entry["turn"] for entry in model.turns()] == [0, 1, 2]
    return model


@pytest.mark.parametrize("cli", ["claude", "codex", "opencode"])
def test_the_real_cli_takes_a_pasted_task_writes_a_file_and_commits_it(
    cli: Cli, installed: Callable[[str], Program], screen: Terminal, repository: Path, tmp_path: Path
) -> None:
    model = work(cli, installed(cli), screen, repository, tmp_path / "home")
    assert (repository / "greeting.py").read_text() == CONTENT
    assert any(TASK in line for line in model.log.read_text().splitlines())


def logged_inputs(projects: Path) -> dict[str, int]:
    """Input tokens by request id of the one session log there."""
    logs = list(projects.rglob("*.jsonl"))
    assert len(logs) == 1
    lines: list[dict[str, Any]] = [json.loads(line) for line in logs[0].read_text().splitlines()]
    answers = [line for line in lines if line["type"] == "assistant"]
    return {line["requestId"]: line["message"]["usage"]["input_tokens"] for line in answers}


def test_claude_code_logs_each_response_with_its_request_id_and_usage(
    installed: Callable[[str], Program], screen: Terminal, repository: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    work("claude", installed("claude"), screen, repository, home)
    deadline = time.monotonic() + 10
    while len(inputs := logged_inputs(home / ".claude" / "projects")) < 3:
        assert time.monotonic() < deadline, f"the log holds only {inputs}"
        time.sleep(0.1)
    assert sorted(inputs.values()) == [100, 200, 300]
    assert all(request.startswith("req_") for request in inputs)
