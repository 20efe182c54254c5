"""One run of `omas upload`: sends what is due, in batches, and keeps the queue true at every instant.

The attempt is written before the request leaves, so a kill costs one attempt and never hides one. What the server has
is first marked in the ledger and then taken from the queue: killed in between, it is sent once more and is a duplicate.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from omas_cli.upload.queue import Entry, Queue, QueueFile, instant_text, later_instant
from omas_cli.upload.verdict import Judgement, Verdict, judge
from shared.errors import OmaError
from shared.http import Answer, Unreachable

MOST_ATTEMPTS = 5
BATCH = 200
LONGEST_BACKOFF = timedelta(hours=6)
DEFAULT_PAUSE = timedelta(seconds=60)

Send = Callable[[bytes], Answer]


class Outcome(Struct):
    """What a run did. `stopped` says why it ended early, `refused` that the key was not accepted."""

    stored: int = 0
    duplicates: int = 0
    parked: int = 0
    waiting: int = 0
    stopped: str | None = None
    refused: bool = False
    is_wrong_place: bool = False


def body_of(sessions: list[dict[str, Any]]) -> bytes:
    """The exact bytes of one upload request."""
    return json.dumps({"sessions": sessions}, ensure_ascii=False, separators=(",", ":")).encode()


def batches(entries: list[Entry]) -> list[list[Entry]]:
    return [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]


class Sender:
    """Works through a queue whose lock the caller holds. `settle` is told the ids the server has."""

    def __init__(
        self,
        file: QueueFile,
        queue: Queue,
        send: Send,
        settle: Callable[[list[str]], None],
        backoff: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = file
        self._queue = queue
        self._send = send
        self._settle = settle
        self._backoff = backoff
        self._now = now
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Send everything that is due, failed ones first, until it is done or the server says stop."""
        self._park_used_up()
        now = self._now()
        if self._queue.is_paused(now):
            self.outcome.stopped = f"the server asked to wait until {self._queue.paused_until}"
        else:
            due = [entry for entry in self._queue.pending if entry.is_due(now)]
            due.sort(key=lambda entry: entry.attempts == 0)
            waiting = batches(due)
            while waiting and self.outcome.stopped is None:
                waiting[:1] = self._send_batch(waiting[0])
        self.outcome.waiting = len(self._queue.pending)
        return self.outcome

    def _park_used_up(self) -> None:
        """A run killed during a fifth attempt left its sessions without another one."""
        used_up = [entry for entry in self._queue.pending if entry.attempts >= MOST_ATTEMPTS]
        for entry in used_up:
            self._park(entry, entry.last_error or "no answer")
        if used_up:
            self._file.write(self._queue)

    def _send_batch(self, batch: list[Entry]) -> list[list[Entry]]:
        """Send one batch; returns the parts that are to be sent next in its place."""
        before = {entry.session_id: (entry.attempts, entry.next_attempt_at) for entry in batch}
        now = self._now()
        for entry in batch:
            entry.attempts += 1
            entry.next_attempt_at = instant_text(now + self._wait(entry.attempts))
        self._file.write(self._queue)
        judgement = self._exchange(batch, before)
        parts = self._apply(judgement, batch)
        self._file.write(self._queue)
        return parts

    def _exchange(self, batch: list[Entry], before: dict[str, tuple[int, str]]) -> Judgement:
        """The server's judgement; where it costs no attempt the entries are as `before` again."""
        costs_attempt = False
        try:
            answer = self._send(body_of([entry.session for entry in batch]))
            judgement = judge(answer, len(batch), self._now())
            refused_alone = judgement.verdict is Verdict.SPLIT and len(batch) == 1
            costs_attempt = judgement.verdict is Verdict.RETRY or refused_alone
        except Unreachable as error:
            judgement = Judgement(Verdict.RETRY, error.message)
            costs_attempt = error.sent
        except OmaError:
            _restore(batch, before)
            self._file.write(self._queue)
            raise
        if not costs_attempt:
            _restore(batch, before)
        return judgement

    def _apply(self, judgement: Judgement, batch: list[Entry]) -> list[list[Entry]]:
        verdict = judgement.verdict
        if verdict is Verdict.DONE:
            self._done(judgement, batch)
        elif verdict is Verdict.SPLIT and len(batch) > 1:
            middle = len(batch) // 2
            return [batch[:middle], batch[middle:]]
        elif verdict is Verdict.SPLIT:
            self._park(batch[0], judgement.words)
        elif verdict is Verdict.RETRY:
            self._retry_later(judgement, batch)
        else:
            self._stop(judgement, batch)
        return []

    def _done(self, judgement: Judgement, batch: list[Entry]) -> None:
        stored = [entry.session_id for entry in batch]
        self._settle(stored)
        self._queue.remove(stored)
        self._queue.last_sync = instant_text(self._now())
        self._queue.paused_until = None
        self.outcome.duplicates += judgement.duplicates
        self.outcome.stored += len(batch) - judgement.duplicates

    def _retry_later(self, judgement: Judgement, batch: list[Entry]) -> None:
        now = self._now()
        for entry in batch:
            entry.last_error = judgement.words
            if entry.attempts >= MOST_ATTEMPTS:
                self._park(entry, judgement.words)
            elif judgement.wait is not None:
                asked = now + judgement.wait
                entry.next_attempt_at = later_instant(entry.next_attempt_at, instant_text(asked))
        if judgement.wait is not None:
            self._queue.paused_until = instant_text(now + judgement.wait)
        self.outcome.stopped = judgement.words

    def _stop(self, judgement: Judgement, batch: list[Entry]) -> None:
        """The whole server is closed to us: nobody loses an attempt."""
        for entry in batch:
            entry.last_error = judgement.words
        if judgement.verdict is Verdict.PAUSE:
            until = instant_text(self._now() + (judgement.wait if judgement.wait is not None else DEFAULT_PAUSE))
            self._queue.paused_until = until
            for entry in self._queue.pending:
                entry.next_attempt_at = later_instant(entry.next_attempt_at, until)
        self.outcome.refused = judgement.verdict is Verdict.REFUSED
        self.outcome.is_wrong_place = judgement.verdict is Verdict.WRONG_PLACE
        self.outcome.stopped = judgement.words

    def _park(self, entry: Entry, reason: str) -> None:
        self._queue.park(entry, reason)
        self.outcome.parked += 1

    def _wait(self, attempts: int) -> timedelta:
        """Doubled by each attempt, with up to half taken off at random so that many clients do not come at once."""
        full: timedelta = min(self._backoff * (1 << attempts - 1), LONGEST_BACKOFF)
        return full * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _restore(batch: list[Entry], before: dict[str, tuple[int, str]]) -> None:
    for entry in batch:
        entry.attempts, entry.next_attempt_at = before[entry.session_id]
