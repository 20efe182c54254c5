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


def test_the_readmes_program_runs_and_prints_the_file_that_was_written(
    daemon: Daemon, key: str, model: RunningModel, tmp_path: Path
) -> None:
    (program,) = [code for code in re.findall(r"```python\n(.*?)```", README.read_text(), re.S) if "Anthropic(" in code]
    write = {"name": "write", "input": {"file_path": "/mnt/session/outputs/haiku.txt", "content": "an old silent pond"}}
    model.rewrite({"turns": [{"tools": [write]}, {"text": "Written."}]})
    environment = {
        **os.environ,
        "OMA_BASE_URL": daemon.url,
        "OMA_API_KEY": key,
        "ANTHROPIC_BASE_URL": daemon.url,
        "ANTHROPIC_API_KEY": key,
        "MODEL_API_KEY": "sk-x",
        "MODEL_BASE_URL": model.url,
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "user.message"
    assert lines[-2:] == ["session.status_idle", "haiku.txt an old silent pond"]
