"""Memory stores: texts under paths, every change kept as a version, found by full text.

Full text is SQLite's FTS5 (a table beside the memories, kept in step by triggers) or PostgreSQL's tsvector.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy
from sqlalchemy import DDL, BigInteger, Column, Connection, String, Text, UniqueConstraint, event

from omar_daemon.store.managed import clock
from omar_daemon.store.managed.documents import Document, Documents
from omar_daemon.store.managed.ids import new_id

MAX_CONTENT = 102_400
MAX_PATH = 1024
MAX_SEGMENTS = 20
MAX_WORDS = 100

stores = Documents("memory_stores", "memstore")
memories = Documents(
    "memories",
    "mem",
    Column("store_id", String(64), nullable=False),
    Column("path", String(1024).with_variant(String(1024, collation="C"), "postgresql"), nullable=False),
    Column("content", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("version_id", String(64), nullable=False),
    UniqueConstraint("store_id", "path"),
)
versions = Documents(
    "memory_versions",
    "memver",
    Column("store_id", String(64), nullable=False, index=True),
    Column("memory_id", String(64), nullable=False, index=True),
    Column("operation", String(16), nullable=False),
    Column("session_id", String(64)),
    Column("api_key_id", String(64)),
    Column("content", Text),
    Column("redacted_at", BigInteger),
)
FULL_TEXT_SQLITE = (
    "CREATE VIRTUAL TABLE managed_memory_text USING fts5("
    "path, content, content='managed_memories', tokenize='porter unicode61')",
    "CREATE TRIGGER managed_memories_added AFTER INSERT ON managed_memories BEGIN "
    "INSERT INTO managed_memory_text(rowid, path, content) VALUES (new.rowid, new.path, new.content); END",
    "CREATE TRIGGER managed_memories_removed AFTER DELETE ON managed_memories BEGIN "
    "INSERT INTO managed_memory_text(managed_memory_text, rowid, path, content) "
    "VALUES ('delete', old.rowid, old.path, old.content); END",
    "CREATE TRIGGER managed_memories_changed AFTER UPDATE ON managed_memories BEGIN "
    "INSERT INTO managed_memory_text(managed_memory_text, rowid, path, content) "
    "VALUES ('delete', old.rowid, old.path, old.content); "
    "INSERT INTO managed_memory_text(rowid, path, content) VALUES (new.rowid, new.path, new.content); END",
)
_VECTOR = r"to_tsvector('english', regexp_replace(path, '\W+', ' ', 'g') || ' ' || content)"
"""What PostgreSQL searches; a path would else be one word of its own kind."""
FULL_TEXT_POSTGRESQL = (f"CREATE INDEX ix_managed_memories_text ON managed_memories USING gin (({_VECTOR}))",)
FULL_TEXT = {"sqlite": FULL_TEXT_SQLITE, "postgresql": FULL_TEXT_POSTGRESQL}
for _dialect, _statements in FULL_TEXT.items():
    for _statement in _statements:
        event.listen(memories.table, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
_REMOVED = DDL("DROP TABLE IF EXISTS managed_memory_text").execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]
event.listen(memories.table, "before_drop", _REMOVED)

Operation = Literal["created", "modified", "deleted"]


@dataclass(frozen=True)
class Author:
    """Who changed a memory: a session's agent, or the holder of an API key."""

    session_id: str | None = None
    api_key_id: str | None = None

    def shown(self) -> dict[str, Any]:
        if self.session_id is not None:
            return {"type": "session_actor", "session_id": self.session_id}
        return {"type": "api_actor", "api_key_id": self.api_key_id or "local"}


