"""What agents tell their hooks, told as they do: the program that notes it runs with JSON on stdin."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from oobo_hooks.agents import records
from tests.oobo_hooks.scene import Repository

PROGRAM = Path(records.__file__).with_name("record.py")


def tell(tool: str, event: Any, cwd: Path | None = None) -> None:
    """Run the program as an agent does: nothing printed, exit 0."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    command = [sys.executable, "-I", "-S", str(PROGRAM), tool]
    done = subprocess.run(command, input=body, capture_output=True, cwd=cwd, check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def claude(name: str, repository: Repository, **more: Any) -> dict[str, Any]:
    return {"hook_event_name": name, "session_id": "s-1", "cwd": str(repository.path), **more}


def edit(repository: Repository, file: Path, content: str | None, call: str = "toolu_1", **more: Any) -> None:
    """An Edit of Claude Code with its two hooks; None deletes the file."""
    about = {"tool_name": "Edit", "tool_use_id": call, "tool_input": {"file_path": str(file)}, **more}
    tell("claude", claude("PreToolUse", repository, **about))
    file.unlink() if content is None else file.write_text(content)
    tell("claude", claude("PostToolUse", repository, **about, tool_response={"ok": True}))
