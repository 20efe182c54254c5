"""What an answer of the server means for the sessions that were sent (contract: Upload, Status)."""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from shared.errors import OmaError
from shared.http import Answer

LONGEST_PAUSE = timedelta(days=7)


class Verdict(enum.Enum):
    """Each but RETRY costs no attempt of a session that stays in the queue."""

    DONE = "stored, now or before"
    SPLIT = "one of the sessions is refused; send them in smaller parts"
    REFUSED = "the key is not accepted"
    PAUSE = "too many requests; wait as long as the server says"
    RETRY = "failed; later again"
    WRONG_PLACE = "this is not an OMAS server"


class Judgement(Struct, frozen=True):
    """A verdict, the server's words, how long it asked to wait, and how many sessions it had before."""

    verdict: Verdict
    words: str
    wait: timedelta | None = None
    duplicates: int = 0


def judge(answer: Answer, sent: int, now: datetime) -> Judgement:
    """What `answer` to an upload of `sent` sessions means."""
    words, wait = answer.message(), retry_after(answer.headers.get("retry-after"), now)
    status = answer.status
    if status == 409 or 200 <= status < 300:
        return _stored(answer, sent, words)
    if status in (401, 403):
        return Judgement(Verdict.REFUSED, words)
    if status in (400, 413, 422):
        return Judgement(Verdict.SPLIT, words)
    if status == 429:
        return Judgement(Verdict.PAUSE, words, wait)
    if status >= 500 or status in (408, 425):
        return Judgement(Verdict.RETRY, f"{status}: {words}", wait)
    return Judgement(Verdict.WRONG_PLACE, f"{status}: {words}")


def _stored(answer: Answer, sent: int, words: str) -> Judgement:
    """2xx and 409 store; but something that is no such answer (a portal's page) has stored nothing."""
    try:
        body: Any = answer.json()
    except OmaError:
        body = None
    told = body.get("duplicates") if isinstance(body, dict) else None
    known = min(max(told, 0), sent) if isinstance(told, int) else 0
    if answer.status == 409:
        # A server that calls only some of them known has kept none of the others.
        partly = 0 < known < sent
        return Judgement(Verdict.SPLIT if partly else Verdict.DONE, words, duplicates=sent)
    if not isinstance(body, dict):
        return Judgement(Verdict.RETRY, f"{answer.status} without a JSON body")
    return Judgement(Verdict.DONE, words, duplicates=known)


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """The header as a duration: whole seconds or an HTTP date; None when it is neither."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(timedelta(seconds=int(text.strip()[:9])), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), LONGEST_PAUSE)
