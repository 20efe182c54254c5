"""A PostgreSQL server for tests: started from the installed programs, as an ordinary user, in a folder of its own.

It listens on a Unix socket only, and keeps nothing when it ends.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ENCODING = ("--encoding=UTF8", "--locale=C.UTF-8")
_SETTINGS = "-c listen_addresses= -c fsync=off -c shared_buffers=16MB -k"


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; Debian keeps it off the PATH. None without a server."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


class PostgresqlServer:
    """A running server; `database()` makes an empty database in it."""

    def __init__(self, folder: Path, binaries: Path, user: int | None) -> None:
        self.folder = folder
        self._binaries = binaries
        self._user = user

    def start(self) -> None:
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "oma", "-A", "trust", "--no-sync", *_ENCODING)
        options = f"{_SETTINGS} {self.folder}"
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def database(self, *options: str) -> str:
        """The URL of a new database."""
        name = f"oma_{uuid.uuid4().hex[:8]}"
        self._run("createdb", "-h", str(self.folder), "-U", "oma", *options, name)
        return f"postgresql+psycopg://oma@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        line = [str(self._binaries / program), *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            line, user=self._user, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


@contextmanager
def running_postgresql(binaries: Path) -> Iterator[PostgresqlServer]:
    """A server until the block ends. PostgreSQL refuses to run as root, so then it runs as nobody."""
    nobody = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else None
    # Not the test's own folder: the path of a socket has at most 107 bytes, and nobody else may enter there.
    folder = Path(tempfile.mkdtemp(prefix="oma-pg-", dir="/tmp"))
    if nobody is not None:
        os.chown(folder, nobody, -1)
    server = PostgresqlServer(folder, binaries, nobody)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
