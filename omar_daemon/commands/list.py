"""`omar list`: the agents and how they are."""

from __future__ import annotations

from typing import Any

from omar_daemon.commands.agent_calls import known_agents, lines_of, running_names
from omar_daemon.dashboard.words import span
from omar_daemon.fleet.health import HEALTHS
from omar_daemon.fleet.panes import MANAGER, PREFIX
from shared import output
from shared.errors import UsageError


def run(*, parent: str | None, health: str | None, json: bool) -> int:
    """Print the agents by name. Without a daemon, what tmux and the store know."""
    if health is not None and health not in HEALTHS:
        raise UsageError(f"--health {health}: unknown.", hint=f"Known: {', '.join(HEALTHS)}.")
    known = known_agents()
    if json:
        output.print_json({**known, "agents": _choose(known["agents"], parent, health)})
        return 0
    lines = lines_of(known)
    agents = _choose(lines, parent, health)
    if not agents and lines:
        output.say("No agent fits.")
        return 0
    if not agents:
        output.say('No agents. Start one with `omar spawn NAME --task "…"`.')
        return 0
    rows = [
        [a["id"], a["health"], span(a["idle_seconds"]), a["parent"] or "", a["backend"] or "", a["last_output"]]
        for a in agents
    ]
    output.print_table(("agent", "health", "idle", "parent", "backend", "last output"), rows, cut_last=True)
    for parent_name in sorted({a["parent"] for a in agents if a["parent"]} - running_names(known)):
        hint = ": `omar manager start` starts the manager" if parent_name == MANAGER else ""
        output.say(f"{parent_name} does not run; nobody takes the reports of the agents below it{hint}.")
    return 0


def _choose(agents: list[dict[str, Any]], parent: str | None, health: str | None) -> list[dict[str, Any]]:
    wanted = parent.removeprefix(PREFIX) if parent is not None else None
    return [
        agent
        for agent in agents
        if (wanted is None or agent["parent"] == wanted) and (health is None or agent["health"] == health)
    ]
