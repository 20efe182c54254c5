"""The checks of `omar doctor`."""

from __future__ import annotations

import contextlib

from shared import local_daemon, output, paths
from shared.cli.doctor import INSTALL_GIT, LEAST_GIT, Check, config_check, daemon_check, home_check, program_check

INSTALL_TMUX = "sudo apt-get install tmux   (or: brew install tmux)"
INSTALL_BUBBLEWRAP = "sudo apt-get install bubblewrap"


def checks() -> list[Check]:
    from omar_daemon.settings import OPEN_TABLES, SETTINGS

    file = config_check("omar", SETTINGS, OPEN_TABLES)
    first = [_tmux_check(), program_check("git", LEAST_GIT, INSTALL_GIT), home_check("omar"), file]
    first += [_owner_key_check(), daemon_check()]
    # What stands on a file that cannot be read would only say so again.
    on_the_file = (
        [_settings_check(), _store_check(), _port_check(), _backends_check()] if file.outcome != "failed" else []
    )
    return [*first, *on_the_file, _sandbox_check()]


def _settings_check() -> Check:
    """A daemon reads its settings once, when it starts."""
    record, file = local_daemon.running(), paths.config_file("omar")
    if record is None or not file.exists() or file.stat().st_mtime <= record.started_at:
        return Check("settings", "ok", "those of the file" if file.exists() else "the defaults")
    return Check("settings", "warning", "the file was changed after the daemon had started", "omar down && omar up")


def _store_check() -> Check:
    """Whether the database can be read; a daemon that runs does so already."""
    from omar_daemon.settings import SETTINGS
    from omar_daemon.store.at_rest import store_at_rest
    from shared import config
    from shared.errors import ConfigError

    if local_daemon.running() is not None:
        return Check("store", "ok", "in use by the daemon")
    try:
        with store_at_rest(config.load("omar", SETTINGS)) as store:
            return Check("store", "ok", "can be read" if store is not None else "made at the daemon's first start")
    except ConfigError as error:
        return Check("store", "failed", error.message, error.hint)


def _backends_check() -> Check:
    """Whether an agent can be started without naming a command."""
    import shutil

    from omar_daemon.fleet.backends import first_program
    from omar_daemon.fleet.options import from_settings
    from omar_daemon.settings import SETTINGS
    from shared import config
    from shared.errors import ConfigError

    try:
        known = from_settings(config.load("omar", SETTINGS), "").registry.all()
    except ConfigError as error:
        return Check("backends", "failed", error.message, error.hint)
    there = [one.name for one in known if shutil.which(first_program(one.command) or one.name)]
    if there:
        return Check("backends", "ok", ", ".join(there))
    names = ", ".join(one.name for one in known)
    return Check(
        "backends", "warning", f"none is installed here of {names}",
        "install one, or start any program as an agent: omar spawn NAME --command PROGRAM",
    )  # fmt: skip


def _sandbox_check() -> Check:
    """How well the tools of managed agents are kept apart."""
    from omar_daemon.harness.sandbox.isolation import isolation

    kind = isolation()
    if kind == "bubblewrap":
        return Check("sandbox", "ok", "bubblewrap")
    return Check("sandbox", "warning", f"tools of managed agents run with isolation: {kind}", INSTALL_BUBBLEWRAP)


def _tmux_check() -> Check:
    from omar_daemon.fleet import options
    from omar_daemon.fleet.server import LEAST_VERSION
    from omar_daemon.settings import SETTINGS
    from shared import config
    from shared.errors import ConfigError

    found = program_check("tmux", LEAST_VERSION, INSTALL_TMUX, flag="-V")
    if found.outcome != "ok":
        return found
    socket = paths.tmux_socket()
    with contextlib.suppress(ConfigError):  # which the check of the file itself tells
        socket = options.socket_name(config.load("omar", SETTINGS))
    return Check("tmux", "ok", f"{found.detail}, private server -L {socket}")


def _owner_key_check() -> Check:
    path = paths.owner_key_file()
    if not path.exists():
        return Check("owner key", "ok", "made at the daemon's first start")
    if path.stat().st_mode & 0o077:
        return Check("owner key", "failed", f"{path} can be read by others", f"chmod 600 {path}")
    return Check("owner key", "ok", output.printable(str(path)))


def _port_check() -> Check:
    import socket

    from omar_daemon.settings import SETTINGS
    from shared import config
    from shared.errors import ConfigError

    if local_daemon.running() is not None:
        return Check("port", "ok", "in use by the daemon")
    try:
        port = config.load("omar", SETTINGS).integer("api.port")
    except ConfigError as error:
        return Check("port", "failed", error.message, error.hint)
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if taken:
        return Check("port", "failed", f"{port} is taken by another program", "omar config set api.port NUMBER")
    return Check("port", "ok", f"{port} is free")
