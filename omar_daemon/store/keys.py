"""Keys of the daemon: made once, printed once, stored as SHA-256, verified from memory."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import threading
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Column, Float, String, Table

from omar_daemon.routing import SCOPES, Principal
from omar_daemon.store.engine import Store
from omar_daemon.store.schema import metadata
from shared import durable, paths
from shared.errors import ConfigError

keys_table = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("user", String(200), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("hint", String(16), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
)

_BASE62 = string.ascii_letters + string.digits
_BASE36 = string.ascii_lowercase + string.digits
_KEY = re.compile(r"oma_[A-Za-z0-9]{40}")
LOCAL_USER = "local"


@dataclass(frozen=True)
class Key:
    """What is known of a key: everything but the key. Times are seconds since the epoch."""

    id: str
    name: str
    user: str
    scopes: tuple[str, ...]
    hint: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    def shown(self) -> dict[str, Any]:
        """As the API and `omar keys list` show it."""
        return {**vars(self), "scopes": list(self.scopes)}


class Keys:
    """The keys of one daemon. Only this process writes them, so verifying reads memory, not the database."""

    def __init__(self, store: Store, owner_key: str) -> None:
        self._store = store
        self._owner = _digest(owner_key)
        self._lock = threading.Lock()
        self._by_digest = self._load()

    def verify(self, token: str) -> Principal | None:
        """The key's principal, or None when it is unknown, expired or revoked."""
        if not _KEY.fullmatch(token):
            return None
        digest = _digest(token)
        if hmac.compare_digest(digest, self._owner):
            return Principal(LOCAL_USER, frozenset(SCOPES), "owner")
        found = self._by_digest.get(digest)
        if found is None or found.revoked_at is not None:
            return None
        if found.expires_at is not None and found.expires_at <= time.time():
            return None
        return Principal(found.user, frozenset(found.scopes), found.id)

    def create(self, name: str, user: str, scopes: tuple[str, ...], expires_at: float | None = None) -> tuple[Key, str]:
        """A new key and its one-time text `oma_…`."""
        text = new_key()
        key = Key(
            id="key_" + "".join(secrets.choice(_BASE36) for _ in range(24)),
            name=name,
            user=user,
            scopes=scopes,
            hint=text[:8],
            created_at=time.time(),
            expires_at=expires_at,
            revoked_at=None,
        )
        row = {**vars(key), "scopes": " ".join(scopes), "sha256": _digest(text)}
        with self._lock, self._store.write() as connection:
            connection.execute(keys_table.insert().values(**row))
        self._by_digest[_digest(text)] = key
        return key, text

    def list(self) -> list[Key]:
        """All keys, revoked ones too, oldest first."""
        return stored(self._store)

    def revoke(self, key_id: str) -> bool:
        """Revoke a key at once; False when there is no such living key."""
        living = (keys_table.c.id == key_id) & keys_table.c.revoked_at.is_(None)
        with self._lock:
            with self._store.write() as connection:
                changed = connection.execute(keys_table.update().where(living).values(revoked_at=time.time()))
            self._by_digest = self._load()
        return changed.rowcount > 0

    def forget(self, key_id: str) -> bool:
        """Revoke a key and take it off the list, for keys that were made for a moment; False when there is none."""
        with self._lock:
            with self._store.write() as connection:
                changed = connection.execute(keys_table.delete().where(keys_table.c.id == key_id))
            self._by_digest = self._load()
        return changed.rowcount > 0

    def _load(self) -> dict[str, Key]:
        with self._store.read() as connection:
            rows = connection.execute(sqlalchemy.select(keys_table).where(keys_table.c.revoked_at.is_(None)))
            return {row.sha256: _key(row._mapping) for row in rows}


def stored(store: Store) -> list[Key]:
    """All keys of a store, revoked ones too, oldest first."""
    with store.read() as connection:
        rows = connection.execute(sqlalchemy.select(keys_table).order_by(keys_table.c.created_at))
        return [_key(row._mapping) for row in rows]


def new_key() -> str:
    return "oma_" + "".join(secrets.choice(_BASE62) for _ in range(40))


def load_owner_key() -> str:
    """The owner's key from its 0600 file; made at the first start. ConfigError when the file is not one."""
    path = paths.owner_key_file()
    durable.create_private(path, new_key() + "\n")
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} can be read by others, so it is not used.", hint=f"chmod 600 {path}")
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not _KEY.fullmatch(text):
        raise ConfigError(f"{path} does not hold a key.", hint="Move it away; a new one is made at the next start.")
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _key(row: Any) -> Key:
    return Key(
        id=row["id"],
        name=row["name"],
        user=row["user"],
        scopes=tuple(row["scopes"].split()),
        hint=row["hint"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
