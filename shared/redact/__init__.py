"""Taking secrets and places out of text before it leaves the machine.

    redact_text("export GH=ghp_…")    the text with each secret replaced by `[REDACTED]`
    redact_keys("feature/ghp_…")      only keys that tell by their own form what they are, for names that must stay true
    find_secrets(text)                what would be taken: rule, start, end (for `oobo redact --check`)
    redact_value(value)               the same for every string inside a JSON value; a key like `password` counts
    Places(worktree, home, user)      makes paths relative and takes homes and user names out
    clean(value, places)              both, which is what goes on the wire

Commit hashes, UUIDs and the ids of sessions, messages and tool calls are never taken for secrets by their looks.
"""

from __future__ import annotations

from typing import Any

from shared.redact.places import Places
from shared.redact.secrets import Finding, find_secrets, is_secret_name, redact_keys, redact_text
from shared.redact.values import REDACTED

__all__ = ["REDACTED", "Finding", "Places", "clean", "find_secrets", "redact_keys", "redact_text", "redact_value"]


def redact_value(value: Any, *, name: str = "") -> Any:
    """A JSON value with the secrets of all its strings replaced; `name` is the key it stands under."""
    if isinstance(value, str):
        return REDACTED if value and is_secret_name(name, value) else redact_text(value)
    if isinstance(value, list):
        return [redact_value(item, name=name) for item in value]
    if isinstance(value, dict):
        told = value.get("name", value.get("key"))
        names: dict[str, str] = {"value": told} if isinstance(told, str) else {}
        return {redact_text(key): redact_value(item, name=names.get(key, str(key))) for key, item in value.items()}
    return value


def clean(value: Any, places: Places) -> Any:
    """A JSON value without secrets, absolute paths, homes and user names."""
    return _scrubbed(redact_value(value), places)


def _scrubbed(value: Any, places: Places) -> Any:
    if isinstance(value, str):
        return places.scrub(value)
    if isinstance(value, list):
        return [_scrubbed(item, places) for item in value]
    if isinstance(value, dict):
        return {places.scrub(key): _scrubbed(item, places) for key, item in value.items()}
    return value
