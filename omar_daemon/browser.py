"""Who sits at the browser: sign-in by a one-time link that only the machine's user can make (`omar open`).

A link holds a ticket that works once and for two minutes; it is exchanged for a cookie that pages cannot read and
other sites cannot use. Both live in memory: a restart of the daemon signs everybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "omar_browser"
TICKET_SECONDS = 120.0
SESSION_SECONDS = 12 * 3600.0
MOST_KEPT = 1000


@dataclass
class Browser:
    """One signed-in browser. `form_token` stands in every form it is given, so no other page can post for it."""

    user: str
    ends_at: float
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Browsers:
    """Tickets and signed-in browsers of one daemon; only hashes of what browsers hold are kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tickets: dict[str, tuple[str, float]] = {}
        self._browsers: dict[str, Browser] = {}

    def ticket(self, user: str) -> str:
        """A new one-time ticket for `user`."""
        self._sweep()
        ticket = secrets.token_urlsafe(32)
        self._tickets[_digest(ticket)] = (user, self._clock() + TICKET_SECONDS)
        return ticket

    def sign_in(self, ticket: str) -> str | None:
        """The cookie for a ticket, which is used up; None for one that is unknown, used or too old."""
        self._sweep()
        found = self._tickets.pop(_digest(ticket), None)
        if found is None:
            return None
        cookie = secrets.token_urlsafe(32)
        self._browsers[_digest(cookie)] = Browser(found[0], self._clock() + SESSION_SECONDS)
        return cookie

    def of(self, request: Request) -> Browser | None:
        """The signed-in browser a request comes from."""
        cookie = request.cookies.get(COOKIE)
        found = self._browsers.get(_digest(cookie)) if cookie else None
        return found if found is not None and found.ends_at > self._clock() else None

    def _sweep(self) -> None:
        now = self._clock()
        self._tickets = {key: value for key, value in self._tickets.items() if value[1] > now}
        self._browsers = {key: value for key, value in self._browsers.items() if value.ends_at > now}
        for kept in (self._tickets, self._browsers):
            for key in list(kept)[: max(len(kept) - MOST_KEPT, 0)]:
                del kept[key]


def browsers(request: Request) -> Browsers:
    """Those of the app that serves the request."""
    state = request.app.state
    if not hasattr(state, "browsers"):
        state.browsers = Browsers()
    found: Browsers = state.browsers
    return found


def set_cookie(response: Response, cookie: str, *, secure: bool) -> None:
    response.set_cookie(
        COOKIE, cookie, max_age=int(SESSION_SECONDS), httponly=True, samesite="strict", secure=secure, path="/"
    )


def is_forms_own(browser: Browser, told: str) -> bool:
    """Whether a posted form is one that this browser was given."""
    return hmac.compare_digest(browser.form_token.encode(), told.encode("utf-8", "replace"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
