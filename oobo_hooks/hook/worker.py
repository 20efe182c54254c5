"""The worker: one per repository, started by the hooks, gone again a second after the last commit.

It takes the spool, makes anchors, and sends what is queued. Nobody sees its output; what a person must know is kept as
a notice for the next command. Started as `python -I -m oobo_hooks.hook.worker <git-common-dir>/oobo`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from oobo_hooks.hook.spool import QUIET_SECONDS, Spool
from oobo_hooks.hook.waiting import Pending, WaitingRoom
from oobo_hooks.repository import RepositoryGoneError
from shared import durable, paths
from shared.errors import OmaError

LINGER_SECONDS = 1.2
"""Commits that follow each other closely meet a living worker and need start no process."""
STOPPED_REBASE_SECONDS = 3.0
TICK_SECONDS = 0.02
MAX_TRIES = 5
LOG_BYTES = 256 * 1024


class Worker:
    """The work on one repository's spool, from the lock to leaving.

    `linger` is how long it stays after the last commit, `settle` how long a slow hook may still write into a spool that
    was taken, in seconds; `sends=False` leaves the outbox to the caller.
    """

    def __init__(
        self, folder: Path, *, linger: float = LINGER_SECONDS, settle: float = QUIET_SECONDS, sends: bool = True
    ) -> None:
        self._folder = folder
        self._linger = linger
        self._settle = settle
        self._sends = sends
        self._pid_file = folder / "worker.pid"
        self._room = WaitingRoom()
        self._busy_at = time.monotonic()
        self._sender: threading.Thread | None = None
        self._unsent = sends
        self._held_descriptor = -1

    def run(self) -> None:
        """Work until nothing is left. Returns at once when another worker holds the lock."""
        while self._folder.is_dir():
            with durable.locked(self._folder / "worker.lock", wait=False) as got:
                if not got:
                    return
                with self._held() as self._held_descriptor:
                    self._work()
            if not Spool(self._folder).has_new():
                return

    def _work(self) -> None:
        from oobo_hooks import settings
        from oobo_hooks.hook.processing import Workshop
        from oobo_hooks.store import database

        spool = Spool(self._folder)
        with database.opened() as connection, self._announced():
            workshop = Workshop(connection, settings.load(self._folder))
            while self._folder.is_dir():
                self._take(spool, workshop)
                if self._may_leave(spool) and self._leave(spool):
                    break
                time.sleep(TICK_SECONDS)
        if self._sender is not None:
            self._sender.join()

    def _take(self, spool: Spool, workshop: object) -> None:
        self._room.admit(spool.take())
        if spool.torn:
            log(f"{spool.torn} torn or foreign lines in {self._folder / 'spool.jsonl'} were passed over")
            _notice(f"warning: {spool.torn} torn lines in {self._folder / 'spool.jsonl'} were passed over")
            spool.torn = 0
        for pending in self._room.take_ready():
            self._busy_at = time.monotonic()
            self._unsent = self._sends
            outcome = _finish(workshop, pending)
            if outcome != "done":
                self._room.set_back(pending, tried=outcome == "failed")
        self._send()

    def _send(self) -> None:
        """Sending may hang for seconds: it has a thread of its own, so that evidence is read while it is fresh."""
        if not self._unsent or (self._sender is not None and self._sender.is_alive()):
            return
        self._unsent = False
        self._sender = threading.Thread(target=_drain, args=(self._folder,), daemon=True)
        self._sender.start()

    def _may_leave(self, spool: Spool) -> bool:
        quiet = time.monotonic() - self._busy_at
        if spool.has_new() or not spool.is_settled(self._settle):
            return False
        if not self._room.is_empty():
            return quiet > STOPPED_REBASE_SECONDS and self._room.only_rebases()
        if self._unsent or (self._sender is not None and self._sender.is_alive()):
            return False
        return quiet > self._linger

    def _leave(self, spool: Spool) -> bool:
        """Take our name away, then look once more: a hook that saw it counts on us."""
        self._pid_file.unlink(missing_ok=True)
        if spool.has_new():
            self._announce()
            return False
        spool.forget(self._room.leftovers())
        self._room = WaitingRoom()
        return True

    @contextlib.contextmanager
    def _announced(self) -> Iterator[None]:
        self._announce()
        try:
            yield
        finally:
            self._pid_file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _held(self) -> Iterator[int]:
        """The lock file, open under a number that hooks can look at: a later process with our number has it not."""
        descriptor = os.open(self._folder / "worker.lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _announce(self) -> None:
        durable.write_atomic(self._pid_file, f"{os.getpid()} {self._held_descriptor}\n")


def _finish(workshop: object, pending: Pending) -> Literal["done", "failed", "in want"]:
    """Make the record's anchor. What `failed` is tried by a few later workers, what was `in want` by every one."""
    from oobo_hooks.hook import processing
    from shared import databases

    assert isinstance(workshop, processing.Workshop)
    record = pending.record
    try:
        if record.kind == "push":
            processing.queue_push(workshop, record)
        elif record.kind == "merge" and record.squash:
            processing.note_squash(workshop, record)
        else:
            processing.make_anchor(workshop, record, pending.replaces)
    except RepositoryGoneError:
        return "done"
    except Exception as error:
        if databases.is_damage(error):
            # The store is at fault and not this record, which waits for the worker that begins a new store.
            raise
        log(f"{record.kind} {record.head}: {traceback.format_exc()}")
        # One odd commit must not keep the others from their anchors, nor a full disk lose one.
        if databases.is_want(error):
            return "in want"
        if pending.raw.get("tries", 0) + 1 < MAX_TRIES:
            return "failed"
        _notice(f"warning: commit {record.head[:10]} got no anchor; {log_file()} says why")
    return "done"


