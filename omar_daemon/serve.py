"""The daemon process: one per home, held by a lock on its pidfile, drained by SIGTERM within 5 s."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import fcntl
import gc
import json
import logging
import logging.handlers
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omar_daemon.harness.own_environment import hide_secrets
from omar_daemon.settings import SETTINGS
from shared import __version__, config, durable, local_daemon, output, paths
from shared.errors import ConfigError, OmaError, UnavailableError, UsageError

if TYPE_CHECKING:
    import uvicorn

    from omar_daemon.services import Services

DRAIN_SECONDS = 4
LOCK_SECONDS = 1.0
LOG_BYTES = 5_000_000
BACKLOG = 512

log = logging.getLogger("omar.serve")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry of the detached daemon (`python -m omar_daemon.serve`); without Typer, so it is up sooner."""
    parser = argparse.ArgumentParser(prog="omar serve")
    parser.add_argument("--port", type=int)
    parser.add_argument("--host")
    parser.add_argument("--log-file", type=Path)
    options = parser.parse_args(argv)
    try:
        return serve(port=options.port, host=options.host, log_file=options.log_file)
    except OmaError as error:
        output.say(f"omar: {error.message}")
        if error.hint:
            output.say(f"  {error.hint}")
        return error.exit_code


def serve(*, port: int | None = None, host: str | None = None, log_file: Path | None = None) -> int:
    """Serve until SIGTERM or ^C. Raises when the settings, the home, the lock or the port do not allow it."""
    # What is loaded until the daemon answers stays: it is neither searched for garbage now nor later with the rest.
    gc.disable()
    persons_umask = os.umask(0o077)
    hide_secrets()
    settings = config.load("omar", SETTINGS, {"api.port": port, "api.host": host})
    if not settings.flag("api.enabled"):
        raise ConfigError("The daemon is switched off: api.enabled is false.", hint="omar config set api.enabled true")
    _set_up_logging(log_file)
    with held_pidfile() as pidfile:
        listener = _listen(settings.text("api.host"), settings.integer("api.port"))
        with contextlib.closing(listener):
            asyncio.run(_run(settings, listener, pidfile, persons_umask))
    return 0


@contextlib.contextmanager
def held_pidfile() -> Iterator[int]:
    """Hold the one lock that makes this process the daemon of its home."""
    path = paths.pid_file()
    durable.private_dir(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, durable.PRIVATE_FILE)
    except OSError as error:
        raise OmaError(f"Cannot write {path}: {error.strerror}.", hint="Check the permissions there.") from error
    try:
        _lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    # Whoever asks `is it running` holds the lock shared for a moment; that is no daemon.
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                record = local_daemon.running()
                where = f" on {record.base_url} (pid {record.pid})" if record else ""
                raise OmaError(f"A daemon of this home already runs{where}.") from None
            time.sleep(0.02)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise UsageError(f"{port} is no port.", hint="Choose one from 1 to 65535.")
    try:
        # asyncio switches Nagle's delay off (40 ms an answer) only for sockets that name their protocol.
        family, kind, protocol, _, address = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)[0]  # noqa: S104
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        raise UnavailableError(
            f"Cannot listen on {host} port {port}: {error.strerror}.", hint=_way_out(error)
        ) from error
    return listener


def _way_out(error: OSError) -> str:
    """What to change when listening failed: the program that is in the way, the port, or the address."""
    if error.errno == errno.EADDRINUSE:
        return "Stop the other program, or choose another port with --port, OMAR_PORT or api.port."
    if error.errno == errno.EACCES:
        return "Choose a port above 1023 with --port, OMAR_PORT or api.port."
    return "Choose an address of this machine with --host or api.host, like 127.0.0.1."


async def _run(settings: config.Config, listener: socket.socket, pidfile: int, umask: int) -> None:
    from omar_daemon.app import build_app

    served = _served_settings(settings, listener)
    services = await asyncio.to_thread(_build_services, settings, served["port"], umask)
    server = _server(build_app(services), pidfile, served)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server, services)
    try:
        await server.serve(sockets=[listener])
    finally:
        services.store.close()
    log.info("stopped")


def _served_settings(settings: config.Config, listener: socket.socket) -> dict[str, Any]:
    return {"host": settings.text("api.host"), "port": int(listener.getsockname()[1])}


def _build_services(settings: config.Config, port: int, umask: int) -> Services:
    from omar_daemon.events.scheduler import Scheduler
    from omar_daemon.fleet import build_fleet
    from omar_daemon.harness.manager import Managed
    from omar_daemon.harness.sandbox import limits
    from omar_daemon.projects import Projects
    from omar_daemon.services import Services
    from omar_daemon.store.engine import open_store
    from omar_daemon.store.keys import Keys, load_owner_key

    limits.apply(limits.Limits.of(settings))
    store = open_store(settings.text("server.database_url"), paths.daemon_database())
    keys = Keys(store, load_owner_key())
    fleet = build_fleet(settings, store, f"http://127.0.0.1:{port}", umask)
    return Services(
        settings=settings,
        store=store,
        keys=keys,
        fleet=fleet,
        events=Scheduler(store, fleet),
        projects=Projects(paths.tasks_file()),
        managed=Managed(store),
        port=port,
    )


def _stop(server: uvicorn.Server, services: Services) -> None:
    # Streams end first, else the server would wait for them until its limit.
    services.stopping.set()
    server.should_exit = True


def _server(app: Any, pidfile: int, served: dict[str, Any]) -> uvicorn.Server:
    import uvicorn

    from omar_daemon.wire_protocol import WireProtocol

    class Daemon(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            gc.freeze()
            gc.enable()
            if self.started:
                _announce(pidfile, served)

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn would raise the signal again at its end: a drained daemon leaves with 0.
            yield

    return Daemon(
        uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            # A caller is who is connected, and not who a header says.
            proxy_headers=False,
            http=WireProtocol,
            ws="none",
            loop="asyncio",
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )


def _announce(pidfile: int, served: dict[str, Any]) -> None:
    """Write the record by which the commands find this daemon: only now does it answer."""
    record = {"pid": os.getpid(), "version": __version__, "started_at": time.time(), **served}
    body = json.dumps(record).encode()
    os.pwrite(pidfile, body, 0)
    os.ftruncate(pidfile, len(body))
    log.info("omar %s serves on %s port %s", __version__, served["host"], served["port"])


class _OneLineFormatter(logging.Formatter):
    """No name, path or screen line that is logged can forge a second log line or reach a terminal raw."""

    def format(self, record: logging.LogRecord) -> str:
        first, *rest = super().format(record).split("\n")
        if not record.exc_info:
            return output.printable("\\n".join([first, *rest]))
        return "\n".join(output.printable(line) for line in [first, *rest])


def _is_fault(record: logging.LogRecord) -> bool:
    """A request that is cut off because the drain's time is over is no fault and needs no traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _set_up_logging(log_file: Path | None) -> None:
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if log_file is not None:
        handler = logging.handlers.RotatingFileHandler(log_file, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(_OneLineFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(_is_fault)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("uvicorn.error", "httpx", "httpcore", "httpx2", "httpcore2", "mcp", "openai", "anthropic", "libtmux"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
