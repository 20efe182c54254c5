"""Instants of logs as whole milliseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def milliseconds(text: str | None) -> int | None:
    """The instant an ISO 8601 text names; without a zone it is UTC; None when it names none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


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
