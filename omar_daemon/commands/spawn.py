"""`omar spawn`: start an agent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from omar_daemon.commands import dry_run as dry_runs
from omar_daemon.commands.agent_calls import ask, callers_programs
from shared import output
from shared.errors import UsageError


def run(
    *,
    name: str | None,
    task: str | None,
    task_file: Path | None,
    workdir: Path | None,
    backend: str | None,
    model: str | None,
    command: str | None,
    parent: str | None,
    role: str | None,
    env: list[str],
    worktree: bool,
    dry_run: bool,
    json: bool,
) -> int:
    """Spawn by the daemon, which is started when needed. Without `workdir` the agent works in this directory.

    `task_file` of `-` is stdin; each of `env` is NAME=VALUE, or NAME alone to pass this shell's value.
    """
    wanted = {
        "name": name,
        "task": _task(task, task_file),
        "workdir": str((workdir or Path.cwd()).expanduser().absolute()),
        "backend": backend,
        "model": model,
        "command": command,
        "parent": parent,
        "role": role,
        "env": _environment(env) or None,
        "worktree": worktree or None,
    }
    body = {key: value for key, value in wanted.items() if value is not None}
    if dry_run:
        return dry_runs.show(f"start {_described(body)}", "POST", "/api/agents", body, json=json)
    return _spawn(body, json)


def _described(body: dict[str, Any]) -> str:
    """The agent in words: its name, what it runs, and where."""
    what = f"`{body['command']}`" if "command" in body else body.get("backend", "the default backend")
    where = f"a git worktree of {body['workdir']}" if "worktree" in body else body["workdir"]
    who = f"agent {body['name']}" if "name" in body else "an agent with a free name"
    return f"{who}, running {what} in {where}"


def _spawn(body: dict[str, Any], json: bool) -> int:
    from omar_daemon.client import daemon_client

    with daemon_client(start=True) as client:
        made = ask(client, "POST", "/api/agents", json=body)
    if json:
        output.print_json(made)
        return 0
    output.print_text(made["id"])
    output.say(f"Agent {made['id']} runs. Look at it with `omar show {made['id']}` or `omar attach {made['id']}`.")
    return 0


def _task(task: str | None, task_file: Path | None) -> str | None:
    if task_file is None:
        return task
    if task is not None:
        raise UsageError("Give the task as text or as a file, not both.")
    try:
        return sys.stdin.read() if str(task_file) == "-" else task_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The task cannot be read from {task_file}: {error}.") from error


def _environment(pairs: list[str]) -> dict[str, str]:
    import os

    found = callers_programs()
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator and name not in os.environ:
            raise UsageError(f"--env {name}: there is no such variable here.", hint="Write --env NAME=VALUE.")
        found[name] = value if separator else os.environ[name]
    return found
