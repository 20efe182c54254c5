"""How a surface of the daemon declares its routes, who may call them, and the shape of its errors."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from omar_daemon.services import Services

KeyScope = Literal["agents", "metrics", "anchors", "managed", "admin", "worker"]
SCOPES: tuple[KeyScope, ...] = ("agents", "metrics", "anchors", "managed", "admin", "worker")


class Access(enum.Enum):
    """Who may call a route (DESIGN 5.8)."""

    PUBLIC = "public"
    """No key, ever: on the written allow-list of the route-table test."""
    LOCAL = "local"
    """From loopback without a key, unless `[api] require_token` or another bind address asks for one."""
    KEY = "key"
    """Always a key with the route's scope."""


class ApiError(Exception):
    """A refused request: HTTP status and one sentence; the surface gives it its body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


ErrorShape = Callable[[ApiError], Response]


@dataclass(frozen=True)
class Surface:
    """One HTTP surface: the routes below `prefix`, and how its errors look (framework errors included)."""

    name: str
    prefix: str
    routes: Sequence[ApiRoute]
    error: ErrorShape
    middleware: Sequence[Middleware] = ()
    """ASGI layers around the whole app; each leaves other surfaces' paths alone."""
    lifespan: Callable[[Services], AbstractAsyncContextManager[None]] | None = None
    """What of this surface lives as long as the daemon serves."""


@dataclass(frozen=True)
class Principal:
    """Who is calling: the user a key belongs to (`local` without one), and what the key may do."""

    user: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    key_id: str | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


Guard = Callable[["ApiRoute", Request], "Principal"]


class ApiRoute(Route):
    """A Starlette route that asks the app's guard before its endpoint runs."""

    def __init__(
        self, path: str, endpoint: Callable[..., Any], *, methods: Sequence[str], access: Access, scope: KeyScope
    ) -> None:
        super().__init__(path, endpoint, methods=list(methods), include_in_schema=False)
        self.access = access
        self.key_scope = scope
        # Starlette adds HEAD to every GET; a surface answers only the verbs it names.
        self.methods = {method.upper() for method in methods}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        guard: Guard = scope["app"].state.guard
        request = Request(scope, receive)
        request.state.principal = guard(self, request)
        await super().handle(scope, receive, send)


def route(
    path: str, endpoint: Callable[..., Any], *, methods: Sequence[str], access: Access, scope: KeyScope
) -> ApiRoute:
    """One line of a surface's route list."""
    return ApiRoute(path, endpoint, methods=methods, access=access, scope=scope)


class RouteIndex(BaseRoute):
    """All routes of the app, found by the beginning and the depth of a path instead of one after the other.

    Routes that fit a path are still tried in their order.
    """

    def __init__(self, routes: Sequence[ApiRoute]) -> None:
        self._by_beginning: dict[_Beginning, list[ApiRoute]] = {}
        ways = [_beginning(route.path) for route in routes]
        for beginning in {*ways, *[(first, "", depth) for first, _, depth in ways], _ANYWHERE}:
            self._by_beginning[beginning] = [
                route for route, way in zip(routes, ways, strict=True) if _covers(way, beginning)
            ]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        partial: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._candidates(scope["path"]):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "indexed_route": route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**found, "indexed_route": route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["indexed_route"].handle(scope, receive, send)

    def _candidates(self, path: str) -> Sequence[ApiRoute]:
        first, second = (*path.split("/", 3)[1:3], "", "")[:2]
        depth = path.count("/")
        known = self._by_beginning
        return known.get((first, second, depth)) or known.get((first, "", depth)) or known[_ANYWHERE]


_Beginning = tuple[str, str, int]
"""The first two parts of a path (empty where they vary) and its depth."""
_ANYWHERE: _Beginning = ("", "", 0)


def _beginning(path: str) -> _Beginning:
    if ":path}" in path:
        return _ANYWHERE
    first, second = (*path.split("/", 3)[1:3], "", "")[:2]
    if "{" in first:
        return _ANYWHERE
    return first, "" if "{" in second else second, path.count("/")


def _covers(way: _Beginning, beginning: _Beginning) -> bool:
    """Whether a route of `way` may fit a path that begins so."""
    return way in (beginning, (beginning[0], "", beginning[2]), _ANYWHERE)


def surface_of(surfaces: Sequence[Surface], path: str) -> Surface:
    """The surface with the longest prefix of `path`; the last one listed answers for everything else."""
    fitting = [s for s in surfaces if path == s.prefix or path.startswith(s.prefix.rstrip("/") + "/")]
    return max(fitting, key=lambda s: len(s.prefix), default=surfaces[-1])
