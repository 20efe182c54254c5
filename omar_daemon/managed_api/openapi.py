"""GET /v1/openapi.json: this surface described, from its route list and its body models."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from omar_daemon.managed_api.answers import answer
from omar_daemon.managed_api.paths import managed
from omar_daemon.routing import ApiRoute
from shared import __version__

if TYPE_CHECKING:
    from omar_daemon.managed_api.fields import Body

_REFUSALS = ("400", "401", "403", "404", "405", "409", "413", "415", "422", "429")


@dataclass(frozen=True)
class Operation:
    """What an endpoint takes and gives. `media` other than JSON has no schema; `form` bodies are not described."""

    answer: dict[str, Any] | None
    body: type[Body] | None = None
    status: int = 200
    media: str = "application/json"
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    optional_body: bool = False


async def document(_request: Request) -> Response:
    return answer(_document())


@cache
def _document() -> dict[str, Any]:
    from omar_daemon.managed_api import modules
    from omar_daemon.managed_api.operations import operations

    described = operations()
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for route in [route for module in modules() for route in module.routes()]:
        operation = described.get(route.endpoint)
        if operation is None:
            continue
        path = re.sub(r":[a-z]+\}", "}", route.path)
        for method in sorted(route.methods or ()):
            described_route = _described(route, method, operation, schemas)
            paths.setdefault(path, {})[method.lower()] = described_route
    return {
        "openapi": "3.1.0",
        "info": {"title": "oma-suite managed agents", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
        "security": [{"key": []}],
    }


def _described(route: ApiRoute, method: str, operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    names = re.findall(r"\{([a-z_]+)", route.path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": text} for name in names]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in operation.query.items()]
    described: dict[str, Any] = {
        "operationId": f"{route.endpoint.__module__.rsplit('.', 1)[-1]}_{route.endpoint.__name__}_{method.lower()}"
        + ("_" + re.sub(r"[^a-z]+", "_", route.path.rsplit("/", 1)[-1])),
        "summary": _first_line(route.endpoint),
        "parameters": parameters,
        "responses": _responses(operation),
    }
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{_schema_of(operation.body, schemas)}"}
        described["requestBody"] = {
            "required": not operation.optional_body,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _responses(operation: Operation) -> dict[str, Any]:
    from omar_daemon.managed_api.shapes import ERROR

    content: dict[str, Any] = {}
    if operation.answer is not None:
        content = {"content": {operation.media: {"schema": operation.answer}}}
    elif operation.media != "application/json":
        content = {"content": {operation.media: {}}}
    error = {"description": "refused", "content": {"application/json": {"schema": ERROR}}}
    return {str(operation.status): {"description": "done", **content}, **dict.fromkeys(_REFUSALS, error)}


def _schema_of(model: type[Body], schemas: dict[str, Any]) -> str:
    """The name of the model's schema among the components; its parts are put there as well."""
    if model.__name__ not in schemas:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return model.__name__


def _first_line(endpoint: Callable[..., Any]) -> str:
    return (endpoint.__doc__ or endpoint.__name__.replace("_", " ")).strip().splitlines()[0]


def routes() -> list[ApiRoute]:
    return [managed("/openapi.json", document, "GET")]
