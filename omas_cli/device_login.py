"""Login by a code that the person confirms in a browser (OAuth 2.0 Device Authorization Grant, RFC 8628)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from omas_cli.server import USER_AGENT
from shared import output
from shared.errors import NotAuthorisedError, OmaError, UnavailableError
from shared.http import Answer, Client

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_INTERVAL = 5.0
SLOWER_BY = 5.0
LONGEST_INTERVAL = 120.0
DEFAULT_LIFETIME = 900.0
LONGEST_LIFETIME = 3600.0
OWN_CLIENT = "omas-cli"


class Provider(Struct, frozen=True):
    """Who gives the token: its address, the two paths of the flow, and what it is told of us."""

    name: str
    base_url: str
    code_path: str
    token_path: str
    client_id: str
    scope: str


class Waiting(Struct):
    """A code that waits to be confirmed. Instants are of `time.monotonic`."""

    device_code: str
    user_code: str
    address: str
    interval: float
    ends_at: float


def github(base_url: str, client_id: str) -> Provider:
    return Provider(
        "GitHub", base_url, "/login/device/code", "/login/oauth/access_token", client_id, "read:user user:email"
    )


def own_server(base_url: str) -> Provider:
    """A server of scores that serves the flow itself."""
    return Provider(base_url, base_url, "/api/v1/auth/device/code", "/api/v1/auth/device/token", OWN_CLIENT, "metrics")


def token_of(
    provider: Provider,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Show the code, wait for the person, return the token. NotAuthorisedError when he refuses or takes too long."""
    with Client(provider.base_url, user_agent=USER_AGENT) as client:
        waiting = _begin(client, provider, clock)
        output.say(f"Open {waiting.address} and enter the code {waiting.user_code}")
        output.say("Waiting for your confirmation … (^C gives up)")
        while clock() < waiting.ends_at:
            sleep(max(min(waiting.interval, waiting.ends_at - clock()), 0.0))
            token = _ask(client, provider, waiting)
            if token is not None:
                return token
    raise _too_late()


def _begin(client: Client, provider: Provider, clock: Callable[[], float]) -> Waiting:
    fields = {"client_id": provider.client_id, "scope": provider.scope}
    answer = _post(client, provider.code_path, fields)
    body = _object(answer)
    if answer.status == 404:
        raise OmaError(
            f"{provider.name} does not offer a login by code.",
            hint="Pipe a key in with --token-stdin, or set OMAS_GITHUB_CLIENT_ID to log in by GitHub.",
        )
    if answer.status >= 500:
        raise UnavailableError(f"{provider.name} cannot log anybody in now: {answer.message()}")
    if "error" in body or answer.status >= 400:
        raise NotAuthorisedError(f"{provider.name} refuses the login: {_reason(body, answer)}.")
    device_code, user_code = body.get("device_code"), body.get("user_code")
    address = body.get("verification_uri") or body.get("verification_url")
    if not (isinstance(device_code, str) and isinstance(user_code, str) and _is_web_address(address)):
        raise OmaError(f"{provider.name} did not answer as RFC 8628 says.", hint="Check the address of the server.")
    interval = _seconds(body.get("interval"), DEFAULT_INTERVAL, LONGEST_INTERVAL)
    lifetime = _seconds(body.get("expires_in"), DEFAULT_LIFETIME, LONGEST_LIFETIME)
    return Waiting(device_code, output.cell(user_code), output.cell(str(address)), interval, clock() + lifetime)


def _ask(client: Client, provider: Provider, waiting: Waiting) -> str | None:
    """The token, or None to ask again later."""
    fields = {"grant_type": GRANT_TYPE, "device_code": waiting.device_code, "client_id": provider.client_id}
    try:
        answer = _post(client, provider.token_path, fields)
    except UnavailableError:
        # RFC 8628, 3.5: after a connection failed, ask less often.
        waiting.interval = min(waiting.interval * 2, LONGEST_INTERVAL)
        return None
    body = _object(answer)
    token = body.get("access_token")
    # GitHub answers errors with 200, the RFC with 400: the body decides.
    if "error" not in body and answer.status < 400 and isinstance(token, str) and token.strip():
        return token
    _judge(body, answer, provider, waiting)
    return None


def _judge(body: Mapping[str, Any], answer: Answer, provider: Provider, waiting: Waiting) -> None:
    """Return to go on waiting; raise when the flow has ended."""
    error = body.get("error")
    if error == "authorization_pending":
        return
    if error == "slow_down":
        slower = min(waiting.interval + SLOWER_BY, LONGEST_INTERVAL)
        waiting.interval = max(slower, _seconds(body.get("interval"), 0.0, LONGEST_INTERVAL))
        return
    if error == "access_denied":
        raise NotAuthorisedError("The login was refused in the browser.")
    if error == "expired_token":
        raise _too_late()
    if answer.status == 429 or answer.status >= 500:
        waiting.interval = min(waiting.interval * 2, LONGEST_INTERVAL)
        return
    raise NotAuthorisedError(f"{provider.name} refuses the login: {_reason(body, answer)}.")


def _post(client: Client, path: str, fields: dict[str, str]) -> Answer:
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    return client.request("POST", path, content=urlencode(fields).encode(), headers=headers)


def _object(answer: Answer) -> dict[str, Any]:
    try:
        body = answer.json()
    except OmaError:
        return {}
    return body if isinstance(body, dict) else {}


def _reason(body: Mapping[str, Any], answer: Answer) -> str:
    told = body.get("error_description") or body.get("error") or answer.message()
    return output.cell(str(told)).rstrip(".")


def _too_late() -> NotAuthorisedError:
    return NotAuthorisedError("The code was not confirmed in time.", hint="Run `omas auth login` again.")


def _is_web_address(found: object) -> bool:
    return isinstance(found, str) and found.startswith(("https://", "http://"))


def _seconds(found: object, default: float, most: float) -> float:
    if not isinstance(found, int | float) or isinstance(found, bool) or found < 0:
        return default
    return min(float(found), most)
