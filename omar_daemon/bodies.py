"""Reading a request's JSON body into a pydantic model, with the same refusals on every surface."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from omar_daemon.routing import ApiError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    Model = TypeVar("Model", bound=BaseModel)

DEFAULT_LIMIT = 4 * 1024 * 1024


async def read_limited(request: Request, limit: int) -> bytes:
    """The whole body; 413 as soon as it is larger than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    except ClientDisconnect:
        raise ApiError(400, "The connection ended before the body did.") from None
    return bytes(body)


def _too_large(limit: int) -> ApiError:
    # The rest of the body is still on its way: the connection cannot be used again.
    return ApiError(413, f"The body is larger than {limit} bytes.", headers={"connection": "close"})


async def json_value(
    request: Request, *, limit: int = DEFAULT_LIMIT, optional: bool = False, text_only: bool = False
) -> Any:
    """The body as JSON: 415 for another content type, 413 too large, 400 broken.

    `optional`: no body is {}. `text_only`: 400 for half of a surrogate pair, too, which JSON can spell but is no text.
    """
    body = await read_limited(request, limit)
    if optional and not body.strip():
        return {}
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError(415, "The body must be JSON with Content-Type: application/json.")
    try:
        text = body.decode()
        value = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise ApiError(400, "The body is not valid JSON: it is not UTF-8.") from None
    except RecursionError:
        raise ApiError(400, "The body is not valid JSON: it is nested too deeply.") from None
    except (json.JSONDecodeError, _NoJsonValueError) as error:
        raise ApiError(400, f"The body is not valid JSON: {error}.") from None
    except ValueError:
        # Python's own limit on digits; its words advise on Python.
        raise ApiError(400, "The body is not valid JSON: a number in it is too long.") from None
    if text_only and ("\\ud" in text or "\\uD" in text):
        _refuse_half_pairs(value)
    return value


def _refuse_half_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ApiError(400, "The body holds half of a surrogate pair, which is no text.") from None


class _NoJsonValueError(ValueError):
    """NaN and Infinity, which Python's reader would take."""


def _refuse_constant(name: str) -> Any:
    raise _NoJsonValueError(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


async def json_body(
    request: Request, model: type[Model], *, limit: int = DEFAULT_LIMIT, optional: bool = False
) -> Model:
    """The body as `model`; 422 with `details: [{field, message}]` when a field is missing or of the wrong type."""
    from pydantic import ValidationError

    value = await json_value(request, limit=limit, optional=optional)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = field_errors(error)
        first = details[0]
        raise ApiError(422, f"{first['field']}: {first['message']}.", extra={"details": details}) from None


def field_errors(error: ValidationError) -> list[dict[str, str]]:
    """One entry per refused field, without the refused value: it may be a secret."""
    return [
        {"field": ".".join(str(part) for part in item["loc"]) or "body", "message": item["msg"]}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
