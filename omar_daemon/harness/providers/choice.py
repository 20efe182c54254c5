"""Which provider serves an agent's model: its card, the default card, or the key the daemon was started with."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.providers.guarded import GuardedProvider
from omar_daemon.harness.providers.interface import ModelError, Provider
from omar_daemon.store.managed import model_cards as room
from omar_daemon.store.managed import secrets
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.model_cards import PURPOSE, cards


@dataclass(frozen=True)
class Choice:
    """How to reach a model: `model` is the name the provider knows, `context_window` its size in tokens."""

    provider: str
    model: str
    api_key: str
    base_url: str | None
    headers: dict[str, str]
    context_window: int | None = None


def choose(connection: Connection, model_id: str) -> Choice:
    """The card with this model id, else the default card under the same name, else ANTHROPIC_API_KEY; ModelError."""
    card = room.for_model(connection, model_id)
    if card is not None:
        return from_card(card)
    default = cards.select(connection, cards.table.c.is_default.is_(True))
    if default:
        found = from_card(default[0])
        return replace(found, model=model_id)
    key = os.environ.get("ANTHROPIC_API_KEY", "")
    # With `omar env` in the shell, the variable is a key of this daemon: it would be asking itself.
    if key and not key.startswith("oma_"):
        return Choice("ant", model_id, key, os.environ.get("ANTHROPIC_BASE_URL") or None, {})
    message = f"There is no model card for {model_id!r}: make one with POST /v1/model_cards."
    raise ModelError("model_request_failed_error", message)


def from_card(card: Document) -> Choice:
    secret: dict[str, Any] = secrets.open_sealed(card.columns["sealed_key"], purpose=PURPOSE, owner=card.id)
    return Choice(
        card.columns["provider"],
        card.body["model"] or card.columns["model_id"],
        secret["api_key"],
        card.body["base_url"],
        secret["custom_headers"],
        card.body.get("context_window"),
    )


def open_provider(choice: Choice) -> Provider:
    """A client for this choice. Imports the provider's library: call it in a thread the first time."""
    return GuardedProvider(_client(choice), [choice.api_key, *choice.headers.values()])


def _client(choice: Choice) -> Provider:
    if choice.provider.startswith("oai"):
        from omar_daemon.harness.providers.chat import ChatProvider

        return ChatProvider(choice.api_key, choice.base_url, choice.headers)
    from omar_daemon.harness.providers.messages import MessagesProvider

    return MessagesProvider(choice.api_key, choice.base_url, choice.headers)
