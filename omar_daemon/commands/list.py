"""`omar list`: the agents and how they are."""

from __future__ import annotations

from typing import Any

from omar_daemon.commands.agent_calls import ask, daemon_runs
from omar_daemon.fleet.health import HEALTHS
from omar_daemon.fleet.panes import PREFIX
from shared import output
from shared.errors import UsageError


def run(*, parent: str | None, health: str | None, json: bool) -> int:
    """Print the agents by name. Without a daemon, what tmux and the store know."""
    if health is not None and health not in HEALTHS:
        raise UsageError(f"--health {health}: unknown.", hint=f"Known: {', '.join(HEALTHS)}.")
    found = _choose(_overview(), parent, health)
    if json:
        output.print_json(found)
        return 0
    agents = found["agents"]
    if not agents:
        output.say('No agents. Start one with `omar spawn NAME --task "…"`.')
        return 0
    rows = [
        [a["id"], a["health"], f"{a['idle_seconds']} s", a["parent"] or "", a["backend"] or "", a["last_output"]]
        for a in agents
    ]
    output.print_table(("agent", "health", "idle", "parent", "backend", "last output"), rows)
    return 0


def _overview() -> dict[str, Any]:
    if daemon_runs():
        from omar_daemon.client import daemon_client

        with daemon_client() as client:
            return ask(client, "GET", "/api/agents")
    from omar_daemon.fleet.peek import Peek
    from omar_daemon.settings import SETTINGS
    from shared import config

    return Peek(config.load("omar", SETTINGS)).overview()


def _choose(found: dict[str, Any], parent: str | None, health: str | None) -> dict[str, Any]:
    wanted = parent.removeprefix(PREFIX) if parent is not None else None
    agents = [
        agent
        for agent in found["agents"]
        if (wanted is None or agent["parent"] == wanted) and (health is None or agent["health"] == health)
    ]
    return {**found, "agents": agents}
