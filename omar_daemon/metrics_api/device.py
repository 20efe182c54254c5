"""Login by a code (RFC 8628): the two routes a program asks, and the page on which a person confirms."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from omar_daemon.bodies import read_limited
from omar_daemon.browser import browsers, is_forms_own, set_cookie
from omar_daemon.metrics_api import device_page
from omar_daemon.metrics_api.codes import LIFETIME_SECONDS, Codes, Decision, Grant
from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store.keys import LOCAL_USER

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = ("metrics",)
BODY_LIMIT = 16 * 1024
LONGEST_CLIENT = 100
_USER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SENTENCES = {
    "authorization_pending": "The code has not been confirmed yet.",
    "slow_down": "Asked too soon; wait five seconds longer each time.",
    "access_denied": "The login was refused.",
    "expired_token": "The code was not confirmed in time; begin again.",
    "invalid_grant": "There is no such device_code, or it was used.",
    "invalid_request": "A parameter is missing or broken.",
    "unsupported_grant_type": f"grant_type must be {GRANT_TYPE}.",
    "temporarily_unavailable": "Too many logins wait to be confirmed; try again later.",
}


class Devices:
    """The routes of the device flow, over the codes of one daemon."""

    def __init__(self, codes: Codes | None = None) -> None:
        self._codes = codes or Codes()

    async def code(self, request: Request) -> Response:
        """POST /api/v1/auth/device/code: a code to wait with and one to show."""
        try:
            told = await _fields(request)
        except ValueError:
            return refusal("invalid_request")
        grant = self._codes.begin(told.get("client_id", "")[:LONGEST_CLIENT])
        if grant is None:
            return refusal("temporarily_unavailable", 503)
        address = f"{request.url.scheme}://{request.headers['host']}/device"
        return _fresh(
            {
                "device_code": grant.device_code,
                "user_code": grant.user_code,
                "verification_uri": address,
                "verification_uri_complete": f"{address}?{urlencode({'user_code': grant.user_code})}",
                "expires_in": int(LIFETIME_SECONDS),
                "interval": int(grant.interval),
            }
        )

    async def token(self, request: Request) -> Response:
        """POST /api/v1/auth/device/token: the key once the code is confirmed, else why there is none."""
        try:
            told = await _fields(request)
        except ValueError:
            return refusal("invalid_request")
        if told.get("grant_type") != GRANT_TYPE:
            return refusal("unsupported_grant_type" if told.get("grant_type") else "invalid_request")
        if not told.get("device_code"):
            return refusal("invalid_request")
        found = self._codes.poll(told["device_code"])
        if isinstance(found, str):
            return refusal(found)
        key = await run_in_threadpool(self._key, request, found)
        return _fresh({"access_token": key, "token_type": "bearer", "scope": " ".join(SCOPES)})

    @staticmethod
    def _key(request: Request, grant: Grant) -> str:
        name = f"device login {grant.client}".strip()
        return services(request).keys.create(name, grant.user, SCOPES)[1]

    async def page(self, request: Request) -> Response:
        """GET /device: asks for the code; only for a browser signed in by `omar open`."""
        browser = browsers(request).of(request)
        if browser is None:
            return device_page.sign_in()
        typed = request.query_params.get("user_code", "")
        return device_page.ask(browser, typed, self._codes.waiting(typed) if typed else None)

    async def confirm(self, request: Request) -> Response:
        """POST /device: the person's decision."""
        browser = browsers(request).of(request)
        if browser is None:
            return device_page.sign_in()
        try:
            told = await _fields(request)
        except ValueError:
            return device_page.told("That form could not be read.", status=400)
        if not is_forms_own(browser, told.get("form_token", "")):
            return device_page.told("That form is not this browser's.", status=403)
        return self._decide(told)

    def _decide(self, told: dict[str, str]) -> Response:
        grant = self._codes.waiting(told.get("user_code", ""))
        if grant is None:
            return device_page.told("No login waits under that code. It may have ended; begin again.", status=404)
        if told.get("decision") == "deny":
            grant.decision = Decision.DENIED
            return device_page.told("The login was refused. Nothing got a key.")
        user = told.get("user", "").strip() or LOCAL_USER
        if told.get("decision") != "approve" or not _USER.fullmatch(user):
            return device_page.told("A user's name has letters, digits, - and _ only.", status=400)
        grant.user, grant.decision = user, Decision.APPROVED
        return device_page.told(f"The program is logged in as {user}. You can close this page.")


async def sign_in(request: Request) -> Response:
    """GET /open?ticket=…: exchange a one-time ticket for the cookie of a signed-in browser."""
    cookie = browsers(request).sign_in(request.query_params.get("ticket", ""))
    if cookie is None:
        return device_page.told("This link was used or is too old. Run `omar open` for a new one.", status=403)
    response = RedirectResponse(_own_page(request.query_params.get("next", "")), status_code=303)
    response.headers["cache-control"] = "no-store"
    set_cookie(response, cookie, secure=request.url.scheme == "https")
    return response


async def make_link(request: Request) -> Response:
    """POST /api/open: a one-time sign-in link for the machine's own user."""
    ticket = browsers(request).ticket(principal(request).user)
    address = f"{request.url.scheme}://{request.headers['host']}/open?{urlencode({'ticket': ticket})}"
    return _fresh({"url": address})


def refusal(code: str, status: int = 400) -> Response:
    """An error as RFC 8628 writes it."""
    return _fresh({"error": code, "error_description": _SENTENCES[code]}, status)


def _fresh(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status_code=status, headers={"cache-control": "no-store"})


def _own_page(wanted: str) -> str:
    """A path of this daemon; anything that could lead elsewhere becomes the device page."""
    return wanted if re.fullmatch(r"/[A-Za-z0-9_-][A-Za-z0-9_/?=&.-]*", wanted) else "/device"


async def _fields(request: Request) -> dict[str, str]:
    """Parameters of a form (RFC 8628) or a JSON object; ValueError for anything else."""
    try:
        body = (await read_limited(request, BODY_LIMIT)).decode()
    except ApiError as problem:
        raise ValueError(problem.message) from problem
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type == "application/json":
        import json

        try:
            found = json.loads(body or "{}")
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if not isinstance(found, dict):
            raise ValueError("no object")
        return {str(name): value for name, value in found.items() if isinstance(value, str)}
    if body and media_type != "application/x-www-form-urlencoded":
        raise ValueError("neither a form nor JSON")
    parsed = parse_qs(body, max_num_fields=20)
    if any(len(values) > 1 for values in parsed.values()):
        raise ValueError("a parameter stands twice")
    return {name: values[0] for name, values in parsed.items()}
