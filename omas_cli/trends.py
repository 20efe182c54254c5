"""How scores move over time: means per day, week or month on the user's own calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from omas_cli.drawing import DIMENSIONS, TOP
from omas_cli.record import Record
from shared import output
from shared.errors import UsageError

PERIODS = ("day", "week", "month")
FIELDS = (*(field for _, _, field in DIMENSIONS), "overall_score")
NOTABLE = 0.1
MOST_BUCKETS = 400


class Bucket(Struct, frozen=True):
    """One period: its first day, how many qualified sessions began in it, and the mean of each score (capped at 10)."""

    start: date
    sessions: int
    means: dict[str, float]


def day_of(record: Record) -> date:
    """The local date on which the session began."""
    return datetime.fromtimestamp(record.started_ms / 1000).astimezone().date()


def drawable(records: Sequence[Record]) -> list[Record]:
    """Those begun by the end of tomorrow (elsewhere it may be that already): a clock that was wrong by decades must not
    push all others off a picture whose axis is time."""
    tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011 - the user's own calendar
    return [record for record in records if day_of(record) <= tomorrow]


def left_out(records: Sequence[Record]) -> str | None:
    """The sentence for those that `drawable` leaves out; None when there are none."""
    missing = len(records) - len(drawable(records))
    if not missing:
        return None
    return f"{output.counted(missing, 'session')} dated after tomorrow, up to {max(map(day_of, records))}: not drawn."


def per_day(records: Sequence[Record]) -> Counter[date]:
    return Counter(day_of(record) for record in drawable(records))


def buckets(records: Sequence[Record], period: str) -> list[Bucket]:
    """Every period from the first drawable session's to the last one's, empty ones too; the newest 400 of them."""
    if period not in PERIODS:
        raise UsageError(f"{period!r} is no period.", hint=f"Known: {', '.join(PERIODS)}")
    found: dict[date, list[Record]] = {}
    for record in drawable(records):
        found.setdefault(_first_day(day_of(record), period), []).append(record)
    if not found:
        return []
    starts = list(_starts(min(found), max(found), period))[-MOST_BUCKETS:]
    return [_bucket(start, found.get(start, [])) for start in starts]


def _bucket(start: date, records: Sequence[Record]) -> Bucket:
    means = {}
    for field in FIELDS if records else ():
        values = [min(getattr(record.metrics, field), TOP) for record in records]
        means[field] = round(sum(values) / len(values), 2)
    return Bucket(start, len(records), means)


def _starts(first: date, last: date, period: str) -> Iterator[date]:
    while first <= last:
        yield first
        first = _next(first, period)


def _first_day(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _next(day: date, period: str) -> date:
    if period == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if period == "week" else 1)


def direction(values: Sequence[float]) -> str:
    """`improving` or `declining` when the mean of the second half is 10 % off that of the first, else `steady`."""
    if len(values) < 2:
        return "steady"
    middle = len(values) // 2
    before = sum(values[:middle]) / middle
    after = sum(values[middle:]) / (len(values) - middle)
    if after > before * (1 + NOTABLE):
        return "improving"
    return "declining" if after < before * (1 - NOTABLE) else "steady"
