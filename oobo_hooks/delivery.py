"""Sending the outbox: one sender at a time, nothing lost, nothing doubled (DESIGN 5.3).

2xx, 409                    sent: the item leaves
400, 413, 422               parked with the server's words; a person decides
401, 403, 404               wrong key or address: everything waits, no attempt is counted
408, 429, 5xx, no answer    tried again later, with jitter; Retry-After is honoured
"""

from __future__ import annotations

import email.utils
import json
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oobo_hooks import settings
from oobo_hooks.settings import Server
from oobo_hooks.store import anchors, database, outbox
from oobo_hooks.store.outbox import Item, Pause
from shared import __version__, durable, paths
from shared.errors import OmaError
from shared.http import Answer, Client, Unreachable

USER_AGENT = f"oobo/{__version__}"
INGEST = "/anchors/ingest"
FIRST_WAIT = 5.0
LONGEST_WAIT = 3600.0
LONGEST_RETRY_AFTER = 24 * 3600.0
FAILURES_IN_A_ROW = 3
_PARKING = (400, 413, 422)
_PAUSING = (401, 403, 404)


@dataclass
class Outcome:
    """What one drain did. `stopped` says why it ended early, if it did."""

    sent: int = 0
    parked: int = 0
    failed: int = 0
    stopped: str | None = None


def drain(server: Server, *, force: bool = False, on_sent: Callable[[], None] = lambda: None) -> Outcome | None:
    """Send what is due; with `force` also what waits, and in spite of a pause. None when another sender is at work.

    The holder looks again after it has let go, so an item queued meanwhile is not left lying.
    """
    total = Outcome()
    lock = paths.oobo_database().with_name("sender.lock")
    with database.opened() as connection:
        while True:
            with durable.locked(lock, wait=False) as got:
                if not got:
                    return None if total == Outcome() else total
                _drain(connection, server, force, on_sent, total)
            if total.stopped or outbox.next_due(connection, after=0, ignore_times=False) is None:
                return total


def _drain(
    connection: sqlite3.Connection, server: Server, force: bool, on_sent: Callable[[], None], total: Outcome
) -> None:
    total.stopped = None if force else _reason_to_rest(connection, server)
    if total.stopped:
        return
    if force:
        with database.transaction(connection):
            outbox.resume(connection)
    if outbox.next_due(connection, after=0, ignore_times=force) is None:
        return
    try:
        base_url = server.base_url()
    except OmaError as error:
        total.stopped = error.message
        return
    with Client(base_url, user_agent=USER_AGENT, token=server.key) as client:
        _send_all(connection, client, server, force, on_sent, total)


def _reason_to_rest(connection: sqlite3.Connection, server: Server) -> str | None:
    pause = outbox.read_pause(connection)
    if pause is not None and pause.destination == server.destination:
        return pause.sentence
    if outbox.quiet_until(connection) > time.time():
        return "the server asked for rest or could not be reached; it is tried again later"
    return None


def _send_all(
    connection: sqlite3.Connection,
    client: Client,
    server: Server,
    force: bool,
    on_sent: Callable[[], None],
    total: Outcome,
) -> None:
    after, failures = 0, 0
    while (item := outbox.next_due(connection, after=after, ignore_times=force)) is not None:
        after = item.id
        answer: Answer | Unreachable
        try:
            answer = client.request("POST", INGEST, content=body_of(connection, item).encode())
        except Unreachable as error:
            answer = error
        with database.transaction(connection):
            failed = _settle(connection, item, answer, server, total)
        failures = failures + 1 if failed else 0
        on_sent()
        if total.stopped:
            return
        if failures == FAILURES_IN_A_ROW and not force:
            total.stopped = "the server fails again and again; it is tried again later"
            with database.transaction(connection):
                outbox.keep_quiet(connection, time.time() + wait_seconds(failures))
            return


