"""The contract's table of `/api` as data: what is asked, and what must be answered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

HOUR = 3600 * 10**9
ANYTHING = object()


@dataclass(frozen=True)
class Row:
    """`route` as it is declared, `path` as it is asked. `keys` are all the keys of a success; `holds` are values."""

    method: str
    route: str
    path: str
    statuses: tuple[int, ...]
    body: Any = None
    keys: frozenset[str] | None = None
    holds: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return f"{self.method} {self.path} {str(self.body)[:50]} {self.statuses}"


def row(
    method: str, route: str, expected: int | tuple[int, ...], place: str = "", /, *, body: Any = None, **more: Any
) -> Row:
    """`place` is what stands for the route's `{id}` (and a query), or the whole path when it begins with `/`."""
    asked = place if place.startswith("/") else route.replace("{id}", place) if "{id}" in route else route + place
    statuses = expected if isinstance(expected, tuple) else (expected,)
    keys = frozenset(str(more.pop("keys")).split()) if "keys" in more else None
    return Row(method, route, asked, statuses, body, keys, tuple(more.items()))


BRIEF = "id status health idle_seconds last_output parent backend created_at"
AGENTS, AGENT = "/api/agents", "/api/agents/{id}"
EVENTS, EVENT = "/api/events", "/api/events/{id}"
PROJECTS, PROJECT = "/api/projects", "/api/projects/{id}"
SAID = {"sender": "ea", "receiver": "here", "payload": "x"}


def later(**body: Any) -> dict[str, Any]:
    return {**SAID, "timestamp": time.time_ns() + HOUR, **body}


AGENT_ROWS = [
    row("GET", "/api/health", 200, keys="status version uptime_seconds pid", status="ok"),
    row("GET", "/api/backends", 200, keys="backends"),
    row("POST", AGENTS, 200, body={"name": "n1", "command": "cat"}, keys="id status session created_at", id="n1",
        status="running", session="omar-agent-n1"),
    row("POST", AGENTS, 200, body={"command": "cat", "unknown": [1]}, keys="id status session created_at"),
    row("POST", AGENTS, 200, body={"name": "n2", "task": "T", "parent": "here", "role": "r", "env": {"A": "b"},
        "model": "m-1/x", "workdir": "/", "command": "cat #"}),
    row("POST", AGENTS, 400, body={"name": "x", "command": "cat", "backend": "claude"}),
    row("POST", AGENTS, 400, body={"name": "x", "backend": "nothing"}),
    row("POST", AGENTS, 400, body={"name": "x", "backend": "codex"}),
    row("POST", AGENTS, 400, body={"name": "x", "command": "cat", "model": "a b"}),
    row("POST", AGENTS, 400, body={"name": "x/../y", "command": "cat"}),
    row("POST", AGENTS, 400, body={"name": "", "command": "cat"}),
    row("POST", AGENTS, 400, body={"name": "omar-agent-omar-agent-x", "command": "cat"}),
    row("POST", AGENTS, 400, body={"name": "x", "command": "cat", "workdir": "/no/such"}),
    row("POST", AGENTS, 400, body={"name": "x", "command": "cat", "workdir": "/", "worktree": True}),
    row("POST", AGENTS, 400, body=b'{"name": '),
    row("POST", AGENTS, 409, body={"name": "here", "command": "cat"}),
    row("POST", AGENTS, 409, body={"name": "omar-agent-here", "command": "cat"}),
    row("POST", AGENTS, 422, body={"name": 5}),
    row("POST", AGENTS, 422, body={"env": {"A": 1}}),
    row("POST", AGENTS, 422, body=[]),
    row("POST", AGENTS, 429, body={"name": "x", "command": "cat"}),
    row("POST", AGENTS, 500, body={"name": "x", "command": "exit 9"}),
    row("GET", AGENTS, 200, keys="agents manager"),
    row("GET", AGENTS, 200, "?parent=ea&health=working", keys="agents manager"),
    row("GET", AGENTS, 400, "?health=fine"),
    row("GET", AGENT, 200, "here", keys=f"{BRIEF} session task workdir command model role output_tail children"
        " prompt_delivery health_reason drafts", id="here", status="running"),
    row("GET", AGENT, 200, "omar-agent-here?lines=1", id="here"),
    row("GET", AGENT, 200, "dead", status="dead", health="dead", exit_code=3),
    row("GET", AGENT, 404, "nobody"),
    row("GET", AGENT, 404, "her"),
    row("GET", AGENT, 400, "here?lines=x"),
    row("GET", AGENT, 400, "here?lines=10001"),
    row("GET", AGENT + "/summary", 200, "here", keys="id health task status children", id="here", task=None),
    row("GET", AGENT + "/summary", 404, "nobody"),
    row("PUT", AGENT + "/status", 200, "here", body={"status": "50 %"}, keys="status message", status="updated"),
    row("PUT", AGENT + "/status", 404, "nobody", body={"status": "x"}),
    row("PUT", AGENT + "/status", 422, "here", body={}),
    row("PUT", AGENT + "/status", 422, "here", body={"status": None}),
    row("PUT", AGENT + "/status", 413, "here", body={"status": "x" * 65_537}),
    row("POST", AGENT + "/send", 200, "here", body={"text": "y", "enter": True}, keys="status", status="sent"),
    row("POST", AGENT + "/send", 200, "here", body={"text": "y", "enter": None, "raw": None}, status="sent"),
    row("POST", AGENT + "/send", 404, "nobody", body={"text": "x"}),
    row("POST", AGENT + "/send", 422, "here", body={"enter": True}),
    row("POST", AGENT + "/send", 422, "here", body={"text": 5}),
    row("POST", AGENT + "/send", 400, "here", body={"text": "\u001b[A"}),
    row("POST", AGENT + "/send", 409, "dead", body={"text": "x"}),
    row("GET", AGENT + "/stream", 404, "nobody"),
    row("GET", AGENT + "/stream", 200, "dead"),
    row("DELETE", AGENT, 200, "victim", keys="status message events_cancelled children_orphaned", status="killed",
        events_cancelled=1, children_orphaned=1),
    row("DELETE", AGENT, 200, "top?tree=true&force=true", status="killed", children_orphaned=0),
    row("DELETE", AGENT, 403, "ea"),
    row("DELETE", AGENT, 403, "omar-agent-ea?force=true"),
    row("DELETE", AGENT, 404, "nobody"),
    row("DELETE", AGENT, 400, "here?force=perhaps"),
    row("PATCH", AGENT, 405, "here", body={}),
    row("DELETE", AGENTS, 405),
    row("GET", AGENT, 404, "here/nothing"),
]  # fmt: skip

