"""Model scripts that drive a real agent CLI, in the words of its own tools."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Literal

Cli = Literal["claude", "codex", "opencode"]

ASIDE = "A short title"


def edit_and_commit(cli: Cli, path: Path, content: str, message: str) -> dict[str, Any]:
    """Write `path`, commit everything there, say it is done: three responses."""
    commit = f"git add -A && git commit -q -m {shlex.quote(message)}"
    turns = [
        {"text": "I will write the file.", "tools": [write(cli, path, content)], "usage": usage(1)},
        {"tools": [shell(cli, commit)], "usage": usage(2)},
        {"text": "The file is written and committed.", "usage": usage(3)},
    ]
    return {"aside": ASIDE, "turns": turns}


def usage(number: int) -> dict[str, int]:
    """Token numbers that tell the responses apart in a log."""
    return {"input": 100 * number, "output": 10 * number, "cache_read": 1000 * number}


def write(cli: Cli, path: Path, content: str) -> dict[str, Any]:
    """A call that makes a new file of `content` (whole lines)."""
    if cli == "claude":
        return {"name": "Write", "input": {"file_path": str(path), "content": content}}
    if cli == "opencode":
        return {"name": "write", "input": {"filePath": str(path), "content": content}}
    added = "\n".join(f"+{line}" for line in content.splitlines())
    patch = f"*** Begin Patch\n*** Add File: {path.name}\n{added}\n*** End Patch"
    return shell(cli, f"apply_patch <<'PATCH'\n{patch}\nPATCH")


def shell(cli: Cli, command: str) -> dict[str, Any]:
    """A call of the CLI's shell tool."""
    if cli == "claude":
        return {"name": "Bash", "input": {"command": command, "description": "Run a command"}}
    if cli == "opencode":
        return {"name": "bash", "input": {"command": command, "description": "Run a command"}}
    return {"name": "exec_command", "input": {"cmd": command}}
