"""The outbox in the local store: events on their way to the server, and why some of them wait.

An item leaves only after the server's answer, so a sender that dies sends it again; the server keeps one anchor per
commit and answers 409, which removes it too (DESIGN 5.3).
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Route:
    """Events that go the same way: '' is the user's own server, for all repositories that name no other.

    An address named by a repository or an environment is its `repository`'s alone: others may have another key for it.
    """

    destination: str = ""
    repository: int | None = None

    @property
    def name(self) -> str:
        """'' or a text that no other route has, as `omar_daemon.drain` makes it too."""
        return f" {self.repository} {self.destination}" if self.destination else ""


USERS_SERVER = Route()


@dataclass(frozen=True)
class Item:
    """One event. Times are seconds since the epoch; `parked` items wait for a person, the others for their time."""

    id: int
    event: str
    repository: int | None
    commit_hash: str | None
    body: str
    parked: bool
    attempts: int
    next_attempt_at: float
    queued_at: float
    last_error: str | None
    destination: str

    @property
    def route(self) -> Route:
        return Route(self.destination, self.repository) if self.destination else USERS_SERVER


@dataclass(frozen=True)
class Pause:
    """Why nothing is sent: the server's status and words, and to which address and key that applies."""

    status: int
    sentence: str
    destination: str
    at: float


def put(
    connection: sqlite3.Connection,
    event: str,
    body: dict[str, Any],
    *,
    repository: int,
    once: str,
    commit: str | None = None,
    destination: str = "",
) -> None:
    """Queue an event for one address, '' for the user's server; one with the same `once` stays one item."""
    connection.execute(
        "INSERT OR IGNORE INTO outbox (event, repository, commit_hash, once, body, queued_at, destination)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event, repository, commit, once, json.dumps(body, separators=(",", ":")), time.time(), destination),
    )


def routes(connection: sqlite3.Connection) -> list[Route]:
    """The ways that what is not parked goes, in the order of the oldest events."""
    rows = connection.execute(
        "SELECT destination, CASE destination WHEN '' THEN NULL ELSE repository END AS own"
        " FROM outbox WHERE parked = 0 GROUP BY 1, 2 ORDER BY min(id)"
    )
    return [Route(row["destination"], row["own"]) for row in rows]


def next_due(
    connection: sqlite3.Connection, *, after: int, ignore_times: bool, route: Route = USERS_SERVER
) -> Item | None:
    """The oldest item of a route behind `after` whose time has come (any not parked, with `ignore_times`)."""
    row = connection.execute(
        "SELECT * FROM outbox WHERE parked = 0 AND id > ? AND (? OR next_attempt_at <= ?)"
        " AND destination = ? AND (destination = '' OR repository IS ?) ORDER BY id LIMIT 1",
        (after, ignore_times, time.time(), route.destination, route.repository),
    ).fetchone()
    return _item(row) if row else None


def remove(connection: sqlite3.Connection, item_id: int) -> bool:
    return connection.execute("DELETE FROM outbox WHERE id = ?", (item_id,)).rowcount == 1


def postpone(connection: sqlite3.Connection, item_id: int, *, until: float, reason: str, counts: bool) -> None:
    connection.execute(
        "UPDATE outbox SET attempts = attempts + ?, next_attempt_at = ?, last_error = ? WHERE id = ?",
        (counts, until, reason, item_id),
    )


def hold(connection: sqlite3.Connection, route: Route, *, until: float, reason: str) -> None:
    """Nothing of a route can be sent for now: nobody tries before `until` unless it is open again by then."""
    connection.execute(
        "UPDATE outbox SET last_error = ? WHERE parked = 0 AND next_attempt_at <= ?"
        " AND destination = ? AND (destination = '' OR repository IS ?)",
        (reason, time.time(), route.destination, route.repository),
    )
    _set_state(connection, f"held{route.name}", repr(until))


def release(connection: sqlite3.Connection, route: Route) -> None:
    """End the hold of a route that is open again."""
    connection.execute("DELETE FROM state WHERE name = ?", (f"held{route.name}",))


def park(connection: sqlite3.Connection, item_id: int, reason: str) -> None:
    connection.execute(
        "UPDATE outbox SET parked = 1, attempts = attempts + 1, last_error = ? WHERE id = ?", (reason, item_id)
    )


def retry(connection: sqlite3.Connection, item_id: int | None) -> int:
    """Make one item, or all, due now, parked ones too; returns how many."""
    return connection.execute(
        "UPDATE outbox SET parked = 0, attempts = 0, next_attempt_at = 0 WHERE ? IS NULL OR id = ?", (item_id, item_id)
    ).rowcount


def items(connection: sqlite3.Connection) -> list[Item]:
    return [_item(row) for row in connection.execute("SELECT * FROM outbox ORDER BY id")]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """`waiting` and `parked`."""
    row = connection.execute("SELECT count(*) - coalesce(sum(parked), 0), coalesce(sum(parked), 0) FROM outbox")
    waiting, parked = row.fetchone()
    return {"waiting": int(waiting), "parked": int(parked)}


def pause(connection: sqlite3.Connection, pause_: Pause, route: Route = USERS_SERVER) -> None:
    _set_state(connection, f"pause{route.name}", json.dumps(vars(pause_)))


def read_pause(connection: sqlite3.Connection, route: Route = USERS_SERVER) -> Pause | None:
    value = _state(connection, f"pause{route.name}")
    return Pause(**json.loads(value)) if value else None


def pauses(connection: sqlite3.Connection) -> list[Pause]:
    """The pauses of all routes, that of the user's server first."""
    rows = connection.execute("SELECT value FROM state WHERE name = 'pause' OR name GLOB 'pause *' ORDER BY name")
    return [Pause(**json.loads(row["value"])) for row in rows]


def resume(connection: sqlite3.Connection, route: Route | None = None) -> None:
    """End the pause, the rest and the hold of one route, or of all."""
    if route is None:
        connection.execute(
            "DELETE FROM state WHERE name GLOB 'pause*' OR name GLOB 'quiet_until*' OR name GLOB 'held*'"
        )
    else:
        names = (f"pause{route.name}", f"quiet_until{route.name}", f"held{route.name}")
        connection.execute("DELETE FROM state WHERE name IN (?, ?, ?)", names)


def keep_quiet(connection: sqlite3.Connection, until: float, route: Route = USERS_SERVER) -> None:
    """The server asked for rest, or is not there: nobody tries before `until`."""
    _set_state(connection, f"quiet_until{route.name}", repr(until))


def quiet_until(connection: sqlite3.Connection, route: Route = USERS_SERVER) -> float:
    return float(_state(connection, f"quiet_until{route.name}") or 0.0)


def add_notice(connection: sqlite3.Connection, text: str) -> None:
    """Keep a sentence for the next command a person runs: the hook itself is silent."""
    connection.execute("INSERT OR REPLACE INTO notices VALUES (?, ?)", (text, time.time()))


def take_notices(connection: sqlite3.Connection) -> list[str]:
    """The sentences kept since the last time, each shown once."""
    rows = connection.execute("DELETE FROM notices RETURNING text, at").fetchall()
    return [row["text"] for row in sorted(rows, key=lambda row: row["at"])]


def _item(row: sqlite3.Row) -> Item:
    return Item(
        row["id"],
        row["event"],
        row["repository"],
        row["commit_hash"],
        row["body"],
        bool(row["parked"]),
        row["attempts"],
        row["next_attempt_at"],
        row["queued_at"],
        row["last_error"],
        row["destination"],
    )


def _state(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else None


def _set_state(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))
