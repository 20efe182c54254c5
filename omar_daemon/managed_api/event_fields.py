"""The events a client may send to a session."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from omar_daemon.managed_api.fields import Body, Loose

MAX_TEXT = 2_000_000
Text = Annotated[str, Field(max_length=MAX_TEXT)]


class TextBlock(Body):
    type: Literal["text"]
    text: Text


class RedactedBlock(Body):
    type: Literal["redacted"]


class Source(Loose):
    """Where an image or document comes from: `base64`, `url`, `file`, and for documents `text`."""

    type: Literal["base64", "url", "file", "text"]
    data: str | None = None
    media_type: str | None = None
    url: str | None = None
    file_id: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Source:
        needed = {"base64": ("data", "media_type"), "url": ("url",), "file": ("file_id",), "text": ("data",)}[self.type]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a source of type {self.type} needs {missing[0]}")
        if self.type == "base64":
            # What the model refuses would be in the way of every later turn, for the log stays.
            base64.b64decode(self.data or "", validate=True)
        return self


class ImageBlock(Body):
    type: Literal["image"]
    source: Source


class DocumentBlock(Body):
    type: Literal["document"]
    source: Source
    title: str | None = None
    context: str | None = None


class SearchResultBlock(Loose):
    type: Literal["search_result"]
    source: str
    title: str
    content: list[TextBlock]


UserBlock = Annotated[TextBlock | ImageBlock | DocumentBlock | RedactedBlock, Field(discriminator="type")]
ResultBlock = Annotated[TextBlock | ImageBlock | DocumentBlock | SearchResultBlock, Field(discriminator="type")]
UserContent = Annotated[list[UserBlock], Field(min_length=1, max_length=1000)]
ResultContent = Annotated[list[ResultBlock], Field(max_length=1000)]
CallId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]


class UserMessage(Body):
    type: Literal["user.message"]
    content: UserContent


class Interrupt(Body):
    type: Literal["user.interrupt"]
    session_thread_id: str | None = None


class Confirmation(Body):
    type: Literal["user.tool_confirmation"]
    tool_use_id: CallId
    result: Literal["allow", "deny"]
    deny_message: Annotated[str, Field(max_length=10_000)] | None = None


class CustomResult(Body):
    type: Literal["user.custom_tool_result"]
    custom_tool_use_id: CallId
    content: ResultContent | None = None
    is_error: bool | None = None


class ToolResult(Body):
    type: Literal["user.tool_result"]
    tool_use_id: CallId
    content: ResultContent | None = None
    is_error: bool | None = None


class Rubric(Body):
    type: Literal["text", "file"]
    content: Text | None = None
    file_id: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Rubric:
        if (self.content if self.type == "text" else self.file_id) is None:
            raise ValueError("a rubric of type text needs content, one of type file a file_id")
        return self


class Outcome(Body):
    type: Literal["user.define_outcome"]
    description: Annotated[str, Field(min_length=1, max_length=100_000)]
    rubric: Rubric
    max_iterations: Annotated[int, Field(ge=1, le=20)] | None = None


class SystemMessage(Body):
    type: Literal["system.message"]
    content: Annotated[list[TextBlock], Field(min_length=1, max_length=100)]


Event = Annotated[
    UserMessage | Interrupt | Confirmation | CustomResult | ToolResult | Outcome | SystemMessage,
    Field(discriminator="type"),
]


class EventBatch(Body):
    """POST /v1/sessions/{id}/events."""

    events: Annotated[list[Event], Field(min_length=1, max_length=1000)]


class Message(Body):
    """POST /v1/sessions/{id}/messages: a plain string is one text block."""

    content: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] | UserContent


def value_of(event: Body) -> dict[str, Any]:
    """The event as it is stored: what was sent, without fields that were null."""
    return event.model_dump(exclude_unset=True, exclude_none=True)
