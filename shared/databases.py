"""SQLite files of ours in trouble: telling damage from want of room, and putting a damaged one aside whole."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from shared import durable

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_IN_WANT = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
)  # fmt: skip
_SYSTEM_IN_WANT = (
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN,
)  # fmt: skip
_BESIDE = ("-wal", "-shm")


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that the file itself is broken, and not that it is busy, full or misused."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF) in _DAMAGED


def is_want(error: BaseException) -> bool:
    """Whether SQLite or the system lacks room, memory or a free moment, which another time may be there."""
    if isinstance(error, OSError):
        return error.errno in _SYSTEM_IN_WANT
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF) in _IN_WANT


def locked(file: Path, timeout: float = 30.0) -> AbstractContextManager[bool]:
    """Held by whoever makes the file or puts it aside: SQLite itself guards neither."""
    return durable.locked(file.with_name(f"{file.name}.lock"), timeout=timeout)


def set_aside(file: Path) -> Path:
    """Rename a damaged database together with its journal, under `locked`; returns where it is now.

    What other programs still have open stays one database for them, and what was committed can be recovered.
    """
    aside = durable.set_aside(file)
    for suffix in _BESIDE:
        beside = file.with_name(file.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def set_aside_once(file: Path, inode: int) -> str:
    """`set_aside`, unless another program has done it since the file was `inode`; what became of it, as words."""
    with locked(file):
        if file.exists() and file.stat().st_ino == inode:
            return f"it is kept as {set_aside(file).name}"
    return "another program has kept it aside"
