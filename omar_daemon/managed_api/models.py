"""GET /v1/models: the models that cards serve, in the form of the hosted service."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api import query
from omar_daemon.managed_api.answers import answer
from omar_daemon.managed_api.errors import bad, not_found
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.rows import reading
from omar_daemon.routing import ApiRoute
from omar_daemon.store.managed import clock
from omar_daemon.store.managed import model_cards as room
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.model_cards import cards

_LINES = ("haiku", "sonnet", "opus", "fable", "mythos")


async def listing(request: Request) -> Response:
    """Newest card first; pages by `after_id` and `before_id` (a model's id)."""
    limit = query.limit(request)
    lifecycle = query.choice(request, "lifecycle", ("active", "deprecated", "retired", "all"), "active")
    found = await reading(request, lambda connection: cards.select(connection))
    models = [shown(card) for card in found] if lifecycle in ("active", "all") else []
    ids = [model["id"] for model in models]
    before = request.query_params.get("before_id")
    if before:
        end = _place(ids, before)
        begin = max(0, end - limit)
        more = begin > 0
    else:
        after = request.query_params.get("after_id")
        begin = _place(ids, after) + 1 if after else 0
        end = begin + limit
        more = end < len(ids)
    return answer(_page(models[begin:end], more))


def _place(ids: list[str], model_id: str) -> int:
    if model_id not in ids:
        raise bad(f"There is no model {model_id!r} to page from.")
    return ids.index(model_id)


def _page(models: list[dict[str, Any]], more: bool) -> dict[str, Any]:
    first, last = (models[0]["id"], models[-1]["id"]) if models else (None, None)
    return {"data": models, "has_more": more, "first_id": first, "last_id": last}


async def retrieve(request: Request) -> Response:
    model_id = request.path_params["model_id"]
    card = await reading(request, lambda connection: room.for_model(connection, model_id))
    if card is None:
        raise not_found("model", model_id)
    return answer(shown(card))


def shown(card: Document) -> dict[str, Any]:
    model_id = card.columns["model_id"]
    return {
        "id": model_id,
        "type": "model",
        "display_name": model_id,
        "created_at": clock.iso(card.created_at),
        "lifecycle": "active",
        "max_input_tokens": card.body.get("context_window"),
        "line": next((line for line in _LINES if line in model_id), None),
    }


def routes() -> list[ApiRoute]:
    return [managed("/models", listing, "GET"), managed("/models/{model_id:path}", retrieve, "GET")]
