"""OAuth tokens of vaults: renewed at their token endpoint when an MCP server refuses them (contract 14)."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from omar_daemon.store.engine import Store
from omar_daemon.store.managed import clock, secrets
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.vaults import PURPOSE, credentials

_SECONDS = 10.0

_renewing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
"""One renewal at a time per credential: a refresh token is often good for one use."""


@dataclass(frozen=True)
class Renewal:
    """What a token endpoint answered. `secret` and `expires_at` are the new ones when it succeeded.

    `answer` is the HTTP answer of one that failed; one that succeeds holds tokens.
    """

    status: Literal["succeeded", "failed", "no_refresh_token", "connect_error"]
    answer: Any = None
    secret: dict[str, Any] = field(default_factory=dict)
    expires_at: str | None = None


async def renew(client: Any, auth: dict[str, Any], secret: dict[str, Any]) -> Renewal:
    """Ask the token endpoint for another access token; never raises for what the network does."""
    import httpx

    refresh = auth.get("refresh")
    if refresh is None or not secret.get("refresh_token"):
        return Renewal("no_refresh_token")
    form = {"grant_type": "refresh_token", "refresh_token": secret["refresh_token"], "client_id": refresh["client_id"]}
    form |= {name: refresh[name] for name in ("resource", "scope") if refresh.get(name)}
    basic = None
    if refresh["token_endpoint_auth"]["type"] == "client_secret_basic":
        basic = (refresh["client_id"], secret.get("client_secret") or "")
    elif refresh["token_endpoint_auth"]["type"] == "client_secret_post":
        form["client_secret"] = secret.get("client_secret") or ""
    try:
        answer = await client.post(refresh["token_endpoint"], data=form, auth=basic)
    except httpx.HTTPError:
        return Renewal("connect_error")
    tokens = _tokens(answer)
    return Renewal("failed", answer) if tokens is None else _succeeded(secret, tokens)


def _tokens(answer: Any) -> dict[str, Any] | None:
    try:
        value = answer.json() if answer.is_success else None
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("access_token"), str) else None


def _succeeded(secret: dict[str, Any], tokens: dict[str, Any]) -> Renewal:
    seconds = tokens.get("expires_in")
    expires_at = clock.iso(int((time.time() + seconds) * 1e6)) if isinstance(seconds, int | float) else None
    refresh_token = tokens.get("refresh_token") or secret["refresh_token"]
    fresh = {**secret, "access_token": tokens["access_token"], "refresh_token": refresh_token}
    return Renewal("succeeded", None, fresh, expires_at)


def keep(connection: Connection, credential: Document, renewal: Renewal) -> None:
    """Store the tokens of a renewal that succeeded."""
    body = {**credential.body, "auth": {**credential.body["auth"], "expires_at": renewal.expires_at}}
    sealed = secrets.seal(renewal.secret, purpose=PURPOSE, owner=credential.id)
    credentials.change(connection, credential, body, sealed=sealed)


async def token_after_refusal(store: Store, credential_id: str, refused: str) -> str | None:
    """The access token to try when `refused` was; None when there is no other one."""
    import httpx

    async with _renewing[credential_id]:
        found = await run_in_threadpool(_stored, store, credential_id)
        if found is None:
            return None
        credential, secret = found
        if secret.get("access_token") not in (None, refused):
            # Another session renewed it meanwhile.
            return str(secret["access_token"])
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False, follow_redirects=False) as client:
            renewal = await renew(client, credential.body["auth"], secret)
        if renewal.status != "succeeded":
            return None
        await run_in_threadpool(_keep, store, credential_id, renewal)
        return str(renewal.secret["access_token"])


def _stored(store: Store, credential_id: str) -> tuple[Document, dict[str, Any]] | None:
    with store.read() as connection:
        credential = credentials.get(connection, credential_id)
    if credential is None or credential.archived_at is not None:
        return None
    return credential, secrets.open_sealed(credential.columns["sealed"], purpose=PURPOSE, owner=credential.id)


def _keep(store: Store, credential_id: str, renewal: Renewal) -> None:
    with store.write() as connection:
        credential = credentials.get(connection, credential_id, lock=True)
        if credential is not None:
            keep(connection, credential, renewal)
