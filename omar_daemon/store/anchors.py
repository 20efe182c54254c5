"""The room of anchors in the store: what clients sent to `/anchors/ingest`, and shared sessions.

An anchor is kept once per (normalised remote or "", commit hash). Its columns are what lists and totals ask for; the
payload is kept whole beside them, with the fields this version does not know.
"""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy
from sqlalchemy import BigInteger, Column, Connection, Float, Index, String, Table, Text, UniqueConstraint

from omar_daemon.store.schema import metadata

anchors_table = Table(
    "anchors",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("remote", Text, nullable=False),
    Column("commit_hash", String(64), nullable=False),
    Column("project", Text, nullable=False),
    Column("username", String(200), nullable=False),
    Column("branch", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_type", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("committed_at", BigInteger, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("deleted", BigInteger, nullable=False),
    Column("ai_added", BigInteger, nullable=False),
    Column("ai_deleted", BigInteger, nullable=False),
    Column("summary", Text, nullable=False),
    Column("payload", Text, nullable=False),
    UniqueConstraint("remote", "commit_hash"),
    Index(None, "commit_hash"),
    Index(None, "committed_at", "id"),
)

replacements_table = Table(
    "anchor_replacements",
    metadata,
    Column("remote", Text, primary_key=True),
    Column("old_hash", String(64), primary_key=True),
    Column("new_hash", String(64), primary_key=True),
)

shares_table = Table(
    "anchor_shares",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("username", String(200)),
    Column("created_at", Float, nullable=False),
    Column("payload", Text, nullable=False),
)

_HEAVY = ("file_changes", "file_interactions")


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. `since` is seconds since the epoch; `project` a normalised remote or a name."""

    search: str = ""
    author_type: str = ""
    branch: str = ""
    project: str = ""
    since: float | None = None


@dataclass(frozen=True)
class StoredAnchor:
    """One anchor. `payload` is the whole event as it was received, with the seed's field names."""

    id: str
    remote: str
    username: str
    created_at: float
    payload: dict[str, Any]


@dataclass(frozen=True)
class NewAnchor:
    """An event that has an anchor, on its way into the store. `payload` is a dumped EventPayload."""

    remote: str
    username: str
    payload: dict[str, Any]


def insert(connection: Connection, wanted: Sequence[NewAnchor]) -> list[str | None]:
    """Keep events; returns the id of each, or None for one whose (remote, commit) is already there."""
    rows = [_row(new) for new in wanted]
    kept = set(connection.execute(_anchor_insert(connection.dialect.name), rows).scalars())
    replacements = [
        replacement
        for new, row in zip(wanted, rows, strict=True)
        if row["id"] in kept and new.payload["anchor"]["replaces"]
        for replacement in _replacements(row, new.payload["anchor"]["replaces"])
    ]
    if replacements:
        statement = _upserting(connection.dialect.name)(replacements_table).on_conflict_do_nothing()
        connection.execute(statement, replacements)
    return [row["id"] if row["id"] in kept else None for row in rows]


@functools.cache
def _anchor_insert(dialect: str) -> Any:
    """Made once: to build the statement costs as much as to carry it out."""
    insert = _upserting(dialect)(anchors_table).on_conflict_do_nothing(index_elements=["remote", "commit_hash"])
    return insert.returning(anchors_table.c.id)


def _upserting(dialect: str) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    # Each dialect takes 15 ms to import, and only one is needed.
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert
    from sqlalchemy.dialects import sqlite

    return sqlite.insert


def _row(new: NewAnchor) -> dict[str, Any]:
    anchor = new.payload["anchor"]
    return {
        "id": secrets.token_hex(16),
        "remote": storable(new.remote),
        "commit_hash": anchor["commit_hash"].lower(),
        "project": storable(new.payload["project"].get("name") or ""),
        "username": new.username,
        "created_at": time.time(),
        "summary": _json(_summary(new.payload)),
        "payload": _json(new.payload),
        **{name: storable(anchor[name]) for name in ("branch", "author", "author_type", "message")},
        **{name: anchor[name] for name in ("committed_at", "added", "deleted", "ai_added", "ai_deleted")},
    }


def _replacements(row: dict[str, Any], replaced: Sequence[str]) -> list[dict[str, str]]:
    new_hash = row["commit_hash"]
    olds = dict.fromkeys(old.lower() for old in replaced if 7 <= len(old) <= 64 and old.lower() != new_hash)
    return [{"remote": row["remote"], "old_hash": old, "new_hash": new_hash} for old in olds]


def storable(text: str) -> str:
    """`text` as every database takes it: without NUL, and with lone surrogates replaced."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _json(value: Any) -> str:
    """JSON text that every answer can carry: a lone surrogate has no UTF-8 and becomes `?`."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _summary(payload: dict[str, Any]) -> dict[str, Any]:
    """What a list shows of an anchor: everything but its per-file parts, whose size has no bound."""
    return {name: value for name, value in payload["anchor"].items() if name not in _HEAVY}


def find(connection: Connection, commit: str, *, project: str = "") -> list[StoredAnchor]:
    """The anchors whose hash is or begins with `commit`, newest first."""
    table = anchors_table
    wanted = table.select().where(_begins_with(commit.lower()))
    if project:
        wanted = wanted.where(sqlalchemy.or_(table.c.remote == project, table.c.project == project))
    rows = connection.execute(wanted.order_by(table.c.created_at.desc()).limit(20))
    return [_stored(row) for row in rows]


def _begins_with(prefix: str) -> Any:
    """Of the hashes, which are hex. A range and no LIKE, which reads the whole table where it has an ESCAPE."""
    column = anchors_table.c.commit_hash
    return sqlalchemy.and_(column >= prefix, column < prefix + "g")


def _stored(row: Any) -> StoredAnchor:
    return StoredAnchor(row.id, row.remote, row.username, row.created_at, json.loads(row.payload))


def list_page(
    connection: Connection, filters: Filters, *, limit: int, after: tuple[int, str] | None
) -> tuple[list[dict[str, Any]], tuple[int, str] | None]:
    """One page of summaries, newest commit first, and where the next page begins (committed_at, id)."""
    table = anchors_table
    wanted = sqlalchemy.select(
        table.c.id, table.c.remote, table.c.project, table.c.committed_at, table.c.username, table.c.summary
    ).where(*_conditions(filters))
    if after is not None:
        at, anchor_id = after
        older = sqlalchemy.and_(table.c.committed_at == at, table.c.id < anchor_id)
        wanted = wanted.where(sqlalchemy.or_(table.c.committed_at < at, older))
    wanted = wanted.order_by(table.c.committed_at.desc(), table.c.id.desc()).limit(limit + 1)
    rows = connection.execute(wanted).all()
    page = [_listed(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return page, (last.committed_at, last.id) if last is not None else None


def _listed(row: Any) -> dict[str, Any]:
    project = {"name": row.project, "git_remote": row.remote or None}
    return {"id": row.id, "project": project, "username": row.username, **json.loads(row.summary)}


def totals(connection: Connection, filters: Filters) -> dict[str, int]:
    """Count and lines over all matches; commits that others replaced (amend, rebase) are counted once."""
    table = anchors_table
    names = ("added", "deleted", "ai_added", "ai_deleted")
    sums = [sqlalchemy.func.coalesce(sqlalchemy.func.sum(table.c[name]), 0) for name in names]
    replaced = sqlalchemy.exists().where(
        replacements_table.c.remote == table.c.remote, replacements_table.c.old_hash == table.c.commit_hash
    )
    wanted = sqlalchemy.select(sqlalchemy.func.count(), *sums).select_from(table)
    row = connection.execute(wanted.where(*_conditions(filters), ~replaced)).one()
    return {"count": int(row[0]), **{name: int(value) for name, value in zip(names, row[1:], strict=True)}}


def _conditions(filters: Filters) -> list[Any]:
    table = anchors_table
    conditions: list[Any] = []
    if filters.search:
        text = filters.search.lower()
        columns = (table.c.message, table.c.author, table.c.branch)
        found = [sqlalchemy.func.lower(column).contains(text, autoescape=True) for column in columns]
        conditions.append(sqlalchemy.or_(*found, table.c.commit_hash.startswith(text, autoescape=True)))
    if filters.author_type:
        conditions.append(table.c.author_type == filters.author_type)
    if filters.branch:
        conditions.append(table.c.branch == filters.branch)
    if filters.project:
        conditions.append(sqlalchemy.or_(table.c.remote == filters.project, table.c.project == filters.project))
    if filters.since is not None:
        conditions.append(table.c.committed_at >= filters.since)
    return conditions


def delete(connection: Connection, anchors: Sequence[StoredAnchor]) -> int:
    """Forget these anchors and what they replaced; returns how many there were."""
    gone = 0
    for anchor in anchors:
        commit = anchor.payload["anchor"]["commit_hash"].lower()
        gone += connection.execute(anchors_table.delete().where(anchors_table.c.id == anchor.id)).rowcount
        connection.execute(
            replacements_table.delete().where(
                replacements_table.c.remote == anchor.remote, replacements_table.c.new_hash == commit
            )
        )
    return gone


def insert_share(connection: Connection, *, username: str | None, payload: dict[str, Any]) -> str:
    """Keep a shared session; returns its id, 192 random bits that nobody guesses."""
    share_id = f"shr_{secrets.token_urlsafe(24)}"
    connection.execute(
        shares_table.insert().values(id=share_id, username=username, created_at=time.time(), payload=_json(payload))
    )
    return share_id


def read_share(connection: Connection, share_id: str) -> tuple[str | None, dict[str, Any]] | None:
    """Owner (None: anonymous) and payload of a share, or None."""
    table = shares_table
    row = connection.execute(table.select().where(table.c.id == share_id)).first()
    return (row.username, json.loads(row.payload)) if row is not None else None


def delete_share(connection: Connection, share_id: str) -> None:
    connection.execute(shares_table.delete().where(shares_table.c.id == share_id))
