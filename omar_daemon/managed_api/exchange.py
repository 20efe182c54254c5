"""What every answer of /v1 carries: a request id, the rate-limit headers, and an error shape that suits the caller.

One ASGI layer around the whole app, so that answers of the security layers and of the framework carry it too. It
leaves other surfaces alone.
"""

from __future__ import annotations

import contextvars
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omar_daemon.managed_api.rates import RateLimiter
from omar_daemon.routing import ApiError
from omar_daemon.security import presented_key
from omar_daemon.store.managed.ids import new_id

PREFIX = "/v1"


@dataclass(frozen=True)
class Exchange:
    """One request: its id, whether the caller speaks the hosted dialect (`anthropic-version`), headers to add."""

    request_id: str = field(default_factory=lambda: new_id("req"))
    hosted: bool = False
    headers: dict[str, str] = field(default_factory=dict)


_current: contextvars.ContextVar[Exchange | None] = contextvars.ContextVar("managed_exchange", default=None)


def current() -> Exchange:
    """The exchange that is being answered; a fresh one outside of any."""
    return _current.get() or Exchange()


class ExchangeLayer:
    """Counts the request, gives it an id, and adds both to the answer."""

    def __init__(self, app: ASGIApp, *, requests_per_minute: int, refuse: Callable[[ApiError], Response]) -> None:
        self._app = app
        self._limiter = RateLimiter(requests_per_minute)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowance = self._limiter.take(_caller(scope, headers))
        exchange = Exchange(hosted="anthropic-version" in headers, headers=allowance.headers())
        # Not reset at the end: the handler of unexpected errors runs outside of this layer.
        _current.set(exchange)
        answering = _with_headers(send, exchange)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # No name has one, and PostgreSQL refuses to compare with it.
            await self._refuse(ApiError(400, "The address holds a NUL character."))(scope, receive, answering)
            return
        if allowance.exceeded:
            error = ApiError(
                429, "Too many requests; wait for the next minute.", headers={"retry-after": allowance.retry_after()}
            )
            await self._refuse(error)(scope, receive, answering)
            return
        await self._app(scope, receive, answering)


def _with_headers(send: Send, exchange: Exchange) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["request-id"] = exchange.request_id
            headers.update(exchange.headers)
        await send(message)

    return send_with_headers


def _is_ours(path: str) -> bool:
    return path == PREFIX or path.startswith(PREFIX + "/")


def _caller(scope: Scope, headers: Headers) -> str:
    """The bucket of a request: its key, else its address. Keys are not kept in clear."""
    key = presented_key(headers)
    if key is not None:
        return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    client = scope.get("client")
    return client[0] if client else ""
