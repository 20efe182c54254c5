"""`omar computer status`: whether the desktop can be used, and who holds it."""

from __future__ import annotations

from typing import Any

from omar_daemon.commands.agent_calls import ask, daemon_runs
from shared import output


def status(*, json: bool) -> int:
    """Print the computer's state; 1 when it cannot be used. Without a daemon the display is looked for from here."""
    found = _found()
    if json:
        output.print_json(found)
    else:
        _print(found)
    return 0 if found["available"] else 1


def _found() -> dict[str, Any]:
    if daemon_runs():
        from omar_daemon.client import daemon_client

        with daemon_client() as client:
            return ask(client, "GET", "/api/computer/status")
    return {**_look(), "held_by": None, "held_seconds": 0.0}


def _look() -> dict[str, Any]:
    from omar_daemon.computer import displays
    from omar_daemon.computer.computer import available, unavailable
    from omar_daemon.computer.errors import NoDisplay
    from omar_daemon.settings import SETTINGS
    from shared import config

    wanted = config.load("omar", SETTINGS).text("computer.display")
    try:
        return available(displays.find(wanted))
    except NoDisplay as problem:
        return unavailable(problem)


def _print(found: dict[str, Any]) -> None:
    if not found["available"]:
        output.print_text(output.printable(f"Computer use is not available: {found['reason']}"))
        return
    size = found["screen_size"]
    output.print_text(f"Computer use is available on {found['display']}, {size['width']}x{size['height']} pixels.")
    if found["held_by"] is None:
        output.print_text("Nobody holds it.")
    else:
        output.print_text(f"{found['held_by']} holds it for {found['held_seconds']:.0f} s.")
