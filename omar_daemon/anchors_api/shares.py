"""POST /anchors/share, DELETE /anchors/share/<id>, and the page at /s/<id>."""

from __future__ import annotations

import html
import re
import secrets
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from omar_daemon.anchors_api.limits import Limits
from omar_daemon.bodies import json_body
from omar_daemon.routing import ApiError
from omar_daemon.services import principal, services
from omar_daemon.store import anchors
from omar_daemon.store.engine import Store
from shared.wire.anchors import SharePayload

MAX_SHARE_BYTES = 8 * 1024 * 1024
ANONYMOUS_PER_MINUTE = 20

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 1rem }
dt { opacity: .7 } dd { margin: 0; overflow-wrap: anywhere }
article { border-top: 1px solid #8884; padding: 1rem 0 }
h2 { font-size: .9rem; margin: 0; opacity: .7 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .25rem 0 0; unicode-bidi: isolate }
code { display: block; font: .875rem/1.45 ui-monospace, monospace; background: #8882; padding: .5rem .75rem }
"""
_FENCE = "```"
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters and those that turn the direction of text: a reader would see another text than was said."""


async def create(request: Request) -> Response:
    """201 `{success, id, url}`. Without a key, which only a program of this machine may do, it belongs to nobody."""
    caller = principal(request)
    username = caller.user if caller.key_id is not None else None
    if username is None:
        # Before the body is read: what is refused costs nothing.
        _anonymous(request).take("")
    shared = await json_body(request, SharePayload, limit=MAX_SHARE_BYTES)
    share_id = await run_in_threadpool(_keep, services(request).store, username, shared.model_dump())
    url = f"{str(request.base_url).rstrip('/')}/s/{share_id}"
    return JSONResponse({"success": True, "id": share_id, "url": url}, status_code=201)


def _anonymous(request: Request) -> Limits:
    """The app's one count of shares that belong to nobody: nobody can take them back, so they are few."""
    state = request.app.state
    if not hasattr(state, "anonymous_shares"):
        state.anonymous_shares = Limits(ANONYMOUS_PER_MINUTE, things="shares without a key")
    limits: Limits = state.anonymous_shares
    return limits


def _keep(store: Store, username: str | None, payload: dict[str, Any]) -> str:
    with store.write() as connection:
        return anchors.insert_share(connection, username=username, payload=payload)


async def delete(request: Request) -> Response:
    """Take a share back; only the user whose key made it can, and an admin."""
    caller = principal(request)
    share_id = request.path_params["id"]
    store = services(request).store
    found = await run_in_threadpool(_find, store, share_id)
    if found is None:
        raise ApiError(404, "There is no such share.")
    if found[0] != caller.user and "admin" not in caller.scopes:
        raise ApiError(403, "Only the user who made this share may delete it.")
    await run_in_threadpool(_delete, store, share_id)
    return JSONResponse({"success": True, "id": share_id})


def _find(store: Store, share_id: str) -> tuple[str | None, dict[str, Any]] | None:
    with store.read() as connection:
        return anchors.read_share(connection, anchors.storable(share_id))


def _delete(store: Store, share_id: str) -> None:
    with store.write() as connection:
        anchors.delete_share(connection, share_id)


async def page(request: Request) -> Response:
    """A readable page of a share. Everything in it is escaped, and it may load and run nothing."""
    found = await run_in_threadpool(_find, services(request).store, request.path_params["id"])
    nonce = secrets.token_urlsafe(16)
    title = "Shared session" if found else "No such share"
    body = _session(found[1]) if found else "<p>This share does not exist or was taken back.</p>"
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="robots" content="noindex,nofollow">'
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f'<title>{title}</title><style nonce="{nonce}">{_STYLE}</style><body><h1>{title}</h1>{body}</body></html>'
    )
    return HTMLResponse(text, status_code=200 if found else 404, headers=_page_headers(nonce))


def _page_headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-robots-tag": "noindex, nofollow",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "private, no-store",
    }


def _session(shared: dict[str, Any]) -> str:
    stats = shared.get("stats") or {}
    facts = {
        "Session": shared["session_id"],
        "Tool": shared["source"],
        "Model": shared["model"],
        "Tokens": _tokens(stats),
        "Duration": _duration(stats.get("duration_secs")),
        "Shared": shared["shared_at"],
    }
    rows = "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in facts.items() if value)
    messages = "".join(
        f"<article><h2>{_text(message['role'])}</h2><pre>{_said(message['text'])}</pre></article>"
        for message in shared["messages"]
    )
    return f"<dl>{rows}</dl>{messages}"


def _tokens(stats: dict[str, Any]) -> str | None:
    if stats.get("input_tokens") is None and stats.get("output_tokens") is None:
        return None
    return f"{stats.get('input_tokens') or 0:,} in / {stats.get('output_tokens') or 0:,} out"


def _duration(seconds: int | None) -> str | None:
    return None if seconds is None else f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _said(text: str) -> str:
    """A message with its fenced code set as code; nothing else of its mark-up is looked at. One look at each line."""
    blocks: list[tuple[bool, list[str]]] = [(False, [])]
    for line in text.split("\n"):
        is_code = blocks[-1][0]
        if line.rstrip() == _FENCE if is_code else line.startswith(_FENCE):
            blocks.append((not is_code, []))
        else:
            blocks[-1][1].append(line)
    rendered = ((is_code, _text("\n".join(lines))) for is_code, lines in blocks if lines)
    return "".join(f"<code>{block}</code>" if is_code else block for is_code, block in rendered)


def _text(value: str) -> str:
    return html.escape(_UNSEEN.sub("\ufffd", anchors.storable(value)))
