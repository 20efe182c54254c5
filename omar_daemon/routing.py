"""How a surface of the daemon declares its routes, who may call them, and the shape of its errors."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from starlette.exceptions import HTTPException
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


Guard = Callable[["ApiRoute", Request], Awaitable["Principal"]]


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
        request.state.principal = await guard(self, request)
        if scope["method"] not in (self.methods or ()):
            raise HTTPException(405, headers={"Allow": ", ".join(scope["allowed_methods"])})
        await super().handle(scope, receive, send)


def route(
    path: str, endpoint: Callable[..., Any], *, methods: Sequence[str], access: Access, scope: KeyScope
) -> ApiRoute:
    """One line of a surface's route list."""
    return ApiRoute(path, endpoint, methods=methods, access=access, scope=scope)


class RouteIndex(BaseRoute):
    """All routes of the app, found by the beginning and the depth of a path instead of one after the other.

    Routes that fit a path are still tried in their order. A verb that none of them answers is told of all that are.
    """

    def __init__(self, routes: Sequence[ApiRoute]) -> None:
        forms = [(route, _form(route.path)) for route in routes]
        self._anywhere = [route for route, form in forms if form is None]
        self._shelves: dict[tuple[str, int], _Shelf] = {}
        for first, depth in {(form.first, form.depth) for _, form in forms if form is not None}:
            fitting = [(route, form) for route, form in forms if form is None or form.stands_on(first, depth)]
            self._shelves[first, depth] = _Shelf(fitting)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        partial: Scope = {}
        allowed: set[str] = set()
        for route in self._candidates(scope["path"]):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, "indexed_route": route}
            if match is Match.PARTIAL:
                partial = partial or {**found, "indexed_route": route}
                allowed |= route.methods or set()
        if not partial:
            return Match.NONE, {}
        return Match.PARTIAL, {**partial, "allowed_methods": sorted(allowed)}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["indexed_route"].handle(scope, receive, send)

    def _candidates(self, path: str) -> Sequence[ApiRoute]:
        parts = path.split("/")
        shelf = self._shelves.get((parts[1] if len(parts) > 1 else "", len(parts)))
        return self._anywhere if shelf is None else shelf.find(parts)


@dataclass(frozen=True)
class _Form:
    """What is fixed in the paths of a route: the first part, the second and the last (empty where they vary)."""

    first: str
    second: str
    last: str
    depth: int

    def stands_on(self, first: str, depth: int) -> bool:
        return (self.first, self.depth) == (first, depth)

    def fits(self, second: str, last: str) -> bool:
        return self.second in ("", second) and self.last in ("", last)


def _form(path: str) -> _Form | None:
    """None for a route whose paths are of any depth, or vary from the beginning."""
    parts = ["" if "{" in part else part for part in path.split("/")]
    if ":path}" in path or len(parts) < 2 or not parts[1]:
        return None
    return _Form(parts[1], parts[2] if len(parts) > 2 else "", parts[-1], len(parts))


class _Shelf:
    """The routes with one first part and depth, by their second and last part."""

    def __init__(self, routes: Sequence[tuple[ApiRoute, _Form | None]]) -> None:
        forms = [form for _, form in routes if form is not None]
        self._seconds, self._lasts = {"", *(form.second for form in forms)}, {"", *(form.last for form in forms)}
        self._routes = {
            (second, last): [route for route, form in routes if form is None or form.fits(second, last)]
            for second in self._seconds
            for last in self._lasts
        }

    def find(self, parts: Sequence[str]) -> Sequence[ApiRoute]:
        second, last = parts[2] if len(parts) > 2 else "", parts[-1]
        return self._routes[second if second in self._seconds else "", last if last in self._lasts else ""]


def surface_of(surfaces: Sequence[Surface], path: str) -> Surface:
    """The surface with the longest prefix of `path`; the last one listed answers for everything else."""
    fitting = [s for s in surfaces if path == s.prefix or path.startswith(s.prefix.rstrip("/") + "/")]
    return max(fitting, key=lambda s: len(s.prefix), default=surfaces[-1])
