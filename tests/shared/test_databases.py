"""A damaged SQLite file is put aside whole; an error that is no damage never moves it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from shared import databases


def failure(file: Path, statement: str) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as caught:
        sqlite3.connect(file).execute(statement)
    return caught.value


def test_only_a_broken_file_is_damage(tmp_path: Path) -> None:
    sound, broken = tmp_path / "sound.db", tmp_path / "broken.db"
    with sqlite3.connect(sound) as connection:
        connection.execute("CREATE TABLE t (x INTEGER NOT NULL UNIQUE)")
    broken.write_bytes(b"no database" * 900)
    assert databases.is_damage(failure(broken, "SELECT * FROM t"))
    for misuse in ("INSERT INTO t VALUES (NULL)", "SELECT", "SELECT * FROM missing", "SELECT ?"):
        assert not databases.is_damage(failure(sound, misuse))
    assert not databases.is_damage(None) and not databases.is_damage(ValueError())


def test_what_was_committed_to_the_journal_goes_aside_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (x)")
    aside = databases.set_aside(file)
    writer.execute("INSERT INTO t VALUES ('still one database')")
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(aside.name)] == []
    with sqlite3.connect(file) as fresh:
        assert fresh.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    writer.close()
    with sqlite3.connect(aside) as kept:
        assert kept.execute("SELECT x FROM t").fetchall() == [("still one database",)]


def test_a_file_that_another_program_replaced_stays(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(b"old")
    inode = file.stat().st_ino
    assert "it is kept as x.db.corrupt-" in databases.set_aside_once(file, inode)
    new = tmp_path / "new"
    new.write_bytes(b"new")
    new.rename(file)
    assert databases.set_aside_once(file, inode) == "another program has kept it aside"
    assert file.read_bytes() == b"new"