def _drain(folder: Path) -> None:
    """Send what this repository's settings have queued; what goes elsewhere is not for this key."""
    from oobo_hooks import delivery, routes, settings
    from oobo_hooks.store import database, outbox

    try:
        server = settings.server(settings.load(folder))
        if delivery.may_send(server):
            with database.opened() as connection:
                route = routes.of_repository(connection, folder, server)
                outbox.release(connection, route)
            delivery.drain(server, route=route)
    except OmaError as error:
        log(f"sending: {error.message}")
    except Exception:
        log(f"sending: {traceback.format_exc()}")


def _tell_of_damage(error: OmaError) -> None:
    """The hook is silent: that a store was set aside is said by the next command, from the new store."""
    from shared import databases

    if databases.is_damage(error.__cause__):
        _notice(f"warning: {error.message} A new one is begun.")


def _notice(text: str) -> None:
    from oobo_hooks.store import database, outbox

    with contextlib.suppress(Exception), database.opened() as connection:
        outbox.add_notice(connection, text)


def log_file() -> Path:
    return paths.tool_home("oobo") / "worker.log"


def log(text: str) -> None:
    """One line for `oobo doctor` and the curious; the file is begun anew when it has grown large."""
    with contextlib.suppress(OSError, OmaError):
        file = log_file()
        if not file.parent.is_dir():
            return  # the store was removed with all that belongs to it, and is not brought back for a line
        if file.exists() and file.stat().st_size > LOG_BYTES:
            file.replace(file.with_suffix(".log.1"))
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, durable.PRIVATE_FILE)
        try:
            os.write(descriptor, f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {text}\n".encode("utf-8", "replace"))
        finally:
            os.close(descriptor)


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]).absolute()
    # Hooks without `setsid` leave that to us; in a session of its own it fails, and need not be done.
    with contextlib.suppress(OSError):
        os.setsid()
    os.chdir("/")
    os.nice(10)
    try:
        Worker(folder).run()
    except OmaError as error:
        log(error.message)
        _tell_of_damage(error)
        return error.exit_code
    except Exception:
        log(traceback.format_exc())
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
