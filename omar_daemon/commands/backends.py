"""`omar backends`: which agent programs are installed."""

from __future__ import annotations

from typing import Any

from omar_daemon.commands.agent_calls import ask, daemon_runs
from shared import output


def run(*, json: bool) -> int:
    """Print the known backends. Without a daemon they are looked for from here."""
    found = _backends()
    if json:
        output.print_json({"backends": found})
        return 0
    rows = [[entry["name"], "yes" if entry["available"] else "no", entry["command"]] for entry in found]
    output.print_table(("backend", "installed", "command"), rows)
    return 0


def _backends() -> list[dict[str, Any]]:
    if daemon_runs():
        from omar_daemon.client import daemon_client

        with daemon_client() as client:
            found: list[dict[str, Any]] = ask(client, "GET", "/api/backends")["backends"]
            return found
    import asyncio

    from omar_daemon.fleet.backends import Registry
    from omar_daemon.fleet.probe import Probe
    from omar_daemon.settings import SETTINGS
    from shared import config

    return asyncio.run(Probe(Registry(config.load("omar", SETTINGS).table("backends"))).backends())
