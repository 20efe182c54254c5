"""A table of JSON documents that are created, changed, archived, deleted and listed newest first.

Most resources of /v1 differ in their JSON, not in their storage: they share this shape and add the columns by which
they are looked up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Index, String, Table, Text, UniqueConstraint

from omar_daemon.store.managed import clock
from omar_daemon.store.managed.ids import Prefix, new_id
from omar_daemon.store.schema import metadata


@dataclass(frozen=True)
class Document:
    """One row. Times are microseconds since the epoch; `columns` are the table's own."""

    id: str
    created_at: int
    updated_at: int
    archived_at: int | None
    body: dict[str, Any]
    columns: dict[str, Any] = field(default_factory=dict)

    def times(self) -> dict[str, Any]:
        """`created_at, updated_at, archived_at` as every answer shows them."""
        return {
            "created_at": clock.iso(self.created_at),
            "updated_at": clock.iso(self.updated_at),
            "archived_at": clock.iso_or_none(self.archived_at),
        }


@dataclass(frozen=True)
class Position:
    """Where a page begins: after the row of this time and id. `backwards` walks towards the start."""

    created_at: int
    id: str
    backwards: bool = False


@dataclass(frozen=True)
class Page:
    """What a list asks for: at most `limit` rows after `position`, newest first unless `ascending`."""

    limit: int
    position: Position | None = None
    ascending: bool = False


@dataclass(frozen=True)
class PageOfDocuments:
    """Rows in the order asked for; `next` and `previous` are where the neighbouring pages begin."""

    rows: list[Document]
    next: Position | None
    previous: Position | None


class Documents:
    """One such table. Every function takes the connection of the caller's transaction."""

    def __init__(self, name: str, prefix: Prefix, *columns: Column[Any] | UniqueConstraint) -> None:
        self.prefix: Prefix = prefix
        self._own = [column.name for column in columns if isinstance(column, Column)]
        self.table = Table(
            f"managed_{name}",
            metadata,
            Column("id", String(64), primary_key=True),
            Column("created_at", BigInteger, nullable=False),
            Column("updated_at", BigInteger, nullable=False),
            Column("archived_at", BigInteger),
            Column("body", Text, nullable=False),
            *columns,
        )
        Index(f"ix_managed_{name}_created_at_id", self.table.c.created_at, self.table.c.id)
        by_id = self.table.c.id == sqlalchemy.bindparam("document_id")
        self._select = sqlalchemy.select(self.table).where(by_id)
        self._insert = self.table.insert()
        self._by_id = by_id

    def insert(
        self, connection: Connection, body: Mapping[str, Any], *, document_id: str | None = None, **columns: Any
    ) -> Document:
        moment = clock.now()
        document = Document(document_id or new_id(self.prefix), moment, moment, None, dict(body), columns)
        row = {"id": document.id, "created_at": moment, "updated_at": moment, "archived_at": None}
        connection.execute(self._insert, {**row, "body": packed(body), **columns})
        return document

    def get(self, connection: Connection, document_id: str, *, lock: bool = False) -> Document | None:
        """The row, or None. `lock` keeps other writers away from it until the transaction ends."""
        if "\0" in document_id:
            # No id holds it, and PostgreSQL refuses to compare with it.
            return None
        statement = self._select.with_for_update() if lock else self._select
        row = connection.execute(statement, {"document_id": document_id}).first()
        return None if row is None else self.document(row._mapping)

    def many(self, connection: Connection, ids: Sequence[str]) -> list[Document]:
        """The rows with these ids that exist, newest first."""
        return self.select(connection, self.table.c.id.in_(list(ids)))

    def select(self, connection: Connection, *conditions: ColumnElement[bool]) -> list[Document]:
        order = (self.table.c.created_at.desc(), self.table.c.id.desc())
        rows = connection.execute(sqlalchemy.select(self.table).where(*conditions).order_by(*order))
        return [self.document(row._mapping) for row in rows]

    def exists(self, connection: Connection, *conditions: ColumnElement[bool]) -> bool:
        found = connection.execute(sqlalchemy.select(self.table.c.id).where(*conditions).limit(1)).first()
        return found is not None

    def change(
        self, connection: Connection, document: Document, body: Mapping[str, Any] | None = None, **columns: Any
    ) -> Document:
        """The row with another body, other columns and a new `updated_at`."""
        moment = max(clock.now(), document.updated_at + 1)
        values: dict[str, Any] = {"updated_at": moment, **columns}
        if body is not None:
            values["body"] = packed(body)
        connection.execute(self.table.update().where(self.table.c.id == document.id).values(**values))
        return Document(
            document.id,
            document.created_at,
            moment,
            values.get("archived_at", document.archived_at),
            dict(document.body if body is None else body),
            {**document.columns, **{name: value for name, value in columns.items() if name in self._own}},
        )

    def archive(self, connection: Connection, document: Document, **columns: Any) -> Document:
        """Sets `archived_at`; archiving again keeps the first time."""
        if document.archived_at is not None:
            return document
        return self.change(connection, document, archived_at=clock.now(), **columns)

    def delete(self, connection: Connection, *conditions: ColumnElement[bool]) -> int:
        return connection.execute(self.table.delete().where(*conditions)).rowcount

    def page(self, connection: Connection, page: Page, *conditions: ColumnElement[bool]) -> PageOfDocuments:
        backwards = page.position is not None and page.position.backwards
        ascending = page.ascending != backwards
        order = [self.table.c.created_at, self.table.c.id]
        statement = sqlalchemy.select(self.table).where(*conditions)
        if page.position is not None:
            statement = statement.where(self._beyond(page.position, ascending))
        statement = statement.order_by(*[column.asc() if ascending else column.desc() for column in order])
        found = connection.execute(statement.limit(page.limit + 1))
        rows = [self.document(row._mapping) for row in found]
        more = len(rows) > page.limit
        rows = rows[: page.limit]
        if backwards:
            rows.reverse()
        return self._with_neighbours(rows, page, more, backwards)

    def _beyond(self, position: Position, ascending: bool) -> ColumnElement[bool]:
        here = sqlalchemy.tuple_(self.table.c.created_at, self.table.c.id)
        there = sqlalchemy.tuple_(sqlalchemy.literal(position.created_at), sqlalchemy.literal(position.id))
        beyond: ColumnElement[bool] = here > there if ascending else here < there
        return beyond

    @staticmethod
    def _with_neighbours(rows: list[Document], page: Page, more: bool, backwards: bool) -> PageOfDocuments:
        if not rows:
            return PageOfDocuments([], None, None)
        first, last = rows[0], rows[-1]
        has_next = more or backwards
        has_previous = more if backwards else page.position is not None
        following = Position(last.created_at, last.id) if has_next else None
        previous = Position(first.created_at, first.id, backwards=True) if has_previous else None
        return PageOfDocuments(rows, following, previous)

    def document(self, row: Any) -> Document:
        return Document(
            row["id"],
            row["created_at"],
            row["updated_at"],
            row["archived_at"],
            json.loads(row["body"]),
            {name: row[name] for name in self._own},
        )


def packed(value: Any) -> str:
    """JSON as the store keeps it: one line of ASCII, so that any text a client may send fits any database."""
    return json.dumps(value, separators=(",", ":"))
