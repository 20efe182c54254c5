"""Reading request bodies of /v1: one base model, and the types that many of them share.

A body that is no JSON, or has a missing or wrong field, is 400 (the seed's `invalid_request`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request

from omar_daemon.bodies import DEFAULT_LIMIT, field_errors, json_value
from omar_daemon.managed_api.errors import bad
from omar_daemon.routing import ApiError

if TYPE_CHECKING:
    Model = TypeVar("Model", bound="Body")

MAX_METADATA = 16
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Metadata = dict[str, str]
MetadataPatch = dict[str, str | None]


class Body(BaseModel):
    """A request's body. Unknown fields are ignored: clients are newer than servers; built at first use."""

    model_config = ConfigDict(defer_build=True, extra="ignore", strict=True)

    def given(self) -> dict[str, Any]:
        """The fields the client sent, as plain values; a field it left out is not there."""
        return self.model_dump(exclude_unset=True)


class Loose(Body):
    """A part of a body whose further fields are kept as they came."""

    model_config = ConfigDict(defer_build=True, extra="allow", strict=True)


async def read_body(request: Request, model: type[Model], *, optional: bool = False, limit: int | None = None) -> Model:
    """The request's body as `model`; 400 with `details.fields` when it does not fit."""
    value = await json_value(request, optional=optional, limit=limit or DEFAULT_LIMIT, text_only=True)
    return parsed(model, value)


def parsed(model: type[Model], value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = field_errors(error)
        message = f"{found[0]['field']}: {found[0]['message']}."
        raise ApiError(400, message, extra={"fields": found}) from None


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """At most 16 pairs, keys of 1..64 and values of at most 512 characters."""
    if len(metadata) > MAX_METADATA:
        raise bad(f"metadata may have at most {MAX_METADATA} pairs.", code="invalid_metadata")
    for key, value in metadata.items():
        if not 1 <= len(key) <= 64:
            raise bad("A metadata key has 1 to 64 characters.", code="invalid_metadata")
        if len(value) > 512:
            raise bad(f"The metadata value of {key!r} is longer than 512 characters.", code="invalid_metadata")
    return dict(metadata)


def patched_metadata(current: Mapping[str, str], patch: Mapping[str, str | None] | None) -> dict[str, str]:
    """`current` with the patch's pairs; null deletes a key. A patch of null changes nothing."""
    merged: dict[str, str | None] = {**current, **(patch or {})}
    return checked_metadata({key: value for key, value in merged.items() if value is not None})


def required_text(maximum: int) -> Any:
    return Field(min_length=1, max_length=maximum)
