"""From a filled form to the request that does it. Each takes the feed and the values, and raises OmaError."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from omar_daemon.commands.agent_calls import callers_programs
from omar_daemon.dashboard.feed import Feed
from omar_daemon.dashboard.words import NANOSECONDS
from shared.errors import UsageError

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)\Z")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
SENDER = "dashboard"


def spawn(feed: Feed, values: dict[str, str]) -> dict[str, Any]:
    """POST /api/agents out of what is not empty; directory and programs are those of this terminal."""
    body: dict[str, Any] = {name: value.strip() for name, value in values.items() if value.strip()}
    body["workdir"] = str(Path(body.get("workdir") or ".").expanduser().absolute())
    body["env"] = callers_programs()
    return feed.act("POST", "/api/agents", json=body)


def send(feed: Feed, name: str, text: str, *, enter: bool = True) -> dict[str, Any]:
    return feed.act("POST", f"/api/agents/{name}/send", json={"text": text, "enter": enter})


def interrupt(feed: Feed, name: str) -> dict[str, Any]:
    """Press Escape in the agent."""
    return feed.act("POST", f"/api/agents/{name}/send", json={"text": "\x1b", "raw": True})


def kill(feed: Feed, name: str, *, tree: bool = False, force: bool = False) -> dict[str, Any]:
    chosen = {key: "true" for key, wanted in (("tree", tree), ("force", force)) if wanted}
    return feed.act("DELETE", f"/api/agents/{name}", params=chosen)


def schedule(feed: Feed, values: dict[str, str]) -> dict[str, Any]:
    """POST /api/events; `delay` and `every` are spans like 30, 5m or 2h."""
    if not values["payload"].strip():
        raise UsageError("An event needs a text.")
    body: dict[str, Any] = {"sender": SENDER, "receiver": values["receiver"].strip(), "payload": values["payload"]}
    if values["delay"].strip():
        body["timestamp"] = time.time_ns() + span_ns(values["delay"])
    if values["every"].strip():
        body["recurring_ns"] = span_ns(values["every"])
    return feed.act("POST", "/api/events", json=body)


def cancel(feed: Feed, event_id: object) -> dict[str, Any]:
    return feed.act("DELETE", f"/api/events/{quote(str(event_id), safe='')}")


def add_project(feed: Feed, values: dict[str, str]) -> dict[str, Any]:
    return feed.act("POST", "/api/projects", json={"name": values["name"].strip()})


def finish_project(feed: Feed, project_id: object) -> dict[str, Any]:
    return feed.act("DELETE", f"/api/projects/{quote(str(project_id), safe='')}")


def span_ns(text: str) -> int:
    """`30`, `30s`, `5m`, `2h`, `1d` in nanoseconds; UsageError for anything else."""
    found = _SPAN.match(text.strip().lower())
    if found is None:
        raise UsageError(f"{text!r} is no time; write 30, 5m, 2h or 1d.")
    return int(float(found[1]) * _SECONDS[found[2]] * NANOSECONDS)
