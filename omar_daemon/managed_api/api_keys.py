"""/v1/api_keys: keys of this surface. A caller makes and sees keys within its own scopes only."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created, page_answer
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.fields import Body, Name, read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.routing import SCOPES, ApiError, ApiRoute, Principal
from omar_daemon.services import principal, services
from omar_daemon.store.keys import Key
from omar_daemon.store.managed import clock


class KeyCreate(Body):
    """POST /v1/api_keys. `expires_in` in seconds; without `scopes` the key may do what this surface offers."""

    name: Name | None = None
    scopes: Annotated[list[str], Field(min_length=1)] | None = None
    expires_in: Annotated[float, Field(gt=0, le=3e9, strict=False)] | None = None


async def create(request: Request) -> Response:
    """201; the only answer that holds the key."""
    wanted = await read_body(request, KeyCreate, optional=True)
    caller = principal(request)
    scopes = tuple(dict.fromkeys(wanted.scopes or ["managed"]))
    if not set(scopes) <= set(SCOPES):
        raise bad(f"scopes: {', '.join(SCOPES)} are known.")
    if not all(caller.may(scope) for scope in scopes):
        raise ApiError(403, "A key cannot make one that may do more than itself.")
    expires_at = clock.now() / 1e6 + wanted.expires_in if wanted.expires_in else None
    keys = services(request).keys
    key, text = await run_in_threadpool(keys.create, wanted.name or "api key", caller.user, scopes, expires_at)
    return created({**shown(key), "key": text})


async def listing(request: Request) -> Response:
    """The caller's living keys, newest first."""
    caller = principal(request)
    keys = await run_in_threadpool(services(request).keys.list)
    mine = [shown(key) for key in reversed(keys) if key.revoked_at is None and _within(caller, key)]
    return page_answer(*query.sliced(request, mine))


async def delete(request: Request) -> Response:
    """Revoked at once."""
    caller, key_id = principal(request), request.path_params["key_id"]
    keys = services(request).keys
    found = await run_in_threadpool(keys.list)
    if not any(key.id == key_id and key.revoked_at is None and _within(caller, key) for key in found):
        raise not_found("key", key_id)
    await run_in_threadpool(keys.revoke, key_id)
    return answer({"id": key_id, "type": "api_key_deleted"})


def _within(caller: Principal, key: Key) -> bool:
    return all(caller.may(scope) for scope in key.scopes)


def shown(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "type": "api_key",
        "name": key.name,
        "prefix": key.hint,
        "scopes": list(key.scopes),
        "created_at": clock.iso(int(key.created_at * 1e6)),
        "expires_at": None if key.expires_at is None else clock.iso(int(key.expires_at * 1e6)),
    }


def routes() -> list[ApiRoute]:
    return [
        managed("/api_keys", create, "POST"),
        managed("/api_keys", listing, "GET"),
        managed("/api_keys/{key_id}", delete, "DELETE"),
    ]