EVENT_ROWS = [
    row("POST", EVENTS, 200, body=later(id="kept"), keys="id timestamp", id="kept"),
    row("POST", EVENTS, 200, body={**SAID, "timestamp": None, "recurring_ns": HOUR}),
    row("POST", EVENTS, 200, body={**SAID, "receiver": "omar-agent-here"}),
    row("POST", EVENTS, 200, body=later(receiver="nobody", allow_missing=True)),
    row("POST", EVENTS, 400, body={**SAID, "timestamp": 1}),
    row("POST", EVENTS, 400, body={**SAID, "timestamp": time.time_ns() - 2 * 10**9}),
    row("POST", EVENTS, 400, body={**SAID, "timestamp": 2**63}),
    row("POST", EVENTS, 400, body={**SAID, "recurring_ns": 999_999_999}),
    row("POST", EVENTS, 400, body={**SAID, "recurring_ns": 0}),
    row("POST", EVENTS, 400, body={**SAID, "payload": "ü" * (128 * 1024 + 1)}),
    row("POST", EVENTS, 400, body={**SAID, "payload": "\u001b[201~"}),
    row("POST", EVENTS, 400, body={**SAID, "sender": "two\nlines"}),
    row("POST", EVENTS, 400, body={**SAID, "sender": ""}),
    row("POST", EVENTS, 400, body={**SAID, "receiver": "../x"}),
    row("POST", EVENTS, 400, body={**SAID, "id": "a b"}),
    row("POST", EVENTS, 400, body={**SAID, "id": ".."}),
    row("POST", EVENTS, 400, body=b"{"),
    row("POST", EVENTS, 404, body={**SAID, "receiver": "nobody"}),
    row("POST", EVENTS, 404, body={**SAID, "receiver": "her"}),
    row("POST", EVENTS, 409, body=later(id="kept", payload="another")),
    row("POST", EVENTS, 413, body={**SAID, "payload": "x" * 3_000_000}),
    row("POST", EVENTS, 422, body={"receiver": "here", "payload": "x"}),
    row("POST", EVENTS, 422, body={**SAID, "payload": 5}),
    row("POST", EVENTS, 422, body={**SAID, "timestamp": "soon"}),
    row("POST", EVENTS, 422, body={**SAID, "timestamp": True}),
    row("POST", EVENTS, 422, body={**SAID, "recurring_ns": True}),
    row("GET", EVENTS, 200, keys="events"),
    row("GET", EVENTS, 200, "?receiver=omar-agent-here", keys="events"),
    row("GET", EVENTS, 200, "?state=dead", keys="events"),
    row("GET", EVENTS, 400, "?state=odd"),
    row("DELETE", EVENT, 200, "kept", keys="status id", status="cancelled", id="kept"),
    row("DELETE", EVENT, 404, "kept"),
    row("DELETE", EVENT, 404, "nothing"),
    row("DELETE", EVENTS, 405),
]

PROJECT_ROWS = [
    row("POST", PROJECTS, 200, body={"name": "  Build it  "}, keys="id name", id=1, name="Build it"),
    row("POST", PROJECTS, 200, body={"name": "n" * 500}, id=2),
    row("POST", PROJECTS, 422, body={"name": "n" * 501}),
    row("POST", PROJECTS, 422, body={"name": "two\nlines"}),
    row("POST", PROJECTS, 422, body={"name": "  "}),
    row("POST", PROJECTS, 422, body={}),
    row("POST", PROJECTS, 422, body={"name": 3}),
    row("POST", PROJECTS, 400, body=b"name"),
    row("GET", PROJECTS, 200, keys="projects"),
    row("DELETE", PROJECT, 200, "1", keys="status message", status="completed"),
    row("DELETE", PROJECT, 404, "1"),
    row("DELETE", PROJECT, 404, "99999999999999999999"),
    row("DELETE", PROJECT, 400, "one"),
    row("DELETE", PROJECT, 400, "-1"),
]

