"""The program that the README shows runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel

README = Path(__file__).resolve().parents[3] / "README.md"


def run(daemon: Daemon, key: str, folder: Path, **model: str) -> subprocess.CompletedProcess[str]:
    """The README's program, as a file of its own."""
    (program,) = [code for code in re.findall(r"```python\n(.*?)```", README.read_text(), re.S) if "Anthropic(" in code]
    (folder / "haiku.py").write_text(program)
    daemons = {
        "OMA_BASE_URL": daemon.url, "OMA_API_KEY": key, "ANTHROPIC_BASE_URL": daemon.url, "ANTHROPIC_API_KEY": key,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "haiku.py"],
        env={**os.environ, **daemons, **model}, capture_output=True, text=True, timeout=60, cwd=folder,
    )  # fmt: skip


def test_the_readmes_program_runs_and_prints_the_file_that_was_written(
    daemon: Daemon, key: str, model: RunningModel, tmp_path: Path
) -> None:
    write = {"name": "write", "input": {"file_path": "/mnt/session/outputs/haiku.txt", "content": "an old silent pond"}}
    model.rewrite({"turns": [{"tools": [write]}, {"text": "Written."}]})
    done = run(daemon, key, tmp_path, MODEL_API_KEY="sk-x", MODEL_BASE_URL=model.url)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "user.message"
    assert lines[-2:] == ["session.status_idle", "haiku.txt an old silent pond"]


def test_without_a_key_for_the_model_it_says_what_to_set(daemon: Daemon, key: str, tmp_path: Path) -> None:
    done = run(daemon, key, tmp_path)
    assert (done.returncode, done.stderr) == (1, "Set MODEL_API_KEY to your key for the model.\n")


def test_a_key_that_the_provider_refuses_is_told_with_its_reason(
    daemon: Daemon, key: str, model: RunningModel, tmp_path: Path
) -> None:
    model.rewrite({"turns": [{"failures": [{"status": 401, "message": "this key is not good"}]}]})
    done = run(daemon, key, tmp_path, MODEL_API_KEY="sk-x", MODEL_BASE_URL=model.url)
    assert done.returncode == 0, done.stderr
    assert "session.error: " in done.stdout and "this key is not good" in done.stdout
