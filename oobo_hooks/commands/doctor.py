"""The checks of `oobo doctor`."""

from __future__ import annotations

import sys
from pathlib import Path

from oobo_hooks import repository as repositories
from oobo_hooks import settings
from oobo_hooks.hook import installation
from oobo_hooks.store import database, outbox
from shared import output
from shared.cli import doctor
from shared.cli.doctor import Check
from shared.errors import OmaError


def checks() -> list[Check]:
    return [
        doctor.home_check("oobo"),
        doctor.config_check("oobo", settings.SETTINGS),
        doctor.program_check("git", doctor.LEAST_GIT, doctor.INSTALL_GIT),
        _store(),
        *_repository(),
        _sync(),
    ]


def _store() -> Check:
    try:
        with database.opened() as connection:
            state = connection.execute("PRAGMA quick_check").fetchone()[0]
            counts = outbox.counts(connection)
    except OmaError as error:
        return Check("store", "failed", error.message, error.hint)
    if state != "ok":
        return Check("store", "failed", f"the store is damaged: {state}", "move ~/.oobo/oobo.db away")
    if counts["parked"]:
        return Check("store", "warning", f"{output.counted(counts['parked'], 'event')} parked", "oobo outbox list")
    return Check("store", "ok", f"{output.counted(counts['waiting'], 'event')} waiting to be sent")


def _repository() -> list[Check]:
    try:
        repository = repositories.discover(Path.cwd())
        hooks = installation.inspect(repository)
    except OmaError as error:
        return [Check("repository", "warning", error.message, "run doctor inside a repository to check its hooks")]
    missing = [hook.name for hook in hooks if hook.state == "absent"]
    foreign = [hook.name for hook in hooks if hook.state == "foreign"]
    old = [hook.name for hook in hooks if hook.state == "outdated"]
    if missing or foreign or old:
        detail = "; ".join(
            f"{what}: {', '.join(names)}"
            for what, names in (("missing", missing), ("not ours", foreign), ("outdated", old))
            if names
        )
        return [Check("hooks", "warning", detail, "oobo install")]
    return [Check("hooks", "ok", str(repositories.hooks_dir(repository))), _python(hooks)]


def _python(hooks: list[installation.HookFile]) -> Check:
    """The hooks start the interpreter they were installed by."""
    body = hooks[0].path.read_text(encoding="utf-8", errors="replace")
    line = next((line for line in body.split("\n") if line.startswith("oobo_python=")), "")
    if sys.executable not in line:
        return Check("worker", "warning", f"the hooks start another python: {line}", "oobo install")
    return Check("worker", "ok", sys.executable)


def _sync() -> Check:
    try:
        server = settings.server(settings.load())
    except OmaError as error:
        return Check("sync", "failed", error.message, error.hint)
    if not server.sync:
        return Check("sync", "ok", "off: nothing leaves this machine")
    if server.key is None:
        return Check("sync", "failed", f"on, but there is no key for {server.shown}", "oobo auth login")
    return Check("sync", "ok", f"on, to {server.shown}")