def body_of(connection: sqlite3.Connection, item: Item) -> str:
    """What may leave now: a transcript queued while transparency was on stays here once it is off."""
    if item.repository is None or '"transparency_mode":"on"' not in item.body:
        return item.body
    known = anchors.repository_with(connection, item.repository)
    if known is None or settings.is_transparent(settings.load(Path(known.common_dir) / "oobo"), known.transparency):
        return item.body
    # The models of the payload take 100 ms to build, and nearly no event needs this.
    from oobo_hooks import payload

    return json.dumps(payload.without_event_transcripts(json.loads(item.body)), separators=(",", ":"))


def _settle(
    connection: sqlite3.Connection, item: Item, answer: Answer | Unreachable, server: Server, total: Outcome
) -> bool:
    """Write down what the answer means for the item; True when it has to be tried again."""
    if isinstance(answer, Unreachable):
        return _failed(connection, item, answer.message, None, total, counts=answer.sent, rest=not answer.sent)
    if 200 <= answer.status < 300 or answer.status == 409 or _is_duplicate(answer):
        outbox.remove(connection, item.id)
        total.sent += 1
        return False
    if answer.status in _PAUSING:
        total.stopped = _pause(connection, answer, server)
        return False
    if answer.status in _PARKING:
        reason = f"{answer.status}: {answer.message()}"
        outbox.park(connection, item.id, reason)
        outbox.add_notice(connection, _parked_sentence(answer))
        total.parked += 1
        return False
    if answer.status >= 500:
        outbox.add_notice(connection, f"warning: the server failed during sync ({answer.status}): {answer.message()}")
    rest = answer.status in (429, 503)
    reason = f"{answer.status}: {answer.message()}"
    return _failed(connection, item, reason, retry_after(answer), total, counts=True, rest=rest)


def _is_duplicate(answer: Answer) -> bool:
    """Older servers answer 500 with their database's words for a commit they have (seed 003)."""
    body = answer.content.lower()
    return answer.status == 500 and (b"duplicate" in body or b"unique" in body)


def _pause(connection: sqlite3.Connection, answer: Answer, server: Server) -> str:
    words = {
        401: "the key is missing or not valid",
        403: "this key may not send anchors",
        404: "there is no anchor server at this address",
    }
    sentence = f"sync is paused: {words[answer.status]} ({answer.message()})"
    outbox.pause(connection, Pause(answer.status, sentence, server.destination, time.time()))
    hint = "check `oobo auth set-remote`" if answer.status == 404 else "run `oobo auth login`"
    outbox.add_notice(connection, f"{sentence}; {hint}")
    return sentence


def _parked_sentence(answer: Answer) -> str:
    return (
        f"warning: the server rejected an anchor ({answer.status}): {answer.message()}. See `oobo outbox list`; "
        f"this is oobo {__version__}, see whether a newer one is there"
    )


def _failed(
    connection: sqlite3.Connection,
    item: Item,
    reason: str,
    asked: float | None,
    total: Outcome,
    *,
    counts: bool,
    rest: bool,
) -> bool:
    wait = max(asked or 0.0, wait_seconds(item.attempts + 1))
    outbox.postpone(connection, item.id, until=time.time() + wait, reason=reason, counts=counts)
    total.failed += 1
    if rest:
        # The whole server is meant, not this item: the others would only meet the same.
        outbox.keep_quiet(connection, time.time() + wait)
        total.stopped = reason
    return True


def wait_seconds(attempts: int) -> float:
    """Back-off before the next attempt: 5 s doubling to an hour, ± 25 %."""
    whole: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 20))
    return whole * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, hides nothing


def retry_after(answer: Answer) -> float | None:
    """Seconds of a Retry-After header, a number or a date; None without a usable one."""
    raw = answer.headers.get("retry-after", "").strip()
    if raw.isdigit():
        return min(float(raw), LONGEST_RETRY_AFTER)
    try:
        at = email.utils.parsedate_to_datetime(raw).timestamp()
    except (ValueError, TypeError):
        return None
    return min(max(0.0, at - time.time()), LONGEST_RETRY_AFTER)


def may_send(server: Server) -> bool:
    """Whether the user has asked for sending: sync is on and there is a key."""
    return server.sync and server.key is not None


def configured_server() -> Server:
    return settings.server(settings.load())