def checked_path(path: str) -> str:
    """`/a/b`: 1 to 20 segments without `.` and `..`, NFC, at most 1024 bytes; ValueError says what is wrong."""
    parts = path.split("/")
    if parts[0] or len(parts) < 2 or any(part in ("", ".", "..") for part in parts[1:]):
        raise ValueError("it begins with / and has no empty, . or .. segment")
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise ValueError("it is not valid text") from None
    if len(parts) - 1 > MAX_SEGMENTS or size > MAX_PATH:
        raise ValueError(f"at most {MAX_SEGMENTS} segments and {MAX_PATH} bytes")
    if any(unicodedata.category(letter) == "Cc" for letter in path) or unicodedata.normalize("NFC", path) != path:
        raise ValueError("no control characters, and NFC")
    return path


def checked_content(content: str) -> str:
    """The text itself; ValueError when it is too long or no text a database keeps."""
    try:
        size = len(content.encode())
    except UnicodeEncodeError:
        raise ValueError("it is not valid text") from None
    if size > MAX_CONTENT:
        raise ValueError(f"a memory holds at most {MAX_CONTENT} bytes")
    if "\0" in content:
        raise ValueError("a memory holds no NUL characters")
    return content


class PathTaken(Exception):
    """Another memory of the store already has this path."""


def create(connection: Connection, store_id: str, path: str, content: str, author: Author) -> Document:
    """A new memory and its first version; PathTaken when the path is occupied."""
    if at_path(connection, store_id, path) is not None:
        raise PathTaken(path)
    memory_id, version_id = new_id("mem"), new_id("memver")
    facts = _facts(content)
    memory = memories.insert(
        connection, {}, document_id=memory_id, store_id=store_id, path=path, version_id=version_id, **facts
    )
    _remember(connection, memory, "created", author)
    return memory


def update(
    connection: Connection, memory: Document, author: Author, *, path: str | None = None, content: str | None = None
) -> Document:
    """The memory with another path, content or both; unchanged, and no version, when both are what they were."""
    new_path = memory.columns["path"] if path is None else path
    new_content = memory.columns["content"] if content is None else content
    if (new_path, new_content) == (memory.columns["path"], memory.columns["content"]):
        return memory
    occupant = at_path(connection, memory.columns["store_id"], new_path)
    if occupant is not None and occupant.id != memory.id:
        raise PathTaken(new_path)
    version_id = new_id("memver")
    changed = memories.change(connection, memory, path=new_path, version_id=version_id, **_facts(new_content))
    _remember(connection, changed, "modified", author)
    return changed


def delete(connection: Connection, memory: Document, author: Author) -> None:
    gone = Document(**{**vars(memory), "columns": {**memory.columns, "version_id": new_id("memver")}})
    _remember(connection, gone, "deleted", author)
    memories.delete(connection, memories.table.c.id == memory.id)


def at_path(connection: Connection, store_id: str, path: str) -> Document | None:
    table = memories.table
    found = memories.select(connection, table.c.store_id == store_id, table.c.path == path)
    return found[0] if found else None


def below(
    connection: Connection, store_id: str, prefix: str = "", after: str | None = None, limit: int | None = None
) -> list[Document]:
    """Memories whose path begins with `prefix`, by path, after the path `after`."""
    table = memories.table
    statement = sqlalchemy.select(table).where(table.c.store_id == store_id)
    if prefix:
        statement = statement.where(sqlalchemy.func.substr(table.c.path, 1, len(prefix)) == prefix)
    if after is not None:
        statement = statement.where(table.c.path > after)
    rows = connection.execute(statement.order_by(table.c.path).limit(limit))
    return [memories.document(row._mapping) for row in rows]


def redact(connection: Connection, version: Document, author: Author) -> Document:
    """Forget a version's content and path for good; that it happened stays."""
    if version.columns["redacted_at"] is not None:
        return version
    body = {
        "path": None, "content_sha256": None, "content_size_bytes": None, "created_by": version.body["created_by"],
        "redacted_by": author.shown(),
    }  # fmt: skip
    return versions.change(connection, version, body, content=None, redacted_at=clock.now())


def delete_store(connection: Connection, store_id: str) -> None:
    memories.delete(connection, memories.table.c.store_id == store_id)
    versions.delete(connection, versions.table.c.store_id == store_id)
    stores.delete(connection, stores.table.c.id == store_id)


