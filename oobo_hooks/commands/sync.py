"""`oobo sync` and `oobo outbox`: send now, and see and change what waits."""

from __future__ import annotations

import contextlib
import json as json_module
import time
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from oobo_hooks import delivery, routes, settings
from oobo_hooks.commands import lookup
from oobo_hooks.hook import spool
from oobo_hooks.hook.worker import Worker
from oobo_hooks.routes import Round
from oobo_hooks.store import anchors, database, outbox
from oobo_hooks.store.outbox import Item
from shared import output
from shared.errors import ConfigError, NotAuthorisedError, OmaError, QueuedError, UsageError

if TYPE_CHECKING:
    from oobo_hooks.branch.exchange import Exchanged


def sync(*, git: bool, due: bool, dry_run: bool, quiet: bool, json: bool) -> int:
    """Make what the hooks have noted into anchors and send everything, in spite of pauses and back-off.

    With `git` the anchors also meet those of the team on the remote's branch; that needs no server. `due` sends as
    the hooks do: only what is due, and nothing while sync is off or paused.
    """
    work_off_spools()
    if dry_run:
        return _show_payloads()
    exchanged = _exchange(quiet) if git else None
    with database.opened() as connection:
        something = routes.may_send_any(connection)
    server = delivery.configured_server()
    if (due or exchanged is not None) and not something and not delivery.may_send(server):
        if json:
            output.print_json({"git": vars(exchanged) if exchanged else None})
        return 0
    if not something:
        routes.refuse_unless_open(server)
    done = send(quiet=quiet, force=not due)
    outcome = done.outcome
    with database.opened() as connection:
        left = outbox.counts(connection)
        # Nobody reads a quiet run: what there is to say is kept for a person.
        notices = [] if quiet else outbox.take_notices(connection)
    if json:
        told = {"git": vars(exchanged)} if exchanged is not None else {}
        output.print_json({**vars(outcome), **left, **told})
    elif not quiet or outcome.stopped or outcome.failed:
        for text in notices:
            output.say(f"oobo: {output.printable(text)}")
        output.say(f"{outcome.sent} sent, {left['waiting']} waiting, {left['parked']} parked.")
    return _exit(done, left)


def _exchange(quiet: bool) -> Exchanged:
    from oobo_hooks.branch.exchange import exchange
    from oobo_hooks.commands import status

    with database.opened() as connection:
        known = status.remember_here(connection)
        done = exchange(lookup.find_place(connection).repository, connection, known)
    if not quiet:
        sent = "sent" if done.pushed else "nothing new to send"
        output.say(f"oobo/anchors/v1 of {done.remote}: {sent}, {output.counted(done.taken, 'anchor')} of others taken.")
    return done


def send(*, quiet: bool = False, force: bool = True) -> Round:
    """Send along every route, with a progress bar for a person."""
    with database.opened() as connection:
        waiting = outbox.counts(connection)["waiting"]
    if quiet:
        done = routes.drain_all(force=force)
    else:
        with output.progress(waiting, "sending anchors") as advance:
            done = routes.drain_all(force=force, on_sent=advance)
    if done.busy:
        output.say("Another oobo is sending just now.")
    return done


def _exit(done: Round, left: dict[str, int]) -> int:
    outcome = done.outcome
    with database.opened() as connection:
        pauses = outbox.pauses(connection)
    for pause in pauses:
        if outcome.stopped == pause.sentence:
            raise NotAuthorisedError(pause.sentence, hint="Check the address and the key: `oobo auth status`.")
    if done.problems:
        raise done.problems[0]
    if outcome.failed or (outcome.stopped and left["waiting"]):
        why = outcome.stopped or "`oobo outbox list` says why"
        raise QueuedError(f"{output.counted(left['waiting'], 'event')} kept, to be sent later: {why.rstrip('.')}.")
    return 1 if outcome.parked else 0


