"""The Messages API, by the official client: providers `ant` and `ant-compatible`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

from omar_daemon.harness.providers.interface import (
    UNREADABLE,
    Block,
    End,
    ModelError,
    ModelRequest,
    Part,
    Piece,
    Usage,
    broken_off,
    error_of_status,
    refusal,
    told,
    unreadable,
)

_TOTAL_SECONDS = 600.0
_CACHED = {"type": "ephemeral"}


class MessagesProvider:
    """One key at one address. `base_url` is taken with or without `/v1`."""

    def __init__(self, api_key: str, base_url: str | None, headers: Mapping[str, str]) -> None:
        from anthropic import AsyncAnthropic

        address = (base_url or "https://api.anthropic.com").rstrip("/").removesuffix("/v1")
        self._client = AsyncAnthropic(
            api_key=api_key,
            base_url=address,
            max_retries=0,
            timeout=_TOTAL_SECONDS,
            # Compatible servers look for the key in either place.
            default_headers={"x-api-key": api_key, **headers},
        )

    async def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        import anthropic

        try:
            events = await self._client.messages.create(stream=True, **_arguments(request))
            reading = _Reading()
            async with events:
                async for event in events:
                    for part in reading.take(event.to_dict(warnings=False)):
                        yield part
        except anthropic.APIStatusError as error:
            raise _refusal(error) from None
        except anthropic.APIError as error:
            raise broken_off(error) from None
        except UNREADABLE as error:
            raise unreadable(error) from None
        except Exception as error:
            if not _is_transport(error):
                raise
            raise broken_off(error) from None
        if not reading.complete:
            raise ModelError("model_request_failed_error", "The model's answer broke off.", retryable=True)

    async def close(self) -> None:
        await self._client.close()


_STATUS_OF = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "billing_error": 402,
}
"""The status that an error would have had if it had come before the stream began."""


def _refusal(error: Any) -> ModelError:
    """The error of an answer, or of the `error` event that ended one: that one has the status 200."""
    kind, said = told(error.body)
    if error.status_code == HTTPStatus.OK:
        return error_of_status(_STATUS_OF.get(kind, 400), said or error.message, None)
    return refusal(error.response, said)


def _is_transport(error: Exception) -> bool:
    """Whether the client's HTTP library says that the connection broke while the answer was read."""
    module = type(error).__module__.split(".")[0]
    return module in ("httpx", "httpx2", "httpcore", "httpcore2") or isinstance(error, OSError)


def _arguments(request: ModelRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": _marked(request.messages),
    }
    if request.system:
        arguments["system"] = [{"type": "text", "text": request.system, "cache_control": _CACHED}]
    if request.tools:
        arguments["tools"] = [*request.tools[:-1], {**request.tools[-1], "cache_control": _CACHED}]
    if request.effort:
        arguments["extra_body"] = {"output_config": {"effort": request.effort}}
    return arguments


def _marked(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with a cache mark on the last block: the next request repeats all up to there."""
    if not messages or not messages[-1]["content"]:
        return messages
    last = messages[-1]
    block = last["content"][-1]
    if block["type"] in ("thinking", "redacted_thinking"):
        return messages
    return [*messages[:-1], {**last, "content": [*last["content"][:-1], {**block, "cache_control": _CACHED}]}]


class _Reading:
    """Puts the events of one stream together."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._usage: dict[str, int] = {}
        self._stop_reason = "end_turn"
        self.complete = False

    def take(self, event: dict[str, Any]) -> list[Part]:
        kind = event.get("type")
        if kind == "content_block_start":
            return self._start(event["index"], dict(event["content_block"]))
        if kind == "content_block_delta":
            return self._delta(event["index"], event["delta"])
        if kind == "content_block_stop":
            return [Block(event["index"], _finished(self._blocks[event["index"]]))]
        if kind == "message_start":
            self._count(event["message"].get("usage") or {})
        elif kind == "message_delta":
            self._count(event.get("usage") or {})
            self._stop_reason = event["delta"].get("stop_reason") or self._stop_reason
        elif kind == "message_stop":
            self.complete = True
            return [End(self._stop_reason, Usage(**self._usage))]
        return []

    def _start(self, index: int, block: dict[str, Any]) -> list[Part]:
        block["json"] = ""
        self._blocks[index] = block
        if block["type"] == "tool_use":
            return [Piece(index, "tool_use", "", block["name"])]
        text = block.get("text") or block.get("thinking") or ""
        return [Piece(index, block["type"], text)] if text else []

    def _delta(self, index: int, delta: dict[str, Any]) -> list[Part]:
        block = self._blocks[index]
        if delta["type"] == "text_delta":
            block["text"] = block.get("text", "") + delta["text"]
            return [Piece(index, "text", delta["text"])]
        if delta["type"] == "thinking_delta":
            block["thinking"] = block.get("thinking", "") + delta["thinking"]
            return [Piece(index, "thinking", delta["thinking"])]
        if delta["type"] == "signature_delta":
            block["signature"] = block.get("signature", "") + delta["signature"]
        if delta["type"] == "input_json_delta":
            block["json"] += delta["partial_json"]
            return [Piece(index, "tool_use", delta["partial_json"], block["name"])]
        return []

    def _count(self, usage: Mapping[str, Any]) -> None:
        for name in Usage.__dataclass_fields__:
            if isinstance(usage.get(name), int):
                self._usage[name] = usage[name]


def _finished(block: dict[str, Any]) -> dict[str, Any]:
    text = block.pop("json")
    if block["type"] == "tool_use":
        block["input"] = tool_input(text) if text else block.get("input") or {}
    return block


def tool_input(text: str) -> dict[str, Any]:
    """A tool's input; what is no JSON object is kept under `_unreadable`, so that the model can be told."""
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError:
        return {"_unreadable": text}
    return value if isinstance(value, dict) else {"_unreadable": text}
