"""What the turn loop needs of a model provider, whatever its protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

MAX_TOKENS = 32_000


@dataclass(frozen=True)
class ModelRequest:
    """One request. `messages` and `tools` are in the form of the Messages API; providers translate."""

    model: str
    system: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] = field(default_factory=list)
    max_tokens: int = MAX_TOKENS
    effort: str | None = None


@dataclass(frozen=True)
class Usage:
    """Tokens of one response; `input_tokens` is without what the cache held."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0

    def counts(self) -> dict[str, int]:
        return dict(vars(self))


@dataclass(frozen=True)
class Piece:
    """The next piece of content block `index`: text, thinking, or the JSON of a tool's input."""

    index: int
    kind: Literal["text", "thinking", "tool_use"]
    text: str
    name: str = ""


@dataclass(frozen=True)
class Block:
    """Content block `index`, whole, in the form of the Messages API (text, thinking, redacted_thinking, tool_use)."""

    index: int
    content: dict[str, Any]


@dataclass(frozen=True)
class End:
    """The response is complete. `stop_reason` as in the Messages API: end_turn, tool_use, max_tokens, refusal …"""

    stop_reason: str
    usage: Usage


Part = Piece | Block | End


class ModelError(Exception):
    """A request that failed. `kind` is the type of the `session.error`; `retry_after` in seconds, if it was said."""

    def __init__(self, kind: str, message: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after


class Provider(Protocol):
    """One configured provider."""

    def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        """The parts of the answer as they come, an `End` last; raises ModelError."""
        ...

    async def close(self) -> None: ...


UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading an answer raises that is not of the protocol's form."""


def unreadable(error: Exception) -> ModelError:
    """The error of an answer nobody can read: a proxy's page, half a line, fields that are missing."""
    message = f"The model's answer cannot be read: {type(error).__name__}: {error}"
    return ModelError("model_request_failed_error", message[:500], retryable=True)


def broken_off(error: Exception) -> ModelError:
    """The error of a connection that could not be made, or that ended before the answer did."""
    reason = str(error).rstrip(".") or type(error).__name__
    return ModelError("model_request_failed_error", f"The connection to the model failed: {reason}.", retryable=True)


def told(body: Any) -> tuple[str, str]:
    """Type and message of an error's body, whichever way a server wraps them; empty when there are none."""
    found = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        return "", ""
    return str(found.get("type") or ""), str(found.get("message") or "")


def refusal(answer: Any, said: str) -> ModelError:
    """The error of an HTTP answer without success; each client has its own library's type of it."""
    message = f"The model's server answered {answer.status_code}: {said or answer.reason_phrase or 'no reason'}"
    return error_of_status(answer.status_code, message[:2000], answer.headers.get("retry-after"))


def error_of_status(status: int, message: str, retry_after: str | None) -> ModelError:
    """The error that a status stands for: what may pass by itself is retryable."""
    seconds = None
    if retry_after and retry_after.replace(".", "", 1).isdigit():
        seconds = float(retry_after)
    if status == 429:
        return ModelError("model_rate_limited_error", message, retryable=True, retry_after=seconds)
    if status in (529, 503):
        return ModelError("model_overloaded_error", message, retryable=True, retry_after=seconds)
    if status == 402:
        return ModelError("billing_error", message)
    again = status >= 500 or status in (408, 409)
    return ModelError("model_request_failed_error", message, retryable=again, retry_after=seconds)
