"""Sending the outbox: one sender at a time, nothing lost, nothing doubled (DESIGN 5.3).

2xx, 409                    sent: the item leaves
400, 413, 422               parked with the server's words; a person decides
401, 403, 404               wrong key or address: everything waits, no attempt is counted
408, 429, 5xx, no answer    tried again later, with jitter; Retry-After is honoured
"""

from __future__ import annotations

import email.utils
import hashlib
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
from oobo_hooks.store.outbox import USERS_SERVER, Item, Pause, Route
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


def drain(
    server: Server,
    *,
    route: Route = USERS_SERVER,
    force: bool = False,
    on_sent: Callable[[], None] = lambda: None,
) -> Outcome | None:
    """Send what is due on a route to its server; with `force` also what waits, and in spite of a pause.

    None when another sender is at work on this route.

    The holder looks again after it has let go, so an item queued meanwhile is not left lying.
    """
    total = Outcome()
    lock = _lock_file(route)
    with database.opened() as connection:
        while True:
            with durable.locked(lock, wait=False) as got:
                if not got:
                    return None if total == Outcome() else total
                _drain(_Run(connection, server, route, force, on_sent, total))
            if total.stopped or outbox.next_due(connection, after=0, ignore_times=False, route=route) is None:
                return total


@dataclass(frozen=True)
class _Run:
    """One drain at work."""

    connection: sqlite3.Connection
    server: Server
    route: Route
    force: bool
    on_sent: Callable[[], None]
    total: Outcome

    def next_due(self, after: int) -> Item | None:
        return outbox.next_due(self.connection, after=after, ignore_times=self.force, route=self.route)


def _lock_file(route: Route) -> Path:
    """Each route has its own sender: a server that hangs holds up nobody else's events."""
    own = f"-{hashlib.sha256(route.name.encode()).hexdigest()[:12]}" if route.name else ""
    return paths.oobo_database().with_name(f"sender{own}.lock")


def _drain(run: _Run) -> None:
    connection, total = run.connection, run.total
    total.stopped = None if run.force else _reason_to_rest(run)
    if total.stopped:
        return
    if run.force:
        with database.transaction(connection):
            outbox.resume(connection, run.route)
    if run.next_due(0) is None:
        return
    try:
        base_url = run.server.base_url()
    except OmaError as error:
        total.stopped = error.message
        return
    with Client(base_url, user_agent=USER_AGENT, token=run.server.key) as client:
        _send_all(run, client)


def _reason_to_rest(run: _Run) -> str | None:
    pause = outbox.read_pause(run.connection, run.route)
    if pause is not None and pause.destination == run.server.fingerprint:
        return pause.sentence
    if outbox.quiet_until(run.connection, run.route) > time.time():
        return "the server asked for rest or could not be reached; it is tried again later"
    return None


def _send_all(run: _Run, client: Client) -> None:
    connection, total = run.connection, run.total
    after, failures = 0, 0
    while (item := run.next_due(after)) is not None:
        after = item.id
        answer: Answer | Unreachable
        try:
            body = body_of(connection, item)
        except OmaError as error:
            # The settings of one repository cannot be read: its events wait for that, the others do not.
            with database.transaction(connection):
                _failed(run, item, error.message, None, counts=True, rest=False)
            continue
        try:
            answer = client.request("POST", INGEST, content=body.encode())
        except Unreachable as error:
            answer = error
        with database.transaction(connection):
            failed = _settle(run, item, answer)
        failures = failures + 1 if failed else 0
        run.on_sent()
        if total.stopped:
            return
        if failures == FAILURES_IN_A_ROW and not run.force:
            total.stopped = "the server fails again and again; it is tried again later"
            with database.transaction(connection):
                outbox.keep_quiet(connection, time.time() + wait_seconds(failures), run.route)
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


def _settle(run: _Run, item: Item, answer: Answer | Unreachable) -> bool:
    """Write down what the answer means for the item; True when it has to be tried again."""
    connection, total = run.connection, run.total
    if isinstance(answer, Unreachable):
        return _failed(run, item, answer.message, None, counts=answer.sent, rest=not answer.sent)
    if 200 <= answer.status < 300 or answer.status == 409 or _is_duplicate(answer):
        outbox.remove(connection, item.id)
        total.sent += 1
        return False
    if answer.status in _PAUSING:
        total.stopped = _pause(run, answer)
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
    return _failed(run, item, reason, retry_after(answer), counts=True, rest=rest)


def _is_duplicate(answer: Answer) -> bool:
    """Older servers answer 500 with their database's words for a commit they have (seed 003)."""
    body = answer.content.lower()
    return answer.status == 500 and (b"duplicate" in body or b"unique" in body)


def _pause(run: _Run, answer: Answer) -> str:
    words = {
        401: "the key is missing or not valid",
        403: "this key may not send anchors",
        404: "there is no anchor server at this address",
    }
    where = f" to {run.route.destination}" if run.route.destination else ""
    sentence = f"sync{where} is paused: {words[answer.status]} ({answer.message()})"
    outbox.pause(run.connection, Pause(answer.status, sentence, run.server.fingerprint, time.time()), run.route)
    hint = "check `oobo auth set-remote`" if answer.status == 404 else "run `oobo auth login`"
    outbox.add_notice(run.connection, f"{sentence}; {hint}")
    return sentence


def _parked_sentence(answer: Answer) -> str:
    return (
        f"warning: the server rejected an anchor ({answer.status}): {answer.message()}. See `oobo outbox list`; "
        f"this is oobo {__version__}, see whether a newer one is there"
    )


def _failed(run: _Run, item: Item, reason: str, asked: float | None, *, counts: bool, rest: bool) -> bool:
    wait = max(asked or 0.0, wait_seconds(item.attempts + 1))
    outbox.postpone(run.connection, item.id, until=time.time() + wait, reason=reason, counts=counts)
    run.total.failed += 1
    if rest:
        # The whole server is meant, not this item: the others would only meet the same.
        outbox.keep_quiet(run.connection, time.time() + wait, run.route)
        run.total.stopped = reason
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
