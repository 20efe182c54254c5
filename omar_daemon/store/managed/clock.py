"""Time as the managed surface keeps it: whole microseconds since the epoch, shown as ISO 8601 UTC."""

from __future__ import annotations

import datetime
import time

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def now() -> int:
    return time.time_ns() // 1000


def iso(moment: int) -> str:
    """`2026-11-21T23:08:14.000123Z`."""
    whole = _EPOCH + datetime.timedelta(microseconds=moment)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1_000_000:06d}Z"


def iso_or_none(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)


def parse(text: str) -> int:
    """Microseconds of an ISO 8601 time; one without a zone is UTC. ValueError when it is none."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)
