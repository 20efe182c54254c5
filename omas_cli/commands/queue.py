"""`omas queue list|retry|drop`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from omas_cli import ledger
from omas_cli.dates import local_time
from omas_cli.upload.queue import Entry, Queue, QueueFile, instant_text
from shared import output
from shared.errors import OmaError, UsageError

COLUMNS = ("session", "state", "attempts", "next attempt", "last error")
EVERYWHERE = "*"


def show(*, json: bool) -> int:
    queue = QueueFile().read()
    if json:
        output.print_json(
            {
                "pending": [_object(entry) for entry in queue.pending],
                "parked": [_object(entry) for entry in queue.parked],
                "last_sync": queue.last_sync,
                "paused_until": queue.paused_until,
            }
        )
        return 0
    rows = [_row(entry, "pending") for entry in queue.pending] + [_row(entry, "parked") for entry in queue.parked]
    if rows:
        output.print_table(COLUMNS, rows)
    else:
        output.say("The queue is empty.")
    if queue.paused_until and queue.is_paused(datetime.now(UTC)):
        output.say(f"The server asked to wait until {local_time(queue.paused_until)}.")
    return 0


def retry(*, session_id: str | None, everything: bool) -> int:
    """Give parked sessions five new attempts, and make waiting ones due now."""
    now = datetime.now(UTC)

    def again(queue: Queue, entry: Entry) -> None:
        queue.remove([entry.session_id])
        stamp = instant_text(now)
        queue.pending.append(Entry(entry.session, 0, entry.queued_at, stamp, entry.last_error))

    count = _change(session_id, everything, again)
    output.say(f"{output.counted(count, 'session')} due now; `omas upload` sends what is due.")
    return 0


def drop(*, session_id: str | None, everything: bool, dry_run: bool) -> int:
    """Take sessions out of the queue for good: they are not uploaded by later runs either."""
    if dry_run:
        chosen = _chosen(QueueFile().read(), session_id, everything)
        output.print_text("\n".join(output.cell(entry.session_id) for entry in chosen))
        return 0
    dropped: list[str] = []

    def take(queue: Queue, entry: Entry) -> None:
        queue.remove([entry.session_id])
        dropped.append(entry.session_id)

    with ledger.opened() as book:
        count = _change(session_id, everything, take)
        book.settle(EVERYWHERE, dropped, "dropped")
    output.say(f"{output.counted(count, 'session')} dropped.")
    return 0


def _change(session_id: str | None, everything: bool, change: Callable[[Queue, Entry], None]) -> int:
    with QueueFile().changing() as queue:
        chosen = _chosen(queue, session_id, everything)
        for entry in chosen:
            change(queue, entry)
    return len(chosen)


def _chosen(queue: Queue, session_id: str | None, everything: bool) -> list[Entry]:
    if (session_id is None) == (not everything):
        raise UsageError("Name one session, or --all.", hint="`omas queue list` shows the ids.")
    entries = [*queue.pending, *queue.parked]
    if everything:
        return entries
    assert session_id is not None
    found = [entry for entry in entries if entry.session_id.startswith(session_id)]
    exact = [entry for entry in found if entry.session_id == session_id]
    if not found:
        raise OmaError(f"The queue has no session {session_id!r}.", hint="`omas queue list` shows the ids.")
    if len(found) > 1 and not exact:
        raise UsageError(f"{session_id!r} begins {len(found)} session ids.", hint="Write more of one.")
    return exact or found


def _object(entry: Entry) -> dict[str, object]:
    return {
        "session_id": entry.session_id,
        "attempts": entry.attempts,
        "queued_at": entry.queued_at,
        "next_attempt_at": entry.next_attempt_at,
        "last_error": entry.last_error,
    }


def _row(entry: Entry, state: str) -> list[str]:
    when = local_time(entry.next_attempt_at) if state == "pending" else "–"
    return [entry.session_id, state, str(entry.attempts), when, entry.last_error or ""]
