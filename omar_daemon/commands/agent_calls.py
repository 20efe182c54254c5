"""How the agents' verbs ask the daemon, and what its refusals mean for the exit code."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from shared.errors import NotAuthorisedError, OmaError, UnavailableError, UsageError
from shared.http import Answer, Client


def path_of(name: str, rest: str = "") -> str:
    """The route of one agent, whatever was typed as its name."""
    return f"/api/agents/{quote(name, safe='')}{rest}"


def ask(
    client: Client, method: str, path: str, *, json: Any = None, params: dict[str, str] | None = None
) -> dict[str, Any]:
    """One request and its JSON object; raises the error that fits a refusal, with the daemon's sentence."""
    answer = client.request(method, path, json=json, params=params)
    if answer.status >= 400:
        raise refusal(answer)
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


def daemon_runs() -> bool:
    from shared import local_daemon

    return local_daemon.running() is not None
