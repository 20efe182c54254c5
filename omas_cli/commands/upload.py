"""`omas upload`: send the scores of finished, qualified sessions."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from omas_cli import ledger, payload, server
from omas_cli.ledger import Ledger
from omas_cli.record import Record
from omas_cli.salt import salt
from omas_cli.server import Target
from omas_cli.settings import SETTINGS
from omas_cli.upload.queue import Queue, QueueFile
from omas_cli.upload.sender import Outcome, Sender, batches, body_of
from shared import config, output
from shared.errors import NotAuthorisedError, OmaError, QueuedError

FINISHED_AFTER_SECONDS = 30 * 60
UPLOAD_PATH = "/api/v1/metrics/upload"


def run(*, server_url: str | None, dry_run: bool, retry_only: bool, quiet: bool, include_active: bool) -> int:
    """0 sent or nothing to send · 1 something was refused for good · 75 kept for later · 77 the key was refused."""
    target = server.target(server_url)
    file = QueueFile()
    with ledger.opened() as book:
        if dry_run:
            code = _print_bytes(_with_new(file.read(), book, target, retry_only, include_active))
            if held_back := _held_back(book, target, include_active):
                output.say(held_back.strip())
            return code
        token = server.token_for(target, mint=server_url is not None)
        with file.working() as got:
            if not got:
                output.say("Another `omas upload` is at work.")
                return 0
            queue = _with_new(file.read(), book, target, retry_only, include_active)
            if not queue.pending:
                _say(quiet, f"Nothing to upload.{_held_back(book, target, include_active)}")
                return 0
            file.write(queue)
            outcome = _send(file, queue, book, target, token)
    return _conclude(outcome, target, quiet)


def _with_new(queue: Queue, book: Ledger, target: Target, retry_only: bool, include_active: bool) -> Queue:
    """The queue with the sessions of the ledger that the server does not have yet; waiting ones get newer payloads."""
    text = salt()
    records = {record.id: record for record in book.sessions() if is_ready(record, include_active)}
    waiting = {entry.session_id for entry in queue.pending}
    new = [] if retry_only else sorted(set(records) - queue.ids() - book.settled(target.name))
    now = datetime.now(UTC)
    for session_id in [*(waiting & set(records)), *new]:
        queue.add(payload.session_object(records[session_id], text), now)
    return queue


def is_ready(record: Record, include_active: bool) -> bool:
    """Qualified, and (unless asked for) not written to for 30 minutes."""
    age = time.time() - record.modified_ms / 1000
    return record.is_qualified and (include_active or age >= FINISHED_AFTER_SECONDS)


def _held_back(book: Ledger, target: Target, include_active: bool) -> str:
    """One sentence on sessions that may still go on, "" when there are none."""
    if include_active:
        return ""
    settled = book.settled(target.name)
    found = sum(
        is_ready(record, True) and not is_ready(record, False) for record in book.sessions() if record.id not in settled
    )
    return f" Held back: {output.counted(found, 'session')} that may still go on (--include-active)." if found else ""


def _print_bytes(queue: Queue) -> int:
    """The bodies of the requests, byte for byte, one per line."""
    now = datetime.now(UTC)
    due = [entry for entry in queue.pending if entry.is_due(now)]
    for batch in batches(due):
        sys.stdout.buffer.write(body_of(sessions_of(batch)) + b"\n")
    sys.stdout.flush()
    output.say(f"{output.counted(len(due), 'session')} would be sent; nothing was.")
    return 0


def sessions_of(batch: Sequence[Any]) -> list[dict[str, Any]]:
    return [entry.session for entry in batch]


def _send(file: QueueFile, queue: Queue, book: Ledger, target: Target, token: str) -> Outcome:
    backoff = timedelta(seconds=config.load("omas", SETTINGS).number("upload.backoff_seconds"))
    with server.client(target, token) as client:
        return Sender(
            file,
            queue,
            lambda body: client.request("POST", UPLOAD_PATH, content=body),
            lambda ids: book.settle(target.name, ids, "stored"),
            backoff,
        ).run()


def _conclude(outcome: Outcome, target: Target, quiet: bool) -> int:
    sent, reason = outcome.stored + outcome.duplicates, (outcome.stopped or "").rstrip(".")
    waiting, parked = output.counted(outcome.waiting, "session"), output.counted(outcome.parked, "session")
    if sent:
        there = f", {outcome.duplicates} more already there" if outcome.duplicates else ""
        _say(quiet, f"{output.counted(outcome.stored, 'session')} stored on {target.shown}{there}.")
    if outcome.refused:
        raise NotAuthorisedError(
            f"{target.shown} does not accept the key: {reason}. Kept for later: {waiting}.",
            hint="Run `omas auth login` and upload again.",
        )
    if outcome.parked:
        raise OmaError(
            f"{parked} could not be delivered and {'is' if outcome.parked == 1 else 'are'} parked.",
            hint="`omas queue list` says why; `omas queue retry ID` or `omas queue drop ID` decides.",
        )
    if outcome.is_wrong_place:
        raise OmaError(
            f"{target.shown} is no OMAS server ({reason}). Kept for later: {waiting}.",
            hint="Check server.url or --server.",
        )
    if outcome.stopped is not None:
        raise QueuedError(f"{waiting} kept, to be retried: {reason}.", hint="`omas queue list`")
    if not sent and outcome.waiting:
        _say(quiet, f"{waiting} waiting for the next attempt.")
    return 0


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        output.say(text)
