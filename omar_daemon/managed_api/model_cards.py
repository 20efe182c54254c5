"""/v1/model_cards: which provider, key and address serve a model id. Keys go in and never come out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.harness.providers.probe import probe
from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer, created
from omar_daemon.managed_api.errors import bad, conflict
from omar_daemon.managed_api.fields import Body, Name, read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import listed, reading, required, writing
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed import model_cards as room
from omar_daemon.store.managed import secrets
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.ids import new_id
from omar_daemon.store.managed.model_cards import PURPOSE, cards

Provider = Literal["ant", "ant-compatible", "oai", "oai-compatible"]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2048)]
Window = Annotated[int, Field(ge=1000, le=100_000_000)]
"""Tokens the model can take; the conversation is summarised before it is full."""
Key = Annotated[str, Field(min_length=1, max_length=8192)]


_CLEARABLE = ("model", "base_url", "context_window")


class CardCreate(Body):
    """POST /v1/model_cards. `model` is the provider's own name when it differs from `model_id`."""

    model_id: Name
    provider: Provider
    api_key: Key
    model: Name | None = None
    base_url: Url | None = None
    custom_headers: dict[str, str] | None = None
    is_default: bool = False
    context_window: Window | None = None


class CardUpdate(Body):
    """POST /v1/model_cards/{id}: null clears `model`, `base_url` and `custom_headers`."""

    model_id: Name | None = None
    provider: Provider | None = None
    api_key: Key | None = None
    model: Name | None = None
    base_url: Url | None = None
    custom_headers: dict[str, str] | None = None
    is_default: bool | None = None
    context_window: Window | None = None


async def create(request: Request) -> Response:
    """201 with the card and `probe`, a one-token call that never undoes the card; 409 for a model id that has one."""
    wanted = await read_body(request, CardCreate)
    _check_address(wanted.provider, wanted.base_url)
    card = await writing(request, lambda connection: _insert(connection, wanted))
    return created({**shown(card), "probe": await probe(card)})


def _insert(connection: Connection, wanted: CardCreate) -> Document:
    if room.for_model(connection, wanted.model_id) is not None:
        raise conflict(f"There is a card for {wanted.model_id!r} already.")
    if wanted.is_default:
        room.clear_default(connection)
    card_id = new_id("card")
    secret = {"api_key": wanted.api_key, "custom_headers": wanted.custom_headers or {}}
    body = {
        "model": wanted.model,
        "base_url": wanted.base_url,
        "context_window": wanted.context_window,
        "api_key_preview": _preview(wanted.api_key),
        "custom_header_names": sorted(wanted.custom_headers or {}),
    }
    return cards.insert(
        connection,
        body,
        document_id=card_id,
        model_id=wanted.model_id,
        provider=wanted.provider,
        is_default=wanted.is_default,
        sealed_key=secrets.seal(secret, purpose=PURPOSE, owner=card_id),
    )


async def listing(request: Request) -> Response:
    table = cards.table
    conditions = query.filters(request, table, archives=False)
    provider = request.query_params.get("provider")
    if provider:
        conditions.append(table.c.provider == provider)
    return await listed(request, cards, shown, *conditions)


async def retrieve(request: Request) -> Response:
    return answer(shown(await reading(request, lambda connection: _mine(connection, request))))


async def update(request: Request) -> Response:
    wanted = await read_body(request, CardUpdate)
    return answer(shown(await writing(request, lambda connection: _changed(connection, request, wanted))))


def _changed(connection: Connection, request: Request, wanted: CardUpdate) -> Document:
    card = _mine(connection, request, lock=True)
    sent = wanted.model_fields_set
    columns = {name: getattr(wanted, name) for name in ("model_id", "provider", "is_default") if getattr(wanted, name)}
    if "is_default" in sent and wanted.is_default is not None:
        columns["is_default"] = wanted.is_default
    other = room.for_model(connection, columns.get("model_id", card.columns["model_id"]))
    if other is not None and other.id != card.id:
        raise conflict(f"There is a card for {wanted.model_id!r} already.")
    if columns.get("is_default"):
        room.clear_default(connection)
    body = {**card.body, **{name: getattr(wanted, name) for name in _CLEARABLE if name in sent}}
    _check_address(columns.get("provider", card.columns["provider"]), body["base_url"])
    secret = secrets.open_sealed(card.columns["sealed_key"], purpose=PURPOSE, owner=card.id)
    if wanted.api_key is not None:
        secret["api_key"] = wanted.api_key
        body["api_key_preview"] = _preview(wanted.api_key)
    if "custom_headers" in sent:
        secret["custom_headers"] = wanted.custom_headers or {}
        body["custom_header_names"] = sorted(secret["custom_headers"])
    columns["sealed_key"] = secrets.seal(secret, purpose=PURPOSE, owner=card.id)
    return cards.change(connection, card, body, **columns)


async def delete(request: Request) -> Response:
    def work(connection: Connection) -> str:
        card = _mine(connection, request, lock=True)
        cards.delete(connection, cards.table.c.id == card.id)
        return card.id

    return answer({"id": await writing(request, work), "type": "model_card_deleted"})


def _mine(connection: Connection, request: Request, *, lock: bool = False) -> Document:
    return required(connection, cards, request.path_params["card_id"], "model card", lock=lock)


def _check_address(provider: str, base_url: str | None) -> None:
    if provider.endswith("-compatible") and base_url is None:
        raise bad(f"base_url: a card of provider {provider} needs the address of its server.")


def _preview(key: str) -> str:
    return "…" + key[-4:] if len(key) >= 12 else "…"


def shown(card: Document) -> dict[str, Any]:
    columns = {name: card.columns[name] for name in ("model_id", "provider", "is_default")}
    return {"id": card.id, "type": "model_card", **columns, **card.body, **card.times()}


def routes() -> list[ApiRoute]:
    return [
        managed("/model_cards", create, "POST"),
        managed("/model_cards", listing, "GET"),
        managed("/model_cards/{card_id}", retrieve, "GET"),
        managed("/model_cards/{card_id}", update, "POST", "PUT"),
        managed("/model_cards/{card_id}", delete, "DELETE"),
    ]
