"""Which server, with which key, a route of the outbox leads to, and sending all of them.

An event goes where it was meant to go when it was queued, with the key of the settings that said so: another
repository's server never gets it, nor this key.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from oobo_hooks import delivery, settings
from oobo_hooks.delivery import Outcome
from oobo_hooks.settings import Server
from oobo_hooks.store import anchors, database, outbox
from oobo_hooks.store.outbox import USERS_SERVER, Route
from shared import credentials
from shared.config import Config
from shared.errors import NotAuthorisedError, OmaError, UsageError

HELD_SECONDS = 900.0
"""How long what nobody can send is left alone, unless somebody logs in; `oobo sync` does not wait for it."""


@dataclass
class Round:
    """What sending along all routes did: `busy` when another sender was at work, `problems` why one was not tried."""

    outcome: Outcome = field(default_factory=Outcome)
    busy: bool = False
    problems: list[OmaError] = field(default_factory=list)

    def add(self, done: Outcome | None) -> None:
        if done is None:
            self.busy = True
            return
        self.outcome.sent += done.sent
        self.outcome.parked += done.parked
        self.outcome.failed += done.failed
        self.outcome.stopped = self.outcome.stopped or done.stopped


def of_repository(connection: sqlite3.Connection, state_dir: Path, server: Server) -> Route:
    """The route of what the hooks of a repository queue for `server`."""
    if not server.is_own:
        return USERS_SERVER
    # The store knows a repository by its real path; a hook may have come by way of a symlink.
    known = anchors.find_repository(connection, os.path.realpath(state_dir.parent))
    return Route(server.address, known.id if known else None)


def server_for(connection: sqlite3.Connection, route: Route) -> Server:
    """The server of a route with its own key; ConfigError when the settings that name it cannot be read."""
    if not route.destination:
        return settings.server(settings.load_users())
    for loaded in _settings_for(connection, route):
        server = settings.server(loaded)
        if server.url.rstrip("/") == route.destination:
            return server
    # The settings name another server by now, or went with their repository: only a key of this very address is left.
    key = credentials.read("oobo", settings.credential_name(route.destination))
    sync = settings.load_users().flag("server.sync")
    return Server(route.destination, key, "oobo auth login" if key else "none", sync, True)


def _settings_for(connection: sqlite3.Connection, route: Route) -> Iterator[Config]:
    known = anchors.repository_with(connection, route.repository) if route.repository is not None else None
    if known is not None and Path(known.common_dir).is_dir():
        yield settings.load(Path(known.common_dir) / "oobo")
    yield settings.load()


def may_send_any(connection: sqlite3.Connection) -> bool:
    """Whether something waits that may be sent; what the unreadable settings of a repository say, the drain tells."""
    for route in outbox.routes(connection):
        try:
            if delivery.may_send(server_for(connection, route)):
                return True
        except OmaError:
            return True
    return False


def drain_all(*, force: bool, on_sent: Callable[[], None] = lambda: None) -> Round:
    """Send along every route; one that is closed does not close the others."""
    done = Round()
    with database.opened() as connection:
        for route in outbox.routes(connection):
            try:
                server = server_for(connection, route)
                refuse_unless_open(server)
            except OmaError as error:
                done.problems.append(error)
                with database.transaction(connection):
                    outbox.hold(connection, route, until=time.time() + HELD_SECONDS, reason=error.message)
                continue
            with database.transaction(connection):
                outbox.release(connection, route)
            done.add(delivery.drain(server, route=route, force=force, on_sent=on_sent))
    return done


def refuse_unless_open(server: Server) -> None:
    """OmaError unless there is a key and sync is on."""
    if server.key is None:
        raise NotAuthorisedError(
            f"There is no key for {server.shown}.", hint="Run `oobo auth login` or `oobo auth login --local`."
        )
    if not server.sync:
        raise UsageError(
            f"Sync to {server.url} is off.",
            hint="`oobo auth login` or `oobo config set server.sync true` switches it on.",
        )
