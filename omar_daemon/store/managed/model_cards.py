"""Model cards: which provider, key and address serve a model id. The key is sealed (`secrets`)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, String, Text

from omar_daemon.store.managed.documents import Document, Documents

PURPOSE = "model card"
"""What a card's key is sealed for (`secrets.seal`)."""

cards = Documents(
    "model_cards",
    "card",
    Column("model_id", String(256), nullable=False, unique=True),
    Column("provider", String(32), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("sealed_key", Text, nullable=False),
)


def for_model(connection: Connection, model_id: str) -> Document | None:
    found = cards.select(connection, cards.table.c.model_id == model_id)
    return found[0] if found else None


def clear_default(connection: Connection) -> None:
    """No card is the default any more."""
    connection.execute(cards.table.update().where(cards.table.c.is_default.is_(True)).values(is_default=False))
