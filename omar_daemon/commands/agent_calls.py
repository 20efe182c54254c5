"""How the agents' verbs ask the daemon, and what its refusals mean for the exit code."""

from __future__ import annotations

import os
from typing import Any

from omar_daemon.fleet.panes import MANAGER
from shared.errors import NotAuthorisedError, OmaError, UnavailableError, UsageError
from shared.http import Answer, Client

LISTS = {
    "/api/agents/": "`omar list` shows the agents.",
    "/api/events/": "`omar event list` shows the events.",
    "/api/events": "`omar list` shows the agents; --allow-missing is for one that is still to come.",
    "/api/projects/": "`omar project list` shows the projects.",
}
"""What to look at when there is nothing of that name."""


def path_of(name: str, rest: str = "") -> str:
    """The route of one agent by its short or full name; UsageError for what cannot be a name."""
    from omar_daemon.fleet.launch import checked_name

    return f"/api/agents/{checked_name(name)}{rest}"


def ask(
    client: Client, method: str, path: str, *, json: Any = None, params: dict[str, str] | None = None
) -> dict[str, Any]:
    """One request and its JSON object; raises the error that fits a refusal, with the daemon's sentence."""
    answer = client.request(method, path, json=json, params=params)
    if answer.status >= 400:
        problem = refusal(answer)
        if answer.status == 404:
            problem.hint = next((hint for start, hint in LISTS.items() if path.startswith(start)), None)
        raise problem
    found: dict[str, Any] = answer.json()
    return found


def refusal(answer: Answer) -> OmaError:
    sentence = answer.message()
    if answer.status in (400, 413, 422):
        return UsageError(sentence)
    if answer.status == 401:
        return NotAuthorisedError(sentence)
    if answer.status in (502, 503, 504):
        return UnavailableError(sentence)
    return OmaError(sentence)


def known_agents() -> dict[str, Any]:
    """`{agents, manager}` from the daemon; without one, what tmux and the store know."""
    if daemon_runs():
        from omar_daemon.client import daemon_client

        with daemon_client() as client:
            return ask(client, "GET", "/api/agents")
    from omar_daemon.fleet.peek import Peek
    from omar_daemon.settings import SETTINGS
    from shared import config

    return Peek(config.load("omar", SETTINGS)).overview()


def lines_of(known: dict[str, Any]) -> list[dict[str, Any]]:
    """A line for each agent, the manager's first; of that one the surface tells no more than its health."""
    if known.get("manager") is None:
        return list(known["agents"])
    unknown = {"idle_seconds": None, "parent": None, "backend": None, "last_output": ""}
    return [{"id": MANAGER, "health": known["manager"]["health"], **unknown}, *known["agents"]]


def running_names(known: dict[str, Any]) -> set[str]:
    """The short names of the agents that run, the manager among them."""
    return {line["id"] for line in lines_of(known) if line["health"] != "dead"}


def callers_programs() -> dict[str, str]:
    """PATH, for a new agent: the daemon may have been started before its program was installed."""
    return {"PATH": os.environ["PATH"]} if os.environ.get("PATH") else {}


def daemon_runs() -> bool:
    from shared import local_daemon

    return local_daemon.running() is not None
