"""`omar status`: whether the daemon runs, and what it looks after."""

from __future__ import annotations

import time
from typing import Any

from omar_daemon.commands.agent_calls import ask, lines_of
from omar_daemon.dashboard.words import span
from shared import local_daemon, output
from shared.local_daemon import DaemonRecord

EXIT_NOT_RUNNING = 1


def run(*, json: bool) -> int:
    """Print the daemon's state; 1 when it does not run. Starts nothing."""
    record = local_daemon.running()
    if record is None:
        if json:
            output.print_json({"running": False})
        else:
            output.print_text("The daemon does not run. Start it with `omar up`.")
        return EXIT_NOT_RUNNING
    found = _collect(record)
    if json:
        output.print_json(found)
    else:
        _print(found)
    return 0 if found["healthy"] else EXIT_NOT_RUNNING


def _collect(record: DaemonRecord) -> dict[str, Any]:
    from omar_daemon.client import daemon_client

    found: dict[str, Any] = {
        "running": True,
        "healthy": local_daemon.health(record) is not None,
        "url": record.base_url,
        "pid": record.pid,
        "version": record.version,
        "uptime_seconds": round(time.time() - record.started_at, 1),
    }
    if found["healthy"]:
        with daemon_client() as client:
            found.update(ask(client, "GET", "/api/agents"))
    return found


def _print(found: dict[str, Any]) -> None:
    state = "runs" if found["healthy"] else "does not answer"
    uptime = span(found["uptime_seconds"])
    output.print_text(
        f"The daemon {state} on {found['url']} (pid {found['pid']}, version {found['version']}, up {uptime})."
    )
    agents = lines_of(found) if "agents" in found else []
    if not agents:
        output.print_text('No agents. Start one with `omar spawn NAME --task "…"`.')
        return
    rows = [[a["id"], a["health"], span(a["idle_seconds"]), a["last_output"]] for a in agents]
    output.print_table(("agent", "health", "idle", "last output"), rows, cut_last=True)
