"""Whether an MCP server accepts a stored OAuth token; renews it at its token endpoint when it does not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from omar_daemon.harness import oauth
from omar_daemon.store.managed import clock

_SECONDS = 10.0
_SHOWN_CHARACTERS = 2000
_READ_CHARACTERS = 1_000_000
"""More than is shown: a secret that is cut in two would not be found."""
_PROBE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "oma-suite", "version": "1"},
    },
}


@dataclass(frozen=True)
class Verdict:
    """`shown` is the answer but for the ids; `renewed` has the new tokens when the old one was renewed."""

    shown: dict[str, Any]
    renewed: oauth.Renewal | None


async def check(auth: dict[str, Any], secret: dict[str, Any]) -> Verdict:
    """Never raises for what the network does: that is `status: unknown`."""
    import httpx

    keep_back = _keeping_back(auth, secret)
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False, follow_redirects=False) as client:
        probe, status = await _probe(client, auth["mcp_server_url"], secret["access_token"])
        renewal = await oauth.renew(client, auth, secret) if status == "invalid" else None
    succeeded = renewal is not None and renewal.status == "succeeded"
    shown = {
        "type": "vault_credential_validation",
        "status": "valid" if succeeded else status,
        "has_refresh_token": bool(secret.get("refresh_token")),
        "mcp_probe": keep_back(probe),
        "refresh": keep_back(_refresh_shown(renewal)),
        "validated_at": clock.iso(clock.now()),
    }
    return Verdict(shown, renewal if succeeded else None)


def _refresh_shown(renewal: oauth.Renewal | None) -> dict[str, Any] | None:
    if renewal is None:
        return None
    return {"status": renewal.status, "http_response": None if renewal.answer is None else _shown(renewal.answer)}


def _keeping_back(auth: dict[str, Any], secret: dict[str, Any]) -> Callable[[Any], Any]:
    """What shows an answer without the secrets: servers like to repeat what they were sent."""
    refresh = auth.get("refresh") or {}
    plain = [value for value in secret.values() if isinstance(value, str) and value]
    basic = f"{refresh.get('client_id', '')}:{secret.get('client_secret') or ''}".encode()
    hidden = {*plain, *[quote_plus(value) for value in plain], *[quote(value, safe="") for value in plain]}
    hidden |= {json.dumps(value)[1:-1] for value in plain} | {base64.b64encode(basic).decode()}

    def keep_back(shown: Any) -> Any:
        answer = (shown or {}).get("http_response")
        if answer is None:
            return shown
        body = answer["body"]
        for text in sorted(hidden, key=len, reverse=True):
            body = body.replace(text, "[redacted]")
        cut = answer["body_truncated"] or len(body) > _SHOWN_CHARACTERS
        return {**shown, "http_response": {**answer, "body": body[:_SHOWN_CHARACTERS], "body_truncated": cut}}

    return keep_back


async def _probe(client: Any, url: str, token: str) -> tuple[dict[str, Any], str]:
    import httpx

    headers = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
    try:
        answer = await client.post(url, json=_PROBE, headers=headers)
    except httpx.HTTPError:
        return {"method": "initialize", "http_response": None}, "unknown"
    status = "valid" if answer.is_success else "invalid" if answer.status_code in (401, 403) else "unknown"
    return {"method": "initialize", "http_response": _shown(answer)}, status


def _shown(answer: Any) -> dict[str, Any]:
    return {
        "status_code": answer.status_code,
        "content_type": answer.headers.get("content-type", ""),
        "body": answer.text[:_READ_CHARACTERS],
        "body_truncated": len(answer.text) > _READ_CHARACTERS,
    }