def work_off_spools() -> None:
    """Do here what a worker would: for the repositories whose hooks have written and found no worker."""
    with database.opened() as connection:
        folders = [Path(known.common_dir) / "oobo" for known in anchors.list_repositories(connection)]
        with contextlib.suppress(OmaError):
            folders.append(lookup.find_place(connection).repository.state_dir)
    for folder in dict.fromkeys(folders):
        if (folder / spool.SPOOL).exists() or any(folder.glob(spool.TAKEN)):
            try:
                Worker(folder, linger=0.0, sends=False).run()
            except ConfigError as error:
                # One repository whose settings cannot be read must not keep the others' events here.
                output.warn(error.message)


def _show_payloads() -> int:
    bodies: list[str] = []
    with database.opened() as connection:
        for item in outbox.items(connection):
            try:
                bodies += [] if item.parked else [delivery.body_of(connection, item)]
            except ConfigError as error:
                output.warn(f"item {item.id} would wait: {error.message}")
    output.print_json([json_module.loads(body) for body in bodies])
    output.say(f"{len(bodies)} would be sent, as printed; nothing was.")
    return 0


def list_(*, json: bool) -> int:
    """What waits, and why."""
    with database.opened() as connection:
        found = outbox.items(connection)
        pauses = outbox.pauses(connection)
        shown = {item.destination: item.destination or _users_address() for item in found}
        states = [_state(connection, item) for item in found]
    if json:
        told = [{**_shown(item), "destination": shown[item.destination]} for item in found]
        output.print_json({"pause": vars(pauses[0]) if pauses else None, "items": told})
        return 0
    for pause in pauses:
        output.say(output.printable(pause.sentence))
    if not found:
        output.say("Nothing waits.")
        return 0
    rows = [_row(item, shown[item.destination], state) for item, state in zip(found, states, strict=True)]
    output.print_table(("id", "event", "commit", "to", "state", "attempts", "why"), rows)
    return 0


def _users_address() -> str:
    return settings.load_users().text("server.url")


def _shown(item: Item) -> dict[str, Any]:
    return {name: value for name, value in vars(item).items() if name != "body"}


def _state(connection: Connection, item: Item) -> str:
    """What an item waits for: a person, the end of a pause, a moment, or only the next sender."""
    if item.parked:
        return "parked"
    if outbox.read_pause(connection, item.route) is not None:
        return "paused"
    seconds = int(max(item.next_attempt_at, outbox.quiet_until(connection, item.route)) - time.time())
    return f"in {seconds} s" if seconds > 0 else "due"


def _row(item: Item, destination: str, state: str) -> list[str]:
    commit = lookup.short(item.commit_hash) if item.commit_hash else "–"
    return [str(item.id), item.event, commit, destination, state, str(item.attempts), item.last_error or ""]


def retry(*, item_id: int | None) -> int:
    """Make one item, or all, due now."""
    with database.opened() as connection, database.transaction(connection):
        count = outbox.retry(connection, item_id)
        outbox.resume(connection)
    if item_id is not None and not count:
        raise UsageError(f"There is no item {item_id} in the outbox.", hint="See `oobo outbox list`.")
    output.say(f"{count} due now.")
    with database.opened() as connection:
        something = count and routes.may_send_any(connection)
    if not something:
        return 0
    done = send()
    with database.opened() as connection:
        left = outbox.counts(connection)
    return _exit(done, left)


def drop(*, item_id: int | None, everything: bool, dry_run: bool) -> int:
    """Take an item, or all, out of the outbox for good; the anchors stay in the local store."""
    if (item_id is None) == (not everything):
        raise UsageError("Name one item, or say --all.", hint="`oobo outbox list` shows the ids.")
    with database.opened() as connection, database.transaction(connection):
        found = [item for item in outbox.items(connection) if everything or item.id == item_id]
        if not found and not everything:
            raise UsageError(f"There is no item {item_id} in the outbox.", hint="See `oobo outbox list`.")
        if not dry_run:
            for item in found:
                outbox.remove(connection, item.id)
    output.say(f"{len(found)} {'would be dropped' if dry_run else 'dropped'}.")
    return 0


def configured() -> dict[str, Any]:
    """Where and whether anchors are sent, for `oobo status`."""
    loaded = settings.load()
    server = settings.server(loaded)
    return {"server": server.url, "sync": server.sync, "logged_in": server.key is not None}
