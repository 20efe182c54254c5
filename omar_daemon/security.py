"""What stands between the network and a daemon that runs commands (DESIGN 5.8).

From the outside in: `CorsLayer` (headers of every answer), `HostGuard` (DNS rebinding), `OriginGuard` (hostile web
pages; preflights), then the routes, each of which asks `AccessGuard` for the caller's key. Each is one small class
without state of a request.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omar_daemon.routing import SCOPES, Access, ApiError, ApiRoute, Principal
from omar_daemon.store.keys import Keys

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")

LINKED = "/s/"
"""Where the pages lie whose addresses people give to each other."""

CORS_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "*",
}
PREFLIGHT_HEADERS = {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": "Authorization, x-api-key, Content-Type, Last-Event-ID, anthropic-version, "
    "anthropic-beta, *",
    "access-control-max-age": "600",
}

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

Refuse = Callable[[str, ApiError], Response]
"""Gives an error of a path the shape of the surface the path belongs to."""


class CorsLayer:
    """CORS as seed 002 prints it, on every answer of the layers below."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, _with_cors(send) if scope["type"] == "http" else send)


class HostGuard:
    """400 for every request whose Host is not one of ours, before anything else is looked at."""

    def __init__(self, app: ASGIApp, *, names: Iterable[str], refuse: Refuse) -> None:
        self._app = app
        self._names = LOOPBACK_HOSTS | {name.lower() for name in names}
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).getlist("host")):
            error = ApiError(400, "This Host name is not served here.", code="invalid_request")
            await self._refuse(scope["path"], error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, hosts: list[str]) -> bool:
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        return found is not None and found["name"].lower() in self._names


class OriginGuard:
    """Answers OPTIONS, which preflights are, and 403 to what a browser marks as foreign and carries no valid key.

    A shared page is what people link to: one who follows a link to it from anywhere sees it, while the page the link
    stands on reads nothing, for a window that goes to another page is no frame of it and no answer to a script.
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str], port: int, keys: Keys, refuse: Refuse) -> None:
        self._app = app
        self._own = {f"{name.lower()}:{port}" for name in (*LOOPBACK_HOSTS, *names)}
        self._keys = keys
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=PREFLIGHT_HEADERS)(scope, receive, send)
            return
        if self._is_foreign(headers) and not _follows_link(scope, headers) and not self._has_key(headers):
            error = ApiError(403, "A page of another origin needs a key to call this daemon.", code="forbidden")
            await self._refuse(scope["path"], error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        if any(site not in ("none", "same-origin") for site in headers.getlist("sec-fetch-site")):
            return True
        return any(not self._is_own(origin, headers) for origin in headers.getlist("origin"))

    def _is_own(self, origin: str, headers: Headers) -> bool:
        scheme, separator, place = origin.lower().partition("://")
        if not separator or scheme not in ("http", "https"):
            return False
        return place in self._own or place == headers["host"].lower()

    def _has_key(self, headers: Headers) -> bool:
        token = presented_key(headers)
        return token is not None and self._keys.verify(token) is not None


def _follows_link(scope: Scope, headers: Headers) -> bool:
    """Whether somebody opens a shared page in a window of its own."""
    is_window = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return scope["method"] in ("GET", "HEAD") and scope["path"].startswith(LINKED) and is_window


def _with_cors(send: Send) -> Send:
    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(CORS_HEADERS)
        await send(message)

    return send_with_cors


class AccessGuard:
    """Decides for one route and one request who is calling; ApiError 401 or 403 when nobody who may."""

    def __init__(
        self, *, keys: Keys, require_token: bool, bound_to_loopback: bool, is_tool: Callable[[Request], Awaitable[bool]]
    ) -> None:
        self._keys = keys
        self._keyless = not require_token and bound_to_loopback
        self._is_tool = is_tool

    async def __call__(self, route: ApiRoute, request: Request) -> Principal:
        token = presented_key(request.headers)
        caller = self._keys.verify(token) if token is not None else None
        if caller is not None:
            return self._with_scope(caller, route)
        if route.access is Access.PUBLIC:
            return Principal("anonymous")
        if route.access is Access.LOCAL and token is None and self._keyless and is_loopback(request):
            if await self._is_tool(request):
                raise ApiError(403, "A tool in a sandbox needs a key to call this daemon.", code="forbidden")
            return Principal("local", frozenset({route.key_scope}))
        sentence = "The key is not valid." if token is not None else "This needs a key."
        raise ApiError(401, sentence, code="unauthorized", headers={"www-authenticate": "Bearer"})

    @staticmethod
    def _with_scope(caller: Principal, route: ApiRoute) -> Principal:
        if route.access is not Access.PUBLIC and not caller.may(route.key_scope):
            raise ApiError(403, f"This key has no scope {route.key_scope!r}.", code="forbidden")
        return caller


def presented_key(headers: Headers) -> str | None:
    """The key in `Authorization: Bearer …` or `x-api-key`; None without one. Never from the URL."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if scheme:
        return scheme
    return headers.get("x-api-key")


def is_loopback(request: Request) -> bool:
    """Whether a program of this machine calls. What a proxy passes on comes from anywhere, whatever it says."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def is_loopback_address(host: str) -> bool:
    """Whether a daemon bound to `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def known_scopes(scopes: Sequence[str]) -> bool:
    return all(scope in SCOPES for scope in scopes)
