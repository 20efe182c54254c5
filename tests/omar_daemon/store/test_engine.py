from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import omar_daemon.store
from omar_daemon.store import rooms
from omar_daemon.store.engine import HEAD_REVISION, open_store
from omar_daemon.store.schema import metadata
from shared.errors import ConfigError

MIGRATIONS = Path(omar_daemon.store.__file__).parent / "migrations"
assert rooms


@pytest.fixture
def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def test_the_newest_migration_is_the_revision_new_databases_are_stamped_with(config: Config) -> None:
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD_REVISION


def test_the_migrations_lead_to_the_same_schema_as_the_metadata(config: Config) -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        ours = MigrationContext.configure(connection, opts={"include_object": _is_a_table_of_ours})
        assert compare_metadata(ours, metadata) == []
    engine.dispose()


def _is_a_table_of_ours(_thing: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
    # A full-text index brings shadow tables of its own.
    return not (kind == "table" and reflected and name not in metadata.tables)


def test_a_database_of_a_newer_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "omar.db"
    open_store("", path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="newer version") as caught:
        open_store("", path)
    assert caught.value.exit_code == 78
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_one_sentence_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "omar.db"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ConfigError, match=r"omar\.db"):
        open_store("", path)
    assert path.read_bytes().startswith(b"this is no database")


def test_a_write_that_raises_leaves_nothing(tmp_path: Path) -> None:
    store = open_store("", tmp_path / "omar.db")
    probe = sqlalchemy.text("INSERT INTO metrics_listings (username, since) VALUES ('ada', 1)")
    with pytest.raises(RuntimeError), store.write() as connection:
        connection.execute(probe)
        raise RuntimeError
    with store.read() as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM metrics_listings")).scalar() == 0
    store.close()


def test_many_threads_write_without_a_locked_error(tmp_path: Path) -> None:
    store = open_store("", tmp_path / "omar.db")
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(20):
                with store.write() as connection:
                    connection.execute(
                        sqlalchemy.text("INSERT INTO metrics_listings (username, since) VALUES (:name, 1)"),
                        {"name": f"{number}-{step}"},
                    )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.read() as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM metrics_listings")).scalar() == 160
        assert connection.execute(sqlalchemy.text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(sqlalchemy.text("PRAGMA journal_mode")).scalar() == "wal"
    store.close()
