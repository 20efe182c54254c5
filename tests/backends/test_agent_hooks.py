"""`oobo agent install` in the real agent CLIs: their own hooks record the edit they make."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from oobo_hooks.agents.records import AgentRecord, read_records
from tests.backends.homes import COMMANDS, READY, environment, prepare
from tests.backends.programs import Program
from tests.backends.terminal import Terminal
from tests.backends.test_plain_tmux import CONTENT, TASK, wait_for_commit
from tests.fakes.agent_scripts import Cli, edit_and_commit
from tests.fakes.model_process import running_model

pytestmark = pytest.mark.backends
EDIT_TOOLS = {"claude": "Write", "codex": "Bash", "opencode": "write"}
TRUST = "Hooks need review"


def install(cli: Cli, home: Path) -> None:
    command = [sys.executable, "-P", "-m", "oobo_hooks.main", "agent", "install", cli]
    subprocess.run(command, env={**os.environ, "HOME": str(home)}, check=True, capture_output=True, timeout=30)


def recorded(repository: Path) -> AgentRecord:
    """The one session that has recorded an edit and what came after it."""
    deadline = time.monotonic() + 20
    while True:
        found = [record for record in read_records(repository / ".git" / "oobo") if record.edits]
        if found and sum(found[0].tools.values()) >= 1:
            return found[0]
        assert time.monotonic() < deadline, f"recorded: {found}"
        time.sleep(0.1)


@pytest.mark.parametrize("cli", ["claude", "codex", "opencode"])
def test_the_real_cli_records_its_edit_with_the_file_before_and_after(
    cli: Cli, installed: Callable[[str], Program], screen: Terminal, repository: Path, tmp_path: Path
) -> None:
    program, home = installed(cli), tmp_path / "home"
    script = edit_and_commit(cli, repository / "greeting.py", CONTENT, "Add a greeting")
    with running_model(home / "model", script) as model:
        prepare(program, home, repository, model.url)
        install(cli, home)
        screen.start(COMMANDS[cli], environment(program, home, model.url), repository)
        if cli == "codex":
            screen.wait_for(TRUST)
            time.sleep(0.5)
            screen.tmux("send-keys", "-t", "=agent:", "2")
            screen.wait_for("› 2. Trust all")
            screen.tmux("send-keys", "-t", "=agent:", "Enter")
        # opencode fetches packages for its plugins first, and waits for them where there is no network.
        screen.wait_for(READY[cli], seconds=90)
        time.sleep(0.5)
        screen.submit(TASK)
        wait_for_commit(repository, "Add a greeting", screen)
        record = recorded(repository)
    (edit,) = record.edits
    assert (record.tool, edit.path, edit.name) == (cli, "greeting.py", EDIT_TOOLS[cli])
    assert (edit.before(), edit.after(), edit.before_known) == (None, CONTENT.encode(), True)
    assert record.session_id and record.failures == 0
