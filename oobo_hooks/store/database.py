"""Opening `~/.oobo/oobo.db`. One file for all repositories; workers, commands and the sender use it at once."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from shared import databases, durable, output, paths
from shared.errors import ConfigError, OmaError

VERSION = 2
BUSY_SECONDS = 20.0

_SCHEMA = """
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    common_dir TEXT NOT NULL UNIQUE,
    worktree TEXT NOT NULL,
    name TEXT NOT NULL,
    remote TEXT,
    transparency TEXT,
    ignored INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE anchors (
    repository INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    commit_hash TEXT NOT NULL,
    committed_at INTEGER NOT NULL,
    made_at REAL NOT NULL,
    patch_id TEXT,
    replaced_by TEXT,
    anchor TEXT NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY (repository, commit_hash)
);
CREATE INDEX anchors_by_time ON anchors (repository, committed_at);
CREATE INDEX anchors_by_patch ON anchors (repository, patch_id);
CREATE TABLE taken_edits (
    repository INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    edit_id TEXT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (repository, session_id, edit_id)
);
CREATE TABLE session_usage (
    repository INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    commit_hash TEXT NOT NULL,
    made_at REAL NOT NULL,
    total TEXT NOT NULL,
    since_last_anchor TEXT NOT NULL,
    PRIMARY KEY (repository, session_id, commit_hash)
);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    repository INTEGER,
    commit_hash TEXT,
    once TEXT NOT NULL,
    body TEXT NOT NULL,
    parked INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at REAL NOT NULL DEFAULT 0,
    queued_at REAL NOT NULL,
    last_error TEXT
);
CREATE UNIQUE INDEX outbox_once ON outbox (repository, once);
CREATE INDEX outbox_due ON outbox (parked, next_attempt_at, id);
CREATE TABLE notices (text TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_STEPS = {
    1: _SCHEMA,
    # What waited before events had an address was meant for the user's server, which '' stands for.
    2: "ALTER TABLE outbox ADD COLUMN destination TEXT NOT NULL DEFAULT ''",
}
"""Version → the statements that lead to it from the one before."""


def open_database(path: Path | None = None) -> sqlite3.Connection:
    """A connection to the store; made when it is not there.

    ConfigError for a store of a newer version; one that is no database is set aside with a warning.
    """
    file = path or paths.oobo_database()
    durable.private_dir(file.parent)
    if not file.exists():
        # Never between the two renames that put a damaged store aside: it would take up that one's journal.
        with databases.locked(file):
            _create(file)
    try:
        return _open(file)
    except sqlite3.OperationalError as error:
        raise OmaError(f"The store {file} cannot be used: {error}.", hint="Check the space and permissions.") from error
    except sqlite3.DatabaseError as error:
        if not databases.is_damage(error):
            raise
        with databases.locked(file):
            return _reopen(file)


@contextlib.contextmanager
def opened(path: Path | None = None) -> Iterator[sqlite3.Connection]:
    """`open_database`, closed at the end of the block.

    Damage is often seen only where a page is read: then the store is set aside and OmaError says so, and the next
    `opened` begins a new one.
    """
    file = path or paths.oobo_database()
    connection = open_database(file)
    try:
        inode = file.stat().st_ino
        yield connection
    except sqlite3.DatabaseError as error:
        if not databases.is_damage(error):
            raise
        connection.close()
        kept = databases.set_aside_once(file, inode)
        hint = "Run the command again: it begins a new one."
        raise OmaError(f"The store {file} is damaged; {kept}.", hint=hint) from error
    finally:
        connection.close()


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: on the disk when the block ends, undone when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create(file: Path) -> None:
    """SQLite would create the file with the umask's mode; its journal files copy this one's."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, durable.PRIVATE_FILE))


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        _bring_up_to_date(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _reopen(file: Path) -> sqlite3.Connection:
    """Another process may have mended the store while we waited for the lock."""
    try:
        _create(file)
        return _open(file)
    except sqlite3.OperationalError as error:
        raise OmaError(f"The store {file} cannot be used: {error}.") from error
    except sqlite3.DatabaseError as error:
        if not databases.is_damage(error):
            raise
        aside = databases.set_aside(file)
        output.warn(f"{file} is no database; it is kept as {aside.name} and a new one is begun.")
        _create(file)
        return _open(file)


def _bring_up_to_date(connection: sqlite3.Connection, file: Path) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    with transaction(connection):
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise ConfigError(
                f"{file} was written by a newer version of the suite (schema {found}, known up to {VERSION}).",
                hint="Install that version again; nothing was changed.",
            )
        for step in range(found + 1, VERSION + 1):
            for statement in _STEPS[step].split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
