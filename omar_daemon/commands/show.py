"""`omar show NAME`: one agent, with the end of its screen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from omar_daemon.commands.agent_calls import ask, daemon_runs, known_agents, path_of, running_names
from omar_daemon.dashboard.words import span
from shared import output
from shared.errors import UsageError

MOST_LINES = 10_000


def run(*, name: str, lines: int, json: bool) -> int:
    """Print an agent's facts and its last `lines` lines. Without a daemon, what tmux and the store know."""
    if not 0 <= lines <= MOST_LINES:
        raise UsageError(f"--lines must be from 0 to {MOST_LINES}.")
    found = _detail(name, lines)
    if json:
        output.print_json(found)
        return 0
    for label, value in _facts(found, _parent(found["parent"])):
        output.print_text(f"{label + ':':<10}{output.cell(value)}")
    if found["output_tail"]:
        output.print_text("")
        output.print_text(output.printable(found["output_tail"]))
    return 0


def _detail(name: str, lines: int) -> dict[str, Any]:
    if daemon_runs():
        from omar_daemon.client import daemon_client

        with daemon_client() as client:
            return ask(client, "GET", path_of(name), params={"lines": str(lines)})
    from omar_daemon.fleet.peek import Peek
    from omar_daemon.settings import SETTINGS
    from shared import config

    return Peek(config.load("omar", SETTINGS)).detail(name, lines)


def _parent(name: str | None) -> str | None:
    """The parent, marked when there is nobody of that name to report to."""
    return name if name is None or name in running_names(known_agents()) else f"{name} (does not run)"


def _facts(found: dict[str, Any], parent: str | None) -> list[tuple[str, str]]:
    health = f"{found['health']} (idle {span(found['idle_seconds'])})"
    if found["health"] == "dead":
        health = f"dead ({found['end_reason'] or 'ended'})"
    elif found.get("health_reason"):
        health += f", for it says: {found['health_reason']}"
    facts = [
        ("agent", found["id"]),
        ("health", health),
        ("task", found["task"]),
        ("delivery", found["prompt_delivery"]),
        ("draft", ", ".join(f"not in its input, but in {path}" for path in found.get("drafts", ()))),
        ("parent", parent or ""),
        ("children", ", ".join(found["children"])),
        ("backend", found["backend"]),
        ("command", found["command"]),
        ("workdir", found["workdir"]),
        ("since", datetime.fromisoformat(found["created_at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")),
    ]
    return [(label, value) for label, value in facts if value]
