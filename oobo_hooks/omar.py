"""What the local daemon knows of an omar agent, asked over HTTP and only while it runs."""

from __future__ import annotations

import re
from typing import Any

from shared import __version__, local_daemon
from shared.errors import OmaError
from shared.http import Client

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOLD = ("id", "task", "backend", "model", "role", "parent", "created_at")


def agent(name: str) -> dict[str, Any] | None:
    """Task, backend, model, role and parent of the agent; None when the daemon is down or does not know it."""
    record = local_daemon.running()
    if record is None or not _NAME.fullmatch(name):
        return None
    try:
        with Client(record.base_url, user_agent=f"oobo/{__version__}", token=_key(), total_seconds=3.0) as client:
            answer = client.request("GET", f"/api/agents/{name}", params={"lines": "1"})
        found = answer.json() if answer.status == 200 else None
    except OmaError:
        return None
    return {key: found.get(key) for key in _TOLD} if isinstance(found, dict) else None


def _key() -> str | None:
    try:
        return local_daemon.owner_key()
    except OmaError:
        return None
