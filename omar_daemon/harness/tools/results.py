"""What a tool gives back to the model: content blocks, cut to a length the model can bear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_CHARACTERS = 50_000
EMPTY = "(no output)"


@dataclass(frozen=True)
class ToolResult:
    """Content blocks and whether they tell of a failure. A failed tool is a result, never a crash."""

    content: list[dict[str, Any]] = field(default_factory=list)
    is_error: bool = False


class ToolFailure(Exception):
    """A tool cannot do what was asked; its text goes to the model."""


def text_result(text: str, *, is_error: bool = False) -> ToolResult:
    return ToolResult([{"type": "text", "text": shortened(text) or EMPTY}], is_error)


def failed(message: str) -> ToolResult:
    return text_result(f"Error: {message}", is_error=True)


def shortened(text: str) -> str:
    """At most 50 000 characters: the beginning and the end, and how much is left out between them."""
    if len(text) <= MAX_CHARACTERS:
        return text
    note = f"\n\n… {len(text) - MAX_CHARACTERS} characters left out …\n\n"
    kept = MAX_CHARACTERS - len(note)
    head = kept * 3 // 4
    return text[:head] + note + text[len(text) - (kept - head) :]


def decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")
