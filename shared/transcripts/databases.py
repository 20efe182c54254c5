"""SQLite databases of other programs, opened so that nothing is written beside them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from shared.transcripts.folders import file_at
from shared.transcripts.model import LogFile

BUSY_SECONDS = 2.0


@contextlib.contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """A read-only connection; raises sqlite3.Error when the file is no database.

    A database without a write-ahead log has no writer, so it is read as immutable: SQLite would else put files of
    its own beside it.
    """
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(path)}?{mode}", uri=True, timeout=BUSY_SECONDS)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


def database_files(path: str | os.PathLike[str]) -> tuple[LogFile, ...]:
    """The database and its write-ahead log, which changes first; () when there is no database."""
    main = file_at(path)
    log = file_at(f"{os.fspath(path)}-wal")
    if main is None:
        return ()
    return (main,) if log is None or not log.size else (main, log)


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Names of the columns of a table; empty when there is none."""
    return {row["name"] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def value(row: sqlite3.Row, name: str) -> object:
    """A column of the row, None where this version has none."""
    return row[name] if name in row.keys() else None  # noqa: SIM118 - a Row's `in` looks at values
