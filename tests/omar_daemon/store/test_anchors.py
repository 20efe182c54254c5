"""How the store looks for anchors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from omar_daemon.store import anchors
from omar_daemon.store.engine import Store, open_store
from shared.wire.anchors import EventPayload
from tests.omar_daemon.anchors_api.test_ingest import event

HASHES = ["ab" + "0" * 38, "ab" + "f" * 38, "abc" + "0" * 37, "ac" + "0" * 38, "aa" + "f" * 38]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path / "omar.db")
    with opened.write() as connection:
        payloads = [EventPayload.model_validate(event(commit)).model_dump() for commit in HASHES]
        anchors.insert(connection, [anchors.NewAnchor("", "ada", payload) for payload in payloads])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("ab", HASHES[:3]), ("ABF", HASHES[1:2]), (HASHES[2], HASHES[2:3]), (HASHES[3] + "0", []), ("b", [])],
)
def test_a_hash_is_found_by_its_beginning(store: Store, prefix: str, found: list[str]) -> None:
    with store.read() as connection:
        seen = [anchor.payload["anchor"]["commit_hash"] for anchor in anchors.find(connection, prefix)]
    assert sorted(seen) == sorted(found)


def test_a_hash_is_looked_up_in_the_index_and_not_in_every_row(store: Store) -> None:
    asked: list[tuple[str, Any]] = []
    with store.read() as connection:
        sqlalchemy.event.listen(connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        anchors.find(connection, "ab")
        statement, values = next(call for call in asked if call[0].startswith("SELECT"))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("SEARCH anchors USING INDEX" in row[-1] for row in plan), plan
