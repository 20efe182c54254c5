"""How this surface answers: the shape of an error, the fleet's errors as statuses, and query values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon import projects
from omar_daemon.events import errors as event_errors
from omar_daemon.fleet import errors as fleet_errors
from omar_daemon.routing import ApiError
from shared.errors import OmaError

_STATUSES: tuple[tuple[type[OmaError], int], ...] = (
    (fleet_errors.InvalidRequest, 400),
    (fleet_errors.KillRefused, 403),
    (fleet_errors.UnknownAgent, 404),
    (fleet_errors.NameTaken, 409),
    (fleet_errors.AgentDead, 409),
    (fleet_errors.InputOccupied, 409),
    (fleet_errors.TooManyAgents, 429),
    (event_errors.InvalidEvent, 400),
    (event_errors.UnknownEvent, 404),
    (event_errors.EventConflict, 409),
    (projects.InvalidProject, 422),
    (projects.UnknownProject, 404),
)
_TRUE = {"", "1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def error(problem: ApiError) -> Response:
    """Every error of /api is `{"error": "<sentence>"}`."""
    return JSONResponse({"error": problem.message}, status_code=problem.status, headers=problem.headers)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """The fleet's errors as statuses of the contract's table; everything else of the fleet is 500."""
    try:
        yield
    except OmaError as problem:
        status = next((number for kind, number in _STATUSES if isinstance(problem, kind)), 500)
        hint = f" {problem.hint}" if problem.hint else ""
        raise ApiError(status, problem.message + hint) from problem


def query_flag(request: Request, name: str) -> bool:
    """`?name`, `?name=true` and the like; 400 for another word."""
    value = request.query_params.get(name, "false").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ApiError(400, f"{name} must be true or false.")


def query_number(request: Request, name: str, default: int, largest: int) -> int:
    """A whole number from 0 to `largest`; 400 for anything else."""
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) <= largest):
        raise ApiError(400, f"{name} must be a whole number from 0 to {largest}.")
    return int(value)
