"""~/.omas/metrics.db: every session scored so far, and which files it was read from.

The ledger can be made again from the logs, so it is written without waiting for the disk; a kill loses nothing
that was committed. Logs that are gone keep their scores.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from omas_cli.record import Record
from omas_cli.scoring.metrics import FORMULA_VERSION
from shared import output, paths
from shared.errors import ConfigError, OmaError
from shared.transcripts.model import LogFile

SCHEMA_VERSION = 3
BUSY_SECONDS = 30
_SCHEMA = """
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
                    tool TEXT NOT NULL, session TEXT NOT NULL, formula INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (tool TEXT NOT NULL, id TEXT NOT NULL, started_ms INTEGER NOT NULL,
                       record BLOB NOT NULL, PRIMARY KEY (tool, id)) WITHOUT ROWID;
CREATE TABLE heads (line TEXT NOT NULL, tool TEXT NOT NULL, session TEXT NOT NULL, compared INTEGER NOT NULL,
                    PRIMARY KEY (line, tool, session)) WITHOUT ROWID;
CREATE TABLE settled (server TEXT NOT NULL, session TEXT NOT NULL, outcome TEXT NOT NULL, at_ms INTEGER NOT NULL,
                      PRIMARY KEY (server, session)) WITHOUT ROWID;
"""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


class KnownFile(msgspec.Struct, frozen=True, gc=False):
    """A file as it was when its session was last read; `session` is "" when it held none."""

    size: int
    modified_ns: int
    session: str
    formula: int

    def is_unchanged(self, file: LogFile) -> bool:
        same = self.size == file.size and self.modified_ns == file.modified_ns
        return same and self.formula == FORMULA_VERSION


class Reading(msgspec.Struct, frozen=True):
    """What came out of reading one source: the files it was read from, and its sessions."""

    tool: str
    files: tuple[LogFile, ...]
    records: list[Record]


class Ledger:
    """An open ledger. Every method is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def files(self) -> dict[str, KnownFile]:
        """Path → what is known of it."""
        rows = self._connection.execute("SELECT path, size, modified_ns, session, formula FROM files")
        return {_path_of(row[0]): KnownFile(row[1], row[2], row[3], row[4]) for row in rows}

    def save(self, readings: Iterable[Reading]) -> None:
        """Keep the sessions and remember their files."""
        with self._connection:
            for reading in readings:
                self._save_one(reading)

    def _save_one(self, reading: Reading) -> None:
        session = reading.records[0].id if len(reading.records) == 1 else ""
        self._connection.executemany(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)",
            [(record.tool, record.id, record.started_ms, _encoder.encode(record)) for record in reading.records],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, 0)",
            [(record.first_line, record.tool, record.id) for record in reading.records if record.first_line],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
            [
                (_key_of(file.path), file.size, file.modified_ns, reading.tool, session, FORMULA_VERSION)
                for file in reading.files
            ],
        )

    def kin(self) -> list[list[Record]]:
        """Sessions that begin with one and the same line, where one of them was read since they were compared."""
        rows = self._connection.execute(
            "SELECT DISTINCT line, tool FROM heads AS new WHERE compared = 0 AND EXISTS"
            " (SELECT 1 FROM heads WHERE line = new.line AND tool = new.tool AND session <> new.session)"
        ).fetchall()
        return [self._beginning_with(*row) for row in rows]

    def _beginning_with(self, line: str, tool: str) -> list[Record]:
        rows = self._connection.execute(
            "SELECT record FROM heads JOIN sessions ON sessions.tool = heads.tool AND id = session"
            " WHERE line = ? AND heads.tool = ?",
            (line, tool),
        )
        return [_decoder.decode(body) for (body,) in rows]

    def forget(self, tool: str, session: str) -> None:
        """Take a session out; its files stay known as read."""
        with self._connection:
            self._connection.execute("DELETE FROM sessions WHERE tool = ? AND id = ?", (tool, session))

    def compared(self) -> None:
        """Remember that kin were compared; until then an interrupted scan does it again."""
        with self._connection:
            self._connection.execute("UPDATE heads SET compared = 1 WHERE compared = 0")

    def sessions(self) -> list[Record]:
        """All sessions, newest first."""
        rows = self._connection.execute("SELECT record FROM sessions ORDER BY started_ms DESC, id")
        return [_decoder.decode(body) for (body,) in rows]

    def count(self) -> int:
        found: int = self._connection.execute("SELECT count(*) FROM sessions").fetchone()[0]
        return found

    def settled(self, server: str) -> set[str]:
        """Ids of the sessions that need not be sent to `server` again: stored there, or dropped by the user."""
        rows = self._connection.execute("SELECT session FROM settled WHERE server IN (?, '*')", (server,))
        return {session for (session,) in rows}

    def settle(self, server: str, sessions: Sequence[str], outcome: str) -> None:
        """Remember how the upload of these sessions ended; `*` as server means everywhere."""
        now = int(time.time() * 1000)
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO settled VALUES (?, ?, ?, ?)",
                [(server, session, outcome, now) for session in sessions],
            )

    def unsettle(self, server: str) -> None:
        """Forget what was sent to `server`, after the user had it deleted there."""
        with self._connection:
            self._connection.execute("DELETE FROM settled WHERE server = ?", (server,))


