"""`omar keys create|list|revoke`: the keys of the daemon's surfaces."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared import local_daemon, output
from shared.errors import UsageError
from shared.http import raise_for

if TYPE_CHECKING:
    from shared.http import Client

DEFAULT_SCOPES = ("agents", "metrics", "anchors", "managed")
BAD_REQUEST = 400
_DURATION = re.compile(r"(\d+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def create(*, name: str, user: str | None, scopes: list[str], expires: str | None, json: bool) -> int:
    """Make a key and print it, once, alone on stdout."""
    from omar_daemon.client import owner_client

    body: dict[str, Any] = {"name": name, "user": user or name, "scopes": scopes or list(DEFAULT_SCOPES)}
    if expires is not None:
        body["expires_in"] = seconds_of(expires)
    with owner_client() as client:
        answer = client.request("POST", "/api/keys", json=body)
    if answer.status == BAD_REQUEST:
        raise UsageError(answer.message())
    raise_for(answer, "Making the key")
    made = answer.json()
    if json:
        output.print_json(made)
        return 0
    output.print_text(made["key"])
    output.say(f"{made['id']} for user {made['user']}: {', '.join(made['scopes'])}. It is not shown again.")
    return 0


def show_all(*, json: bool) -> int:
    """Print the keys. Without a daemon, what the store holds."""
    keys = _asked() if local_daemon.running() is not None else _read()
    if json:
        output.print_json({"keys": keys})
        return 0
    if not keys:
        output.say("No keys yet. Make one with `omar keys create NAME`.")
        return 0
    rows = [[k["id"], k["name"], k["user"], k["hint"] + "…", " ".join(k["scopes"]), _state(k)] for k in keys]
    output.print_table(("id", "name", "user", "key", "scopes", "state"), rows)
    return 0


def _asked() -> list[dict[str, Any]]:
    from omar_daemon.client import daemon_client

    with daemon_client() as client:
        return _listed(client)


def _listed(client: Client) -> list[dict[str, Any]]:
    answer = client.request("GET", "/api/keys")
    raise_for(answer, "Listing the keys")
    found: list[dict[str, Any]] = answer.json()["keys"]
    return found


def _read() -> list[dict[str, Any]]:
    from omar_daemon.settings import SETTINGS
    from omar_daemon.store.at_rest import store_at_rest
    from omar_daemon.store.keys import stored
    from shared import config

    with store_at_rest(config.load("omar", SETTINGS)) as store:
        return [key.shown() for key in stored(store)] if store is not None else []


def revoke(*, key_id: str, dry_run: bool) -> int:
    from omar_daemon.client import owner_client

    if dry_run:
        output.say(f"Would revoke {key_id}.")
        return 0
    with owner_client() as client:
        found = _id_of(client, key_id)
        answer = client.request("DELETE", f"/api/keys/{quote(found, safe='')}")
    raise_for(answer, "Revoking the key")
    output.say(f"{key_id} is revoked.")
    return 0


def _id_of(client: Client, named: str) -> str:
    """The id of the one living key of this name; `named` itself when it is an id, or no name."""
    living = [key for key in _listed(client) if key["revoked_at"] is None]
    if any(key["id"] == named for key in living):
        return named
    ids = [str(key["id"]) for key in living if key["name"] == named]
    if len(ids) > 1:
        raise UsageError(f"There are {len(ids)} keys named {named!r}.", hint="Give the id: `omar keys list`.")
    return ids[0] if ids else named


def seconds_of(text: str) -> int:
    """`90d`, `12h`, `30m` … as seconds; UsageError otherwise."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{text!r} is no duration.", hint="Write it like 30m, 12h, 90d or 4w.")
    return int(found[1]) * _SECONDS[found[2]]


def _state(key: dict[str, Any]) -> str:
    if key["revoked_at"] is not None:
        return "revoked"
    if key["expires_at"] is None:
        return "valid"
    day = datetime.fromtimestamp(key["expires_at"], UTC).date().isoformat()
    return f"until {day}" if key["expires_at"] > time.time() else f"expired {day}"
