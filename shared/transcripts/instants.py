"""Instants of logs as whole milliseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime

USUAL_LENGTH = len("2025-06-15T10:30:00.000Z")
MOST_MINUTES_KEPT = 4096
# 1970 to 2099. What lies outside is a fault of a clock or of the log, and would stretch a session over centuries.
EARLIEST_MS, AFTER_LATEST_MS = 0, 4_102_444_800_000

_minutes: dict[str, int] = {}


def milliseconds(text: str | None) -> int | None:
    """The instant an ISO 8601 text names; without a zone it is UTC; None when it names none
    of the years 1970 to 2099.

    Logs are written in one form and line follows line within a minute, so the minute is worked out once.
    """
    if not text:
        return None
    if len(text) == USUAL_LENGTH and text[19] == "." and text[23] == "Z":
        within = text[17:19] + text[20:23]
        if within < "60" and within.isdecimal():
            minute = _minutes.get(text[:17])
            if minute is not None:
                return minute + int(within)
            return _first_of_minute(text)
    return _parsed(text)


def _first_of_minute(text: str) -> int | None:
    found = _parsed(text)
    if found is not None:
        if len(_minutes) >= MOST_MINUTES_KEPT:
            _minutes.clear()
        _minutes[text[:17]] = found - found % 60_000
    return found


def _parsed(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return plausible(round(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def plausible(at_ms: int) -> int | None:
    """The instant, None when no log can mean it."""
    return at_ms if EARLIEST_MS <= at_ms < AFTER_LATEST_MS else None


def rfc3339(at_ms: int) -> str:
    """`2025-06-15T10:30:00Z`: UTC, whole seconds (seed 000)."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return one if one <= other else other


def later(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return one if one >= other else other
