"""chat/completions, by the `openai` client (an extra): providers `oai` and `oai-compatible`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
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
    refusal,
    told,
    unreadable,
)
from omar_daemon.harness.providers.messages import tool_input
from shared import extras

_TOTAL_SECONDS = 600.0
_STOP = {"tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}
_TEXT = 0
_FIRST_TOOL = 1


class ChatProvider:
    """One key at one address. `base_url` is taken with or without `/v1`."""

    def __init__(self, api_key: str, base_url: str | None, headers: Mapping[str, str]) -> None:
        try:
            from openai import AsyncOpenAI
        except ModuleNotFoundError:
            raise ModelError(
                "model_request_failed_error",
                f"OpenAI-compatible model cards need the extra `openai`. {extras.installation('openai')}",
            ) from None
        address = (base_url or "https://api.openai.com/v1").rstrip("/")
        self._client = AsyncOpenAI(
            api_key=api_key,
            base_url=address if address.endswith("/v1") else address + "/v1",
            max_retries=0,
            timeout=_TOTAL_SECONDS,
            default_headers=dict(headers),
        )

    async def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        import httpx
        import openai

        reading = _Reading()
        try:
            chunks = await self._client.chat.completions.create(**_arguments(request))
            async with chunks:
                async for chunk in chunks:
                    for part in reading.take(chunk.to_dict(warnings=False)):
                        yield part
        except openai.APIStatusError as error:
            raise refusal(error.response, told(error.body)[1]) from None
        except (openai.APIError, httpx.HTTPError) as error:
            raise broken_off(error) from None
        except UNREADABLE as error:
            raise unreadable(error) from None
        if not reading.complete:
            raise ModelError("model_request_failed_error", "The model's answer broke off.", retryable=True)
        for part in reading.end():
            yield part

    async def close(self) -> None:
        await self._client.close()


def _arguments(request: ModelRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": request.model,
        "messages": list(chat_messages(request)),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": request.max_tokens,
    }
    if request.tools:
        arguments["tools"] = [_chat_tool(tool) for tool in request.tools]
    if request.effort:
        arguments["reasoning_effort"] = {"xhigh": "high", "max": "high"}.get(request.effort, request.effort)
    return arguments


def _chat_tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = {"name": tool["name"], "description": tool["description"], "parameters": tool["input_schema"]}
    return {"type": "function", "function": function}


def chat_messages(request: ModelRequest) -> Iterable[dict[str, Any]]:
    """The conversation in the form of chat/completions: each tool result is a message of its own."""
    if request.system:
        yield {"role": "system", "content": request.system}
    for message in request.messages:
        if message["role"] == "assistant":
            yield _assistant(message["content"])
        else:
            yield from _user(message["content"])


def _assistant(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [
        {
            "id": block["id"],
            "type": "function",
            "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
        }
        for block in blocks
        if block["type"] == "tool_use"
    ]
    return {"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}


def _user(blocks: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    for block in blocks:
        if block["type"] != "tool_result":
            seen.append(block)
            continue
        content = block.get("content") or []
        text = "\n".join(part["text"] for part in content if part["type"] == "text")
        seen += [part for part in content if part["type"] != "text"]
        yield {"role": "tool", "tool_call_id": block["tool_use_id"], "content": text or "(see below)"}
    if seen:
        yield {"role": "user", "content": [_part(block) for block in seen]}


def _part(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "text":
        return {"type": "text", "text": block["text"]}
    source = block.get("source", {})
    if block["type"] == "image":
        url = source.get("url") or f"data:{source.get('media_type')};base64,{source.get('data')}"
        return {"type": "image_url", "image_url": {"url": url}}
    if block["type"] == "document" and source.get("type") == "base64":
        data = f"data:{source['media_type']};base64,{source['data']}"
        return {"type": "file", "file": {"filename": block.get("title") or "document.pdf", "file_data": data}}
    return {"type": "text", "text": source.get("data") or json.dumps(block)}


class _Reading:
    """Puts the chunks of one answer together: text is block 0, tool calls follow."""

    def __init__(self) -> None:
        self._text = ""
        self._calls: dict[int, dict[str, str]] = {}
        self._usage = Usage()
        self._stop_reason = "end_turn"
        self.complete = False

    def take(self, chunk: dict[str, Any]) -> list[Part]:
        if chunk.get("usage"):
            self._usage = _usage(chunk["usage"])
        parts: list[Part] = []
        for choice in chunk.get("choices") or []:
            parts += self._delta(choice.get("delta") or {})
            if choice.get("finish_reason"):
                self._stop_reason = _STOP.get(choice["finish_reason"], "end_turn")
                self.complete = True
        return parts

    def _delta(self, delta: dict[str, Any]) -> list[Part]:
        parts: list[Part] = []
        if delta.get("content"):
            self._text += delta["content"]
            parts.append(Piece(_TEXT, "text", delta["content"]))
        for call in delta.get("tool_calls") or []:
            number = self._number(call)
            known = self._calls.setdefault(number, {"name": "", "json": ""})
            function = call.get("function") or {}
            known["name"] += function.get("name") or ""
            known["json"] += function.get("arguments") or ""
            parts.append(Piece(_FIRST_TOOL + number, "tool_use", function.get("arguments") or "", known["name"]))
        return parts

    def _number(self, call: dict[str, Any]) -> int:
        """Which call a piece belongs to. Some servers send whole calls without saying so: each has its own id."""
        number: int | None = call.get("index")
        if number is None:
            number = len(self._calls) if call.get("id") else max(0, len(self._calls) - 1)
        return number

    def end(self) -> list[Part]:
        parts: list[Part] = []
        if self._text:
            parts.append(Block(_TEXT, {"type": "text", "text": self._text}))
        for number, call in sorted(self._calls.items()):
            content = {"type": "tool_use", "name": call["name"], "input": tool_input(call["json"])}
            parts.append(Block(_FIRST_TOOL + number, content))
        return [*parts, End("tool_use" if self._calls else self._stop_reason, self._usage)]


def _usage(usage: dict[str, Any]) -> Usage:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    whole = usage.get("prompt_tokens") or 0
    return Usage(max(0, whole - cached), usage.get("completion_tokens") or 0, cached, 0)
