"""The daemon's database: SQLite (WAL, synchronous=FULL) in its home, or PostgreSQL for a team.

Blocking: handlers reach it through a thread. One writer at a time; a write is one transaction that is on the disk
when its block ends.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event

from omar_daemon.store.prepared import Prepared
from omar_daemon.store.schema import metadata
from shared import durable, extras
from shared.errors import ConfigError

HEAD_REVISION = "0003"
"""The newest migration; a test holds it against store/migrations."""
BUSY_SECONDS = 10
THREADS = 40
"""How many threads the framework runs handlers in."""
_BEGIN_READING = Prepared(sqlalchemy.text("BEGIN"))
_BEGIN_WRITING = Prepared(sqlalchemy.text("BEGIN IMMEDIATE"))
_VERSION_TABLE = sqlalchemy.Table(
    "alembic_version", sqlalchemy.MetaData(), sqlalchemy.Column("version_num", sqlalchemy.String(32), primary_key=True)
)


class Store:
    """Connections to one database, whose schema has been brought to this program's version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = threading.Lock()
        self._sqlite = engine.dialect.name == "sqlite"
        self._writing: Connection | None = None

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with one consistent view."""
        with self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        if not self._sqlite:
            with self._engine.begin() as connection:
                yield connection
            return
        with self._writer:
            # One that stays: fetching it and giving it back would be a tenth of a small write.
            if self._writing is None:
                self._writing = self._engine.connect().execution_options(oma_writes=True)
            with self._writing.begin():
                yield self._writing

    def close(self) -> None:
        with self._writer:
            if self._writing is not None:
                self._writing.close()
                self._writing = None
        self._engine.dispose()


def open_store(url: str, default_file: Path) -> Store:
    """Open `url`, or SQLite in `default_file` when it is empty, and bring its schema up to date.

    A database of a newer program is refused (ConfigError) and not touched.
    """
    engine = _engine(url) if url else _sqlite_engine(default_file)
    # A URL may hold a password, which no message shows.
    name = engine.url.render_as_string(hide_password=True) if url else str(default_file)
    try:
        _bring_up_to_date(engine, name)
    except sqlalchemy.exc.DBAPIError as error:
        engine.dispose()
        hint = (
            "Look at server.database_url." if url else f"Put a copy of it back, or begin anew: mv {name} {name}.broken"
        )
        raise ConfigError(f"The database {name} cannot be used: {str(error.orig).strip()}.", hint=hint) from error
    return Store(engine)


# hide_parameters everywhere: an error that is logged must not hold what a user stored.
def _engine(url: str) -> Engine:
    try:
        parsed = sqlalchemy.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = sqlalchemy.create_engine(parsed, hide_parameters=True)
            _tune_sqlite(engine)
            return engine
        # As many connections as handlers run in threads: none waits for another's.
        return sqlalchemy.create_engine(
            parsed, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=THREADS - 10
        )
    except sqlalchemy.exc.ArgumentError:
        raise ConfigError(
            "server.database_url is not a database URL.", hint="For example postgresql+psycopg://user@host/database"
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"server.database_url needs the Python package {error.name}.", hint=extras.installation("postgresql")
        ) from None


def _sqlite_engine(path: Path) -> Engine:
    durable.private_dir(path.parent)
    # SQLite would create the file with the umask's mode; the journal files then copy this one's.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, durable.PRIVATE_FILE))
    engine = sqlalchemy.create_engine(
        sqlalchemy.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
    )
    _tune_sqlite(engine)
    return engine


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(raw: Any, _record: Any) -> None:
        # The driver's own implicit BEGIN would make every write start as a read and fail with "locked" later.
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("oma_writes", False)
        (_BEGIN_WRITING if writes else _BEGIN_READING).rows(connection, {})


def _bring_up_to_date(engine: Engine, name: str) -> None:
    found = _revision(engine)
    if found == HEAD_REVISION:
        return
    if found is None:
        _create(engine)
        return
    _migrate(engine, found, name)


def _revision(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database."""
    with engine.connect() as connection:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sqlalchemy.select(_VERSION_TABLE.c.version_num)).scalar()


def _create(engine: Engine) -> None:
    """A new database gets the whole schema at once: running every migration costs alembic's 240 ms import."""
    # The rooms import this module for `Store`.
    from omar_daemon.store import rooms  # noqa: F401

    with engine.connect().execution_options(oma_writes=True) as connection, connection.begin():
        if sqlalchemy.inspect(connection).has_table("alembic_version"):
            return
        metadata.create_all(connection)
        _VERSION_TABLE.create(connection)
        connection.execute(_VERSION_TABLE.insert().values(version_num=HEAD_REVISION))


def _migrate(engine: Engine, found: str, name: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        ScriptDirectory.from_config(config).get_revision(found)
    except CommandError:
        raise ConfigError(
            f"{name} was written by a newer version of the suite (schema {found}, known up to {HEAD_REVISION}).",
            hint="Install that version again; nothing was changed.",
        ) from None
    with engine.connect().execution_options(oma_writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
