"""`omas doctor`: what `omas` needs, and how to mend what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from omas_cli import ledger, server
from omas_cli.settings import SETTINGS
from shared import output, paths, transcripts
from shared.cli.doctor import Check, config_check, home_check
from shared.errors import OmaError


def checks() -> Sequence[Check]:
    return [home_check("omas"), config_check("omas", SETTINGS), _logs(), _ledger(), _login(), _queue()]


def _logs() -> Check:
    found = sum(1 for _ in transcripts.discover())
    if found:
        return Check("logs", "ok", output.counted(found, "session log"))
    return Check("logs", "warning", "no AI session logs found", "set CLAUDE_CONFIG_DIR if Claude Code's were moved")


def _ledger() -> Check:
    if not paths.metrics_database().exists():
        return Check("ledger", "warning", "nothing scanned yet", "omas scan")
    try:
        with ledger.opened() as book:
            return Check("ledger", "ok", f"{output.counted(book.count(), 'session')} in {paths.metrics_database()}")
    except OmaError as error:
        return Check("ledger", "failed", error.message, error.hint)


def _login() -> Check:
    try:
        target = server.target(None)
        token = server.saved_token(target)
    except OmaError as error:
        return Check("login", "failed", error.message, error.hint)
    if token is None:
        return Check("login", "warning", f"not logged in to {target.shown}", "omas auth login --local")
    return Check("login", "ok", f"logged in to {target.shown}")


def _queue() -> Check:
    from omas_cli.upload.queue import QueueFile

    try:
        queue = QueueFile().read()
    except OmaError as error:
        return Check("queue", "failed", error.message, error.hint)
    if queue.parked:
        fix = "omas queue list, then omas queue retry ID or drop ID"
        return Check("queue", "warning", f"{output.counted(len(queue.parked), 'session')} refused by the server", fix)
    return Check("queue", "ok", f"{output.counted(len(queue.pending), 'session')} waiting for upload")
