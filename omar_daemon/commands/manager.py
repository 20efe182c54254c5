"""`omar manager start`: the agent that runs the others for a person."""

from __future__ import annotations

from pathlib import Path

from omar_daemon.commands import dry_run as dry_runs
from omar_daemon.commands.agent_calls import ask, callers_programs
from omar_daemon.fleet import panes
from omar_daemon.fleet.panes import MANAGER
from shared import output


def start(
    *,
    task: str | None,
    workdir: Path | None,
    backend: str | None,
    model: str | None,
    command: str | None,
    dry_run: bool,
    json: bool,
) -> int:
    """Start the manager with its own prompt and a summary of how things stand; one that runs is left alone."""
    wanted = {
        "name": MANAGER,
        "task": task,
        "workdir": str((workdir or Path.cwd()).expanduser().absolute()),
        "backend": backend,
        "model": model,
        "command": command,
        "env": callers_programs() or None,
    }
    body = {key: value for key, value in wanted.items() if value is not None}
    if dry_run:
        sentence = "start the manager, unless it runs"
        return dry_runs.show(sentence, "POST", "/api/agents", body, json=json)
    from omar_daemon.client import daemon_client

    with daemon_client(start=True) as client:
        manager = ask(client, "GET", "/api/agents")["manager"]
        started = manager is None or manager["health"] == "dead"
        if started:
            ask(client, "POST", "/api/agents", json=body)
    if json:
        output.print_json({"started": started, "id": MANAGER, "session": panes.PREFIX + MANAGER})
    else:
        output.say(f"The manager {'runs' if started else 'runs already'}. Talk to it with `omar attach {MANAGER}`.")
    return 0