def _key_of(path: str) -> str | bytes:
    """How a path is kept: as text; one that is not UTF-8 as its bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _path_of(key: str | bytes) -> str:
    return key if isinstance(key, str) else os.fsdecode(key)


@contextlib.contextmanager
def opened() -> Iterator[Ledger]:
    """The user's ledger, made when there is none. One that cannot be read is kept aside and a new one begun."""
    path = paths.metrics_database()
    connection = None
    inode = 0
    try:
        connection = _existing(path) or _made(path)
        inode = path.stat().st_ino
        connection.execute("PRAGMA synchronous = NORMAL")
        yield Ledger(connection)
    except sqlite3.OperationalError as error:
        raise _unusable(path, error) from error
    except sqlite3.DatabaseError as error:
        from shared import databases

        if not databases.is_damage(error):
            raise
        if connection is not None:
            connection.close()
        kept = databases.set_aside_once(path, inode)
        raise OmaError(f"{path} is damaged; {kept}.", hint="Run `omas scan` to make a new one.") from error
    finally:
        if connection is not None:
            connection.close()


def _existing(path: Path) -> sqlite3.Connection | None:
    """A connection to a ledger that is as it should be, else None."""
    if not path.exists():
        return None
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    version = None
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass
    if version == SCHEMA_VERSION:
        return connection
    connection.close()
    return None


def _made(path: Path) -> sqlite3.Connection:
    """A new ledger, or the old one brought up to date; one process at a time, for SQLite waits for none of it."""
    from shared import databases

    with databases.locked(path, timeout=BUSY_SECONDS):
        try:
            return _prepared(path)
        except sqlite3.DatabaseError as error:
            if not databases.is_damage(error):
                raise
            aside = databases.set_aside(path)
            output.warn(f"{path} could not be read; it is kept as {aside.name} and a new one is begun.")
            return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    if not path.exists():
        _create(path)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    """SQLite would create the file with the umask's mode; its journal files copy this one's."""
    from shared import durable

    durable.private_dir(path.parent)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, durable.PRIVATE_FILE))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"{path} was written by a newer version of the suite.", hint="Install that version, or move the file away."
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    _make_tables(connection, version)
    connection.commit()


def _make_tables(connection: sqlite3.Connection, found: int) -> None:
    """Sessions and files of an older ledger are read again; what was sent is remembered."""
    if found:
        for table in ("files", "sessions"):
            connection.execute(f"DROP TABLE {table}")
    for statement in _SCHEMA.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ").split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _unusable(path: Path, error: sqlite3.Error) -> OmaError:
    return OmaError(f"Cannot use {path}: {error}.", hint="Check the space and the permissions there.")
