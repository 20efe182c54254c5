"""JSON of other programs, read with patience: what is missing or of another kind is simply not there."""

from __future__ import annotations

from typing import Any

import msgspec

MOST_TOKENS = 10**12
# Above it, an instant is in milliseconds; below, in seconds.
FIRST_MILLISECONDS = 10**12 // 10

_decode = msgspec.json.Decoder().decode


def any_json(data: bytes | str) -> Any:
    """Any JSON value, lone surrogates replaced; None when it is no JSON."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    # Rare: most starts never load it.
    import json

    try:
        return _without_surrogates(json.loads(data))
    except (ValueError, RecursionError):
        return None


def parsed(data: bytes | str) -> dict[str, Any] | None:
    """The JSON object `data` is, else None."""
    found = any_json(data)
    return found if isinstance(found, dict) else None


def at(found: Any, *path: str) -> Any:
    """The value below `found` by the keys of `path`; None where there is none."""
    for key in path:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def text(found: Any, *path: str) -> str:
    value = at(found, *path)
    return value if isinstance(value, str) else ""


def items(found: Any, *path: str) -> list[Any]:
    value = at(found, *path)
    return value if isinstance(value, list) else []


def objects(found: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list there."""
    return [value for value in items(found, *path) if isinstance(value, dict)]


def mapping(found: Any, *path: str) -> dict[str, Any]:
    value = at(found, *path)
    return value if isinstance(value, dict) else {}


def tokens(found: Any, *path: str) -> int:
    """A count of tokens; 0 for what is none or cannot be."""
    value = at(found, *path)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_TOKENS else 0


def instant(found: Any, *path: str) -> int | None:
    """Milliseconds since the epoch, from a number (seconds or milliseconds) or an ISO 8601 text."""
    from shared.transcripts.instants import milliseconds, plausible

    value = at(found, *path)
    if isinstance(value, str):
        return milliseconds(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 10**14:
        return None
    return plausible(round(value if value >= FIRST_MILLISECONDS else value * 1000))


def said(content: Any) -> str:
    """The text of a message that is a text or a list of parts with `text`."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return text(content, "text")
    if not isinstance(content, list):
        return ""
    texts = [part if isinstance(part, str) else text(part, "text") for part in content]
    return "\n".join(found for found in texts if found)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
