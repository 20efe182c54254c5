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
from starlette.routing import Match, Route
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
        self._fixed = path.split("{", 1)[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # Nearly every route of a hundred is another one: a look at its fixed beginning is cheaper than its pattern.
        if scope["type"] == "http" and not scope["path"].startswith(self._fixed):
            return Match.NONE, {}
        return super().matches(scope)

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


def surface_of(surfaces: Sequence[Surface], path: str) -> Surface:
    """The surface with the longest prefix of `path`; the last one listed answers for everything else."""
    fitting = [s for s in surfaces if path == s.prefix or path.startswith(s.prefix.rstrip("/") + "/")]
    return max(fitting, key=lambda s: len(s.prefix), default=surfaces[-1])
