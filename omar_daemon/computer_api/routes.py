"""The routes of the computer and the statuses of its refusals."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from omar_daemon.bodies import json_body
from omar_daemon.computer import errors
from omar_daemon.computer.actions import KeyboardAction, MouseAction
from omar_daemon.computer.computer import Computer
from omar_daemon.computer.screenshot import Limits
from omar_daemon.computer_api.models import KeyboardBody, LockBody, MouseBody, ReleaseBody, ScreenshotBody
from omar_daemon.fleet.errors import InvalidRequest, UnknownAgent
from omar_daemon.fleet.launch import checked_name
from omar_daemon.routing import Access, ApiError, ApiRoute, route
from omar_daemon.services import Services
from shared.errors import OmaError

BODY_BYTES = 1024 * 1024
_STATUSES: tuple[tuple[type[OmaError], int], ...] = (
    (errors.TooMuchText, 413),
    (errors.InvalidAction, 400),
    (InvalidRequest, 400),
    (errors.NotHolder, 403),
    (errors.LockedByOther, 409),
    (errors.LockNeeded, 412),
    (errors.NoDisplay, 503),
)


class Desk:
    """The handlers, around the one computer of a serving daemon."""

    def __init__(self) -> None:
        self._computer: Computer | None = None
        self._services: Services | None = None

    def open(self, services: Services) -> None:
        """Begin: the lock follows the life of the fleet's agents."""
        self._services = services
        self._computer = Computer(
            self._is_gone,
            idle_seconds=services.settings.number("computer.lock_timeout"),
            display=services.settings.text("computer.display"),
        )
        services.fleet.on_removed.append(self._removed)

    @property
    def computer(self) -> Computer:
        assert self._computer is not None
        return self._computer

    async def status(self, _request: Request) -> Response:
        """GET: `{available, xdotool, screenshot, screen_size, display, held_by, held_seconds, reason}`."""
        with refusals():
            return JSONResponse(await self.computer.status())

    async def acquire(self, request: Request) -> Response:
        """POST lock: `{status, held_by}`; 400, 409, 422, 503."""
        body = await json_body(request, LockBody, limit=BODY_BYTES)
        with refusals():
            name = checked_name(body.agent, "agent")
            new = await self.computer.acquire(name)
        return JSONResponse({"status": "acquired" if new else "already_held", "held_by": name})

    async def release(self, request: Request) -> Response:
        """DELETE lock, the agent in the body or in `?agent=`: many clients drop the body; 400, 403, 422."""
        body = await json_body(request, ReleaseBody, limit=BODY_BYTES, optional=True)
        agent = body.agent if body.agent is not None else request.query_params.get("agent")
        if agent is None:
            raise ApiError(422, "agent: Field required.")
        with refusals():
            released = await self.computer.release(checked_name(agent, "agent"))
        return JSONResponse({"status": "released" if released else "not_held"})

    async def screenshot(self, request: Request) -> Response:
        """POST: the image and its true sizes; 400, 409, 412, 422, 503."""
        body = await json_body(request, ScreenshotBody, limit=BODY_BYTES)
        with refusals():
            name = checked_name(body.agent, "agent")
            return JSONResponse(await self.computer.shoot(name, Limits(body.max_width, body.max_height)))

    async def mouse(self, request: Request) -> Response:
        """POST: `{status, message}`; 400, 409, 412, 422, 503."""
        body = await json_body(request, MouseBody, limit=BODY_BYTES)
        with refusals():
            name = checked_name(body.agent, "agent")
            x, y = await self.computer.point(name, MouseAction(**body.model_dump(exclude={"agent"})))
        return JSONResponse({"status": "ok", "message": f"mouse {body.action} at ({x}, {y})"})

    async def keyboard(self, request: Request) -> Response:
        """POST: `{status, message}`; 400, 409, 412, 413, 422, 503."""
        body = await json_body(request, KeyboardBody, limit=BODY_BYTES)
        with refusals():
            name = checked_name(body.agent, "agent")
            await self.computer.strike(name, KeyboardAction(body.action, body.text))
        return JSONResponse({"status": "ok", "message": f"keyboard {body.action}"})

    async def screen_size(self, _request: Request) -> Response:
        """GET: `{width, height}`; 503."""
        with refusals():
            facts = await self.computer.look()
        return JSONResponse({"width": facts.width, "height": facts.height})

    async def mouse_position(self, _request: Request) -> Response:
        """GET: `{x, y}`; 503."""
        with refusals():
            facts = await self.computer.look()
        return JSONResponse({"x": facts.pointer[0], "y": facts.pointer[1]})

    def routes(self) -> list[ApiRoute]:
        below = "/api/computer"
        return [
            _route(f"{below}/status", self.status, "GET", "HEAD"),
            _route(f"{below}/lock", self.acquire, "POST"),
            _route(f"{below}/lock", self.release, "DELETE"),
            _route(f"{below}/screenshot", self.screenshot, "POST"),
            _route(f"{below}/mouse", self.mouse, "POST"),
            _route(f"{below}/keyboard", self.keyboard, "POST"),
            _route(f"{below}/screen-size", self.screen_size, "GET", "HEAD"),
            _route(f"{below}/mouse-position", self.mouse_position, "GET", "HEAD"),
        ]

    async def _is_gone(self, name: str) -> bool:
        """A name that is no agent's is a client of its own, `ea` among them while no manager is started."""
        assert self._services is not None
        try:
            return bool((await self._services.fleet.summary(name))["health"] == "dead")
        except UnknownAgent:
            return False

    async def _removed(self, name: str) -> int:
        self.computer.forget(name)
        return 0


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """The computer's errors as statuses of the contract's table."""
    try:
        yield
    except OmaError as problem:
        status = next((number for kind, number in _STATUSES if isinstance(problem, kind)), 500)
        hint = f" Install it with: {problem.hint}" if isinstance(problem, errors.NoDisplay) and problem.hint else ""
        raise ApiError(status, problem.message + hint) from problem


def _route(path: str, endpoint: Callable[..., Any], *methods: str) -> ApiRoute:
    return route(path, endpoint, methods=methods, access=Access.LOCAL, scope="agents")