# What holds with a display and without one.
COMPUTER = "/api/computer"
COMPUTER_ROWS = [
    row("GET", COMPUTER + "/status", 200),
    row("POST", COMPUTER + "/lock", 422, body={}),
    row("POST", COMPUTER + "/lock", 400, body={"agent": "a b"}),
    row("DELETE", COMPUTER + "/lock", 200, "?agent=here", status="not_held"),
    row("DELETE", COMPUTER + "/lock", 422),
    row("POST", COMPUTER + "/screenshot", 422, body={}),
    row("POST", COMPUTER + "/screenshot", (412, 503), body={"agent": "here"}),
    row("POST", COMPUTER + "/mouse", 422, body={"agent": "here"}),
    row("POST", COMPUTER + "/keyboard", 422, body={"agent": "here"}),
    row("GET", COMPUTER + "/screen-size", (200, 503)),
    row("GET", COMPUTER + "/mouse-position", (200, 503)),
]

MOVE = {"action": "move", "x": 1, "y": 1}
KEY = {"action": "key", "text": "Escape"}
STATUS = "available xdotool screenshot screen_size display held_by held_seconds reason"
IMAGE = "image_base64 width height format screen_width screen_height scale"

# In this order on a daemon with a display: the lock goes from nobody to `here` and back.
DISPLAY_ROWS = [
    row("GET", COMPUTER + "/status", 200, keys=STATUS, available=True, xdotool=True, screenshot=True, held_by=None),
    row("POST", COMPUTER + "/screenshot", 412, body={"agent": "here"}),
    row("POST", COMPUTER + "/mouse", 412, body={"agent": "here", **MOVE}),
    row("POST", COMPUTER + "/keyboard", 412, body={"agent": "here", **KEY}),
    row("POST", COMPUTER + "/lock", 409, body={"agent": "dead"}),
    row("POST", COMPUTER + "/lock", 200, body={"agent": "omar-agent-here"}, keys="status held_by", status="acquired",
        held_by="here"),
    row("POST", COMPUTER + "/lock", 200, body={"agent": "here"}, keys="status held_by", status="already_held"),
    row("POST", COMPUTER + "/lock", 409, body={"agent": "ea"}),
    row("GET", COMPUTER + "/status", 200, keys=STATUS, held_by="here"),
    row("POST", COMPUTER + "/screenshot", 409, body={"agent": "ea"}),
    row("POST", COMPUTER + "/mouse", 409, body={"agent": "ea", **MOVE}),
    row("POST", COMPUTER + "/keyboard", 409, body={"agent": "ea", **KEY}),
    row("POST", COMPUTER + "/screenshot", 200, body={"agent": "here", "max_width": 100}, keys=IMAGE, width=100,
        format="png"),
    row("POST", COMPUTER + "/screenshot", 400, body={"agent": "here", "max_height": 0}),
    row("POST", COMPUTER + "/mouse", 200, body={"agent": "here", **MOVE}, keys="status message", status="ok",
        message="mouse move at (1, 1)"),
    row("POST", COMPUTER + "/mouse", 400, body={"agent": "here", **MOVE, "action": "poke"}),
    row("POST", COMPUTER + "/mouse", 400, body={"agent": "here", **MOVE, "x": 100_000}),
    row("POST", COMPUTER + "/mouse", 422, body={"agent": "here", **MOVE, "x": True}),
    row("POST", COMPUTER + "/mouse", 200, body={"agent": "here", **MOVE, "button": None, "scale": None}),
    row("POST", COMPUTER + "/keyboard", 200, body={"agent": "here", **KEY}, keys="status message", status="ok"),
    row("POST", COMPUTER + "/keyboard", 400, body={"agent": "here", "action": "key", "text": "nokey"}),
    row("POST", COMPUTER + "/keyboard", 400, body={"agent": "here", "action": "press", "text": "a"}),
    row("GET", COMPUTER + "/screen-size", 200, keys="width height"),
    row("GET", COMPUTER + "/mouse-position", 200, keys="x y", x=1, y=1),
    row("DELETE", COMPUTER + "/lock", 403, "?agent=ea"),
    row("DELETE", COMPUTER + "/lock", 200, body={"agent": "here"}, keys="status", status="released"),
    row("DELETE", COMPUTER + "/lock", 200, "?agent=here", keys="status", status="not_held"),
]  # fmt: skip

# The daemon's own keys are no part of the contract's table; test_security holds them.
ELSEWHERE = {("POST", "/api/open"), ("GET", "/api/keys"), ("POST", "/api/keys"), ("DELETE", "/api/keys/{id}")}

ROWS = [*AGENT_ROWS, *EVENT_ROWS, *PROJECT_ROWS, *COMPUTER_ROWS]
