"""`omar event schedule|list|cancel`: messages to agents, now, later or again and again."""

from __future__ import annotations

import datetime
import os
import re
import sys
import time
from typing import Any

from omar_daemon.commands import dry_run as dry_runs
from omar_daemon.commands.agent_calls import ask, daemon_runs
from shared import output
from shared.errors import OmaError, UsageError
from shared.http import Client

PERSON = "user"
_UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?\Z")


def schedule(
    *,
    receiver: str,
    payload: str | None,
    sender: str | None,
    at: str | None,
    wait: str | None,
    every: str | None,
    event_id: str | None,
    allow_missing: bool,
    dry_run: bool,
    json: bool,
) -> int:
    """Schedule an event by the daemon, which is started when needed; prints its id.

    `at` is nanoseconds since the epoch or an ISO 8601 time (of this machine's zone unless it names one), `wait` and
    `every` are spans like `90s` or `5m`. `payload` of None or `-` is stdin.
    """
    if at is not None and wait is not None:
        raise UsageError("Give the time with --at or with --in, not both.")
    wanted = {
        "sender": sender or os.environ.get("OMAR_AGENT") or PERSON,
        "receiver": receiver,
        "payload": _payload(payload),
        "timestamp": instant(at) if at is not None else (time.time_ns() + span(wait) if wait is not None else None),
        "recurring_ns": span(every) if every is not None else None,
        "id": event_id,
        "allow_missing": allow_missing or None,
    }
    body = {key: value for key, value in wanted.items() if value is not None}
    if dry_run:
        return dry_runs.show(f"schedule {_described(body)}", "POST", "/api/events", body, json=json)
    from omar_daemon.client import daemon_client

    with daemon_client(start=True) as client:
        made = ask(client, "POST", "/api/events", json=body)
    if json:
        output.print_json(made)
        return 0
    output.print_text(made["id"])
    output.say(f"Due {shown_time(made['timestamp'])}.")
    return 0


def show_all(*, receiver: str | None, dead: bool, json: bool) -> int:
    """Print the events that wait, and why one that is due does; or with `dead` those that could not be delivered.

    Without a daemon, what the store holds.
    """
    state = "dead" if dead else "waiting"
    found = _asked(receiver, state) if daemon_runs() else {"events": _stored(receiver, state)}
    if json:
        output.print_json(found)
        return 0
    if not found["events"]:
        output.say("No dead events." if dead else "No events.")
        return 0
    output.print_table(*_table(found["events"], dead=dead), cut_last=not dead)
    return 0


def _asked(receiver: str | None, state: str) -> dict[str, Any]:
    from omar_daemon.client import daemon_client

    with daemon_client() as client:
        return ask(
            client, "GET", "/api/events", params={"state": state, **({"receiver": receiver} if receiver else {})}
        )


def _stored(receiver: str | None, state: str) -> list[dict[str, Any]]:
    from omar_daemon.events.listing import listed
    from omar_daemon.settings import SETTINGS
    from omar_daemon.store import events as room
    from omar_daemon.store.at_rest import store_at_rest
    from shared import config

    with store_at_rest(config.load("omar", SETTINGS)) as store:
        if store is None:
            return []
        with store.read() as connection:
            return listed(room.load_all(connection), receiver=receiver or None, state=state, held={})


def _table(events: list[dict[str, Any]], *, dead: bool) -> tuple[tuple[str, ...], list[list[str]]]:
    """Heads and rows; the reasons have a column when there is one."""
    last = ("reason",) if dead else ("reason", "payload") if any("reason" in e for e in events) else ("payload",)
    rows = [
        [e["id"], shown_time(e["timestamp"]), _every(e), e["sender"], e["receiver"], *(e.get(key, "") for key in last)]
        for e in events
    ]
    return ("event", "due", "every", "from", "to", *last), rows


def cancel(*, ids: list[str], dry_run: bool, json: bool) -> int:
    """Cancel events; one that is none does not stop the others; 1 then."""
    from urllib.parse import quote

    from omar_daemon.client import daemon_client

    plan = [{"method": "DELETE", "path": f"/api/events/{quote(event_id, safe='')}"} for event_id in ids]
    results: list[dict[str, Any]] = []
    with daemon_client() as client:
        if dry_run:
            known = _known_events(client)
            return dry_runs.show_without_body([_told(event_id, known) for event_id in ids], plan, json=json)
        for event_id, step in zip(ids, plan, strict=True):
            try:
                results.append(ask(client, step["method"], step["path"]))
            except OmaError as error:
                results.append({"id": event_id, "error": error.message})
    if json:
        output.print_json({"results": results})
    for result in results:
        output.say(result.get("error") or f"Event {result['id']} is cancelled.")
    return 1 if any("error" in result for result in results) else 0


def _known_events(client: Client) -> dict[str, dict[str, Any]]:
    """Every event that waits or is dead, by its id."""
    pages = [ask(client, "GET", "/api/events", params={"state": state})["events"] for state in ("waiting", "dead")]
    return {event["id"]: event for page in pages for event in page}


def _told(event_id: str, known: dict[str, dict[str, Any]]) -> str:
    event = known.get(event_id)
    if event is None:
        raise OmaError(f"Event '{event_id}' not found.", hint="`omar event list` shows the events.")
    return f"cancel event {event_id} to {event['receiver']}, due {shown_time(event['timestamp'])}"


def _described(body: dict[str, Any]) -> str:
    """A new event in words: who gets it, from whom, and when."""
    when = f"due {shown_time(body['timestamp'])}" if "timestamp" in body else "due at once"
    if "recurring_ns" in body:
        every = _every(body)
        when = f"every {every}" if "timestamp" not in body else f"{when} and then every {every}"
    return f"an event to {body['receiver']} from {body['sender']}, {when}"


def span(text: str) -> int:
    """Nanoseconds of a span like `90s`, `5m`, `1.5h`; a bare number is seconds."""
    found = _SPAN.match(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no span of time.", hint="Write it like 500ms, 90s, 5m, 2h or 1d.")
    return int(float(found.group(1)) * _UNITS[found.group(2) or "s"])


def instant(text: str) -> int:
    """Nanoseconds since the epoch of a number of them, or of an ISO 8601 time."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise UsageError(f"{text!r} is no time.", hint="Write it like 2026-11-22T09:30 or in nanoseconds.") from None
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000


def shown_time(nanoseconds: int) -> str:
    """In this machine's zone, to the second."""
    return datetime.datetime.fromtimestamp(nanoseconds // 10**9).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _every(event: dict[str, Any]) -> str:
    return f"{event['recurring_ns'] / 1e9:g} s" if "recurring_ns" in event else ""


def _payload(payload: str | None) -> str:
    if payload is not None and payload != "-":
        return payload
    if payload is None and sys.stdin.isatty():
        raise UsageError("There is no text to send.", hint="omar event schedule NAME TEXT, or pipe it in.")
    try:
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError:
        raise UsageError("The text on stdin is not UTF-8.") from None
