"""A damaged SQLite file of ours: telling damage from a busy, full or misused one, and putting it aside whole."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from shared import durable

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BESIDE = ("-wal", "-shm")


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that the file itself is broken, and not that it is busy, full or misused."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF) in _DAMAGED


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
