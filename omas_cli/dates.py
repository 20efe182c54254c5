"""Dates and times a person types."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from shared.errors import UsageError

_AGO = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def since_ms(text: str | None) -> int | None:
    """`2026-03-01` (local midnight), an ISO time, or `7d`, `12h`, `2w` ago, in ms since the epoch; UsageError else."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    if ago:
        moment = datetime.now().astimezone() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return round(moment.timestamp() * 1000)
    try:
        return round(datetime.fromisoformat(text.strip()).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no date.", hint="Write 2026-03-01, 2026-03-01T12:00, or 7d for the last seven days."
        ) from None


def local_date(at_ms: int) -> str:
    """The instant as the user's clock shows it."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def local_time(text: str) -> str:
    """An instant in RFC 3339 as the user's clock shows it; as it came when it is none."""
    try:
        return local_date(round(datetime.fromisoformat(text).timestamp() * 1000))
    except (ValueError, OverflowError, OSError):
        return text
