"""Asks the running daemon for its agents' names, quickly or not at all: a TAB must never hang or complain."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import threading
from types import FrameType
from typing import Any

from shared import local_daemon, output, paths

SECONDS = 0.2
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def run() -> int:
    """Print one name a line; 0 whatever happens."""
    if threading.current_thread() is threading.main_thread():
        # A socket's time limit starts anew with every byte; this one does not.
        signal.signal(signal.SIGALRM, _give_up)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        names = living_agents()
    except (OSError, ValueError, http.client.HTTPException):
        return 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    for name in names:
        output.print_text(name)
    return 0


def living_agents() -> list[str]:
    """Names of the daemon's agents, the manager's included; [] when none runs. Raises what a broken one causes."""
    record = local_daemon.running()
    if record is None:
        return []
    host = local_daemon.url_host(record.host).strip("[]")
    connection = http.client.HTTPConnection(host, record.port, timeout=SECONDS)
    try:
        connection.request("GET", "/api/agents", headers=_headers())
        body = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return _names(body)


def _headers() -> dict[str, str]:
    """The owner's key where there is one: the daemon may ask for it (`[api] require_token`)."""
    try:
        return {"Authorization": f"Bearer {paths.owner_key_file().read_text(encoding='ascii').strip()}"}
    except (OSError, ValueError):
        return {}


def _names(body: Any) -> list[str]:
    agents = body.get("agents", []) if isinstance(body, dict) else []
    found = [agent.get("id") for agent in agents if isinstance(agent, dict)]
    if isinstance(body, dict) and isinstance(body.get("manager"), dict):
        found.append("ea")
    # A shell expands what it is given, so nothing else may pass.
    return [name for name in found if isinstance(name, str) and _NAME.fullmatch(name)]


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)
