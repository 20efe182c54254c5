"""`omar wait NAME…`: return when agents have come to a state."""

from __future__ import annotations

import time
from typing import Any

from omar_daemon.commands.agent_calls import ask
from omar_daemon.fleet.health import HEALTHS
from omar_daemon.fleet.launch import checked_name
from omar_daemon.fleet.panes import MANAGER
from shared import output
from shared.errors import OmaError, UsageError
from shared.http import Client

LOOK_SECONDS = 0.2
GONE = "gone"


def run(*, names: list[str], health: str, timeout: float | None, json: bool) -> int:
    """Wait until every agent has this health; 1 when one cannot reach it any more, or at the end of `timeout`.

    An agent that is killed while it is waited for counts as dead.
    """
    if health not in HEALTHS:
        raise UsageError(f"--health {health}: unknown.", hint=f"Known: {', '.join(HEALTHS)}.")
    from omar_daemon.client import daemon_client

    wanted = [checked_name(name) for name in names]
    deadline = None if timeout is None else time.monotonic() + timeout
    with daemon_client() as client:
        found = _healths(client, wanted)
        missing = [name for name in wanted if found[name] == GONE]
        if missing:
            raise OmaError(f"Agent '{missing[0]}' not found.", hint="`omar list` shows the agents.")
        while not _is_over(found, health) and (deadline is None or time.monotonic() < deadline):
            time.sleep(LOOK_SECONDS)
            found = _healths(client, wanted)
    return _report(found, health, json)


def _healths(client: Client, names: list[str]) -> dict[str, str]:
    overview = ask(client, "GET", "/api/agents")
    known: dict[str, str] = {agent["id"]: agent["health"] for agent in overview["agents"]}
    manager: dict[str, Any] | None = overview["manager"]
    if manager is not None:
        known[MANAGER] = manager["health"]
    return {name: known.get(name, GONE) for name in names}


def _reached(found: str, wanted: str) -> bool:
    return found == wanted or (wanted == "dead" and found == GONE)


def _is_over(found: dict[str, str], wanted: str) -> bool:
    """All are there, or one never will be."""
    lost = any(health in ("dead", GONE) and not _reached(health, wanted) for health in found.values())
    return lost or all(_reached(health, wanted) for health in found.values())


def _report(found: dict[str, str], wanted: str, json: bool) -> int:
    late = {name: health for name, health in found.items() if not _reached(health, wanted)}
    if json:
        output.print_json({"reached": not late, "agents": [{"id": n, "health": h} for n, h in found.items()]})
    for name, health in late.items():
        output.say(f"Agent {name} is {health}, not {wanted}.")
    return 1 if late else 0