def search(connection: Connection, store_id: str, query: str, limit: int) -> list[tuple[Document, float]]:
    """The memories that fit `query` best, with their score (greater is better).

    Where no memory has one of the words, those that hold one inside of other text: languages without spaces, emoji.
    """
    ranked = _by_words(connection, store_id, _first_words(re.findall(r"\w+", query)), limit)
    if not ranked:
        ranked = _holding(connection, store_id, _first_words(query.replace("\0", " ").split()), limit)
    found = {memory.id: memory for memory in memories.many(connection, [memory_id for memory_id, _ in ranked])}
    return [(found[memory_id], score) for memory_id, score in ranked if memory_id in found]


def _first_words(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))[:MAX_WORDS]


def _by_words(connection: Connection, store_id: str, words: list[str], limit: int) -> list[tuple[str, float]]:
    if not words:
        return []
    search_in = _search_sqlite if connection.dialect.name == "sqlite" else _search_postgresql
    return search_in(connection, store_id, words, limit)


def _holding(connection: Connection, store_id: str, parts: list[str], limit: int) -> list[tuple[str, float]]:
    """Memories that hold a part anywhere; the score is the share of the parts, far below any of a word."""
    table = memories.table
    text = sqlalchemy.func.lower(table.c.path + " " + table.c.content)
    held = [text.contains(part.lower(), autoescape=True) for part in parts]
    if not held:
        return []
    count: Any = sum((sqlalchemy.case((condition, 1), else_=0) for condition in held), sqlalchemy.literal(0))
    statement = sqlalchemy.select(table.c.id, count).where(table.c.store_id == store_id, sqlalchemy.or_(*held))
    rows = connection.execute(statement.order_by(count.desc(), table.c.path).limit(limit))
    return [(row[0], row[1] / len(parts) / 1000) for row in rows]


def _search_sqlite(connection: Connection, store_id: str, words: list[str], limit: int) -> list[tuple[str, float]]:
    rows = connection.execute(
        sqlalchemy.text(
            "SELECT m.id, -bm25(managed_memory_text, 2.0, 1.0) AS score FROM managed_memory_text "
            "JOIN managed_memories AS m ON m.rowid = managed_memory_text.rowid "
            "WHERE managed_memory_text MATCH :query AND m.store_id = :store ORDER BY score DESC, m.path LIMIT :limit"
        ),
        {"query": " OR ".join(f'"{word}"' for word in words), "store": store_id, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


def _search_postgresql(connection: Connection, store_id: str, words: list[str], limit: int) -> list[tuple[str, float]]:
    rows = connection.execute(
        sqlalchemy.text(
            f"SELECT id, ts_rank_cd({_VECTOR}, query) AS score "  # noqa: S608 - nothing in it comes from outside
            "FROM managed_memories, to_tsquery('english', :query) AS query "
            f"WHERE store_id = :store AND {_VECTOR} @@ query ORDER BY score DESC, path LIMIT :limit"
        ),
        {"query": " | ".join(words), "store": store_id, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


def _facts(content: str) -> dict[str, Any]:
    raw = content.encode()
    return {"content": content, "sha256": hashlib.sha256(raw).hexdigest(), "size_bytes": len(raw)}


def _remember(connection: Connection, memory: Document, operation: Operation, author: Author) -> None:
    """Keep a version; of a deletion, the content that was deleted is not kept again."""
    gone = operation == "deleted"
    body = {
        "path": memory.columns["path"],
        "content_sha256": None if gone else memory.columns["sha256"],
        "content_size_bytes": None if gone else memory.columns["size_bytes"],
        "created_by": author.shown(),
        "redacted_by": None,
    }
    versions.insert(
        connection,
        body,
        document_id=memory.columns["version_id"],
        store_id=memory.columns["store_id"],
        memory_id=memory.id,
        operation=operation,
        session_id=author.session_id,
        api_key_id=author.api_key_id,
        content=None if gone else memory.columns["content"],
    )
