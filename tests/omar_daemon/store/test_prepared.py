"""Statements that run on the driver's own cursor behave like those SQLAlchemy runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.exc import IntegrityError, OperationalError

from omar_daemon.store.engine import Store, open_store
from omar_daemon.store.managed.events import events
from omar_daemon.store.prepared import Prepared

INSERT = Prepared(events.insert())
OF_SESSION = Prepared(
    sqlalchemy.select(events.c.seq, events.c.data)
    .where(events.c.session_id == sqlalchemy.bindparam("session"), events.c.seq > sqlalchemy.bindparam("after"))
    .order_by(events.c.seq)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path / "omar.db")
    yield opened
    opened.close()


def row(seq: int) -> dict[str, object]:
    fixed = {"session_id": "sess_a", "seq": seq, "id": f"sevt_{seq}", "type": "t", "created_at": 2**40}
    return {**fixed, "answers": None, "data": f"é {seq}"}


def test_the_names_of_the_parameters_decide_not_their_order(store: Store) -> None:
    with store.write() as connection:
        INSERT.many(connection, [row(seq) for seq in (1, 2, 3)])
        assert OF_SESSION.rows(connection, {"after": 1, "session": "sess_a"}) == [(2, "é 2"), (3, "é 3")]
        assert OF_SESSION.rows(connection, {"session": "sess_b", "after": 0}) == []


def test_what_it_wrote_goes_with_the_transaction_it_is_part_of(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as connection:
        INSERT.rows(connection, row(1))
        raise RuntimeError
    with store.write() as connection:
        INSERT.rows(connection, row(1))
    with store.read() as connection:
        assert OF_SESSION.rows(connection, {"session": "sess_a", "after": 0}) == [(1, "é 1")]


def test_its_errors_are_sqlalchemys_and_hide_what_was_stored(store: Store) -> None:
    with store.write() as connection:
        INSERT.rows(connection, row(1))
    with pytest.raises(IntegrityError) as taken, store.write() as connection:
        INSERT.rows(connection, row(1))
    assert "é 1" not in str(taken.value)
    missing = Prepared(sqlalchemy.text("SELECT nothing FROM nowhere"))
    with pytest.raises(OperationalError, match="nowhere"), store.read() as connection:
        missing.rows(connection, {})
