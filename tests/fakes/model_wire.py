"""The three protocols of the fake model: reading a request, writing an answer as frames or as one body.

Messages (Anthropic), Responses and chat/completions (OpenAI). A frame is one server-sent event, ready to be sent.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from tests.fakes.model_script import Failure, Question, ToolCall, Turn, Usage

PIECES = 4


@dataclass(frozen=True)
class Answer:
    """A turn with what the wire needs beside it."""

    turn: Turn
    usage: Usage
    model: str

    def calls(self) -> list[tuple[str, ToolCall]]:
        """Each tool call with a fresh id (without prefix)."""
        return [(secrets.token_hex(12), tool) for tool in self.turn.tools]


class Wire(Protocol):
    """One protocol."""

    name: str

    def question(self, body: dict[str, Any]) -> Question: ...

    def frames(self, answer: Answer) -> Iterator[bytes]: ...

    def whole(self, answer: Answer) -> dict[str, Any]: ...

    def error(self, failure: Failure) -> dict[str, Any]: ...


def pieces(text: str) -> list[str]:
    """`text` in at most PIECES parts, as a model streams it."""
    step = max(1, -(-len(text) // PIECES))
    return [text[start : start + step] for start in range(0, len(text), step)]


def content_text(content: Any) -> str:
    """The text of a message's content in any of the protocols: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part.get("text") or "" for part in parts if isinstance(part, dict))


def event(value: dict[str, Any], *, named: bool = True) -> bytes:
    name = f"event: {value['type']}\n" if named else ""
    return f"{name}data: {json.dumps(value, separators=(',', ':'))}\n\n".encode()


class Messages:
    """Anthropic Messages."""

    name = "messages"

    def question(self, body: dict[str, Any]) -> Question:
        messages = body.get("messages", [])
        people = [content_text(message.get("content")) for message in messages if message.get("role") == "user"]
        answered = sum(message.get("role") == "assistant" for message in messages)
        return Question("\n".join(people), answered, bool(body.get("tools")))

    def whole(self, answer: Answer) -> dict[str, Any]:
        content = self._blocks(answer)
        return self._message(answer, content, self._stop(answer), answer.usage.output)

    def frames(self, answer: Answer) -> Iterator[bytes]:
        yield event({"type": "message_start", "message": self._message(answer, [], None, 1)})
        yield event({"type": "ping"})
        for index, block in enumerate(self._blocks(answer)):
            yield from self._block_frames(index, block)
        delta = {"stop_reason": self._stop(answer), "stop_sequence": None}
        usage = self._usage(answer.usage, answer.usage.output)
        yield event({"type": "message_delta", "delta": delta, "usage": usage})
        yield event({"type": "message_stop"})

    def error(self, failure: Failure) -> dict[str, Any]:
        kinds = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
        kinds |= {404: "not_found_error", 529: "overloaded_error"}
        kind = kinds.get(failure.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": failure.message}}

    def _message(self, answer: Answer, content: list[dict[str, Any]], stop: str | None, output: int) -> dict[str, Any]:
        return {
            "id": f"msg_{secrets.token_hex(12)}",
            "type": "message",
            "role": "assistant",
            "model": answer.model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": self._usage(answer.usage, output),
        }

    def _usage(self, usage: Usage, output: int) -> dict[str, Any]:
        return {
            "input_tokens": usage.input,
            "cache_creation_input_tokens": usage.cache_creation,
            "cache_read_input_tokens": usage.cache_read,
            "output_tokens": output,
        }

    def _stop(self, answer: Answer) -> str:
        return "tool_use" if answer.turn.tools else "end_turn"

    def _blocks(self, answer: Answer) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        if answer.turn.thinking:
            blocks.append({"type": "thinking", "thinking": answer.turn.thinking, "signature": "c2lnbmVk"})
        if answer.turn.text:
            blocks.append({"type": "text", "text": answer.turn.text})
        for call_id, tool in answer.calls():
            blocks.append({"type": "tool_use", "id": f"toolu_{call_id}", "name": tool.name, "input": tool.input})
        return blocks

    def _block_frames(self, index: int, block: dict[str, Any]) -> Iterator[bytes]:
        empty: dict[str, dict[str, Any]]
        empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}
        start = block | empty[block["type"]]
        yield event({"type": "content_block_start", "index": index, "content_block": start})
        for delta in self._deltas(block):
            yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})

    def _deltas(self, block: dict[str, Any]) -> list[dict[str, Any]]:
        if block["type"] == "text":
            return [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        if block["type"] == "tool_use":
            parts = pieces(json.dumps(block["input"]))
            return [{"type": "input_json_delta", "partial_json": part} for part in parts]
        thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
        return [*thoughts, {"type": "signature_delta", "signature": block["signature"]}]


class Responses:
    """OpenAI Responses. A tool whose input is a string is a custom tool, else a function."""

    name = "responses"

    def question(self, body: dict[str, Any]) -> Question:
        items = body.get("input", [])
        if isinstance(items, str):
            items = [{"type": "message", "role": "user", "content": items}]
        people = [content_text(item.get("content")) for item in items if item.get("role") in ("user", "developer")]
        return Question("\n".join(people), self._answered(items), bool(body.get("tools")))

    def _answered(self, items: list[dict[str, Any]]) -> int:
        """The number of runs of items that a model made: each run was one response."""
        made = [item.get("role") == "assistant" or self._is_call(item) for item in items]
        return sum(is_made and not before for before, is_made in zip([False, *made], made, strict=False))

    def _is_call(self, item: dict[str, Any]) -> bool:
        kind = str(item.get("type", ""))
        return kind == "reasoning" or kind.endswith("_call")

    def whole(self, answer: Answer) -> dict[str, Any]:
        return self._response(answer, self._items(answer), "completed")

    def frames(self, answer: Answer) -> Iterator[bytes]:
        whole = self.whole(answer)
        begun = whole | {"output": [], "usage": None, "status": "in_progress"}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": begun},
            {"type": "response.in_progress", "response": begun},
        ]
        for index, item in enumerate(whole["output"]):
            events += [entry | {"output_index": index} for entry in self._item_events(item)]
        events.append({"type": "response.completed", "response": whole})
        for number, entry in enumerate(events):
            yield event(entry | {"sequence_number": number})

    def error(self, failure: Failure) -> dict[str, Any]:
        return openai_error(failure)

    def _response(self, answer: Answer, items: list[dict[str, Any]], status: str) -> dict[str, Any]:
        usage = answer.usage
        return {
            "id": f"resp_{secrets.token_hex(12)}",
            "object": "response",
            "created_at": int(time.time()),
            "status": status,
            "model": answer.model,
            "error": None,
            "incomplete_details": None,
            "parallel_tool_calls": True,
            "output": items,
            "usage": {
                "input_tokens": usage.whole_input,
                "input_tokens_details": {"cached_tokens": usage.cache_read},
                "output_tokens": usage.output,
                "output_tokens_details": {"reasoning_tokens": usage.reasoning},
                "total_tokens": usage.whole_input + usage.output,
            },
        }

    def _items(self, answer: Answer) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        if answer.turn.thinking:
            summary = [{"type": "summary_text", "text": answer.turn.thinking}]
            items.append({"type": "reasoning", "id": f"rs_{secrets.token_hex(12)}", "summary": summary})
        if answer.turn.text:
            part = {"type": "output_text", "text": answer.turn.text, "annotations": []}
            items.append({"type": "message", "role": "assistant", "status": "completed", "content": [part]})
            items[-1]["id"] = f"msg_{secrets.token_hex(12)}"
        return items + [self._call_item(call_id, tool) for call_id, tool in answer.calls()]

    def _call_item(self, call_id: str, tool: ToolCall) -> dict[str, Any]:
        common = {"call_id": f"call_{call_id}", "name": tool.name, "status": "completed"}
        if isinstance(tool.input, str):
            return common | {"type": "custom_tool_call", "id": f"ctc_{call_id}", "input": tool.input}
        return common | {"type": "function_call", "id": f"fc_{call_id}", "arguments": json.dumps(tool.input)}

    def _item_events(self, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"type": "response.output_item.added", "item": item | self._emptied(item)}
        yield from self._part_events("added", item, "")
        for kind, delta in self._item_deltas(item):
            yield {"type": f"response.{kind}.delta", "delta": delta} | self._place(item)
        yield from self._part_events("done", item, None)
        yield {"type": "response.output_item.done", "item": item}

    def _part_events(self, state: str, item: dict[str, Any], text: str | None) -> Iterator[dict[str, Any]]:
        """A message's one content part begins (with no text yet) or ends."""
        if item["type"] == "message":
            part = item["content"][0] if text is None else item["content"][0] | {"text": text}
            yield {"type": f"response.content_part.{state}", "part": part} | self._place(item)

    def _place(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"item_id": item["id"], "content_index": 0, "summary_index": 0, "logprobs": []}

    def _emptied(self, item: dict[str, Any]) -> dict[str, Any]:
        empty: dict[str, dict[str, Any]]
        empty = {"message": {"content": []}, "reasoning": {"summary": []}, "function_call": {"arguments": ""}}
        return {"status": "in_progress"} | empty.get(item["type"], {"input": ""})

    def _item_deltas(self, item: dict[str, Any]) -> list[tuple[str, str]]:
        kinds = {"function_call": "function_call_arguments", "custom_tool_call": "custom_tool_call_input"}
        if item["type"] == "message":
            return [("output_text", piece) for piece in pieces(item["content"][0]["text"])]
        if item["type"] == "reasoning":
            return [("reasoning_summary_text", piece) for piece in pieces(item["summary"][0]["text"])]
        text = item.get("arguments", item.get("input", ""))
        return [(kinds[item["type"]], piece) for piece in pieces(text)]


class Chat:
    """OpenAI chat/completions."""

    name = "chat"

    def question(self, body: dict[str, Any]) -> Question:
        messages = body.get("messages", [])
        people = [content_text(message.get("content")) for message in messages if message.get("role") == "user"]
        answered = sum(message.get("role") == "assistant" for message in messages)
        return Question("\n".join(people), answered, bool(body.get("tools")))

    def whole(self, answer: Answer) -> dict[str, Any]:
        message = {"role": "assistant", "content": answer.turn.text or None, "tool_calls": self._calls(answer)}
        choice = {"index": 0, "message": message, "finish_reason": self._finish(answer)}
        return self._envelope(answer, "chat.completion") | {"choices": [choice], "usage": self._usage(answer.usage)}

    def frames(self, answer: Answer) -> Iterator[bytes]:
        envelope = self._envelope(answer, "chat.completion.chunk")
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": piece} for piece in pieces(answer.turn.thinking)]
        deltas += [{"content": piece} for piece in pieces(answer.turn.text)]
        for index, call in enumerate(self._calls(answer)):
            deltas += [{"tool_calls": [part]} for part in self._call_parts(index, call)]
        for delta in deltas:
            yield self._chunk(envelope, [{"index": 0, "delta": delta, "finish_reason": None}])
        yield self._chunk(envelope, [{"index": 0, "delta": {}, "finish_reason": self._finish(answer)}])
        yield self._chunk(envelope | {"usage": self._usage(answer.usage)}, [])
        yield b"data: [DONE]\n\n"

    def error(self, failure: Failure) -> dict[str, Any]:
        return openai_error(failure)

    def _envelope(self, answer: Answer, kind: str) -> dict[str, Any]:
        identity = f"chatcmpl-{secrets.token_hex(12)}"
        return {"id": identity, "object": kind, "created": int(time.time()), "model": answer.model}

    def _chunk(self, envelope: dict[str, Any], choices: list[dict[str, Any]]) -> bytes:
        return event(envelope | {"choices": choices}, named=False)

    def _calls(self, answer: Answer) -> list[dict[str, Any]]:
        return [
            {
                "id": f"call_{call_id}",
                "type": "function",
                "function": {"name": tool.name, "arguments": json.dumps(tool.input)},
            }
            for call_id, tool in answer.calls()
        ]

    def _call_parts(self, index: int, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
        function = call["function"]
        yield call | {"index": index, "function": {"name": function["name"], "arguments": ""}}
        for piece in pieces(function["arguments"]):
            yield {"index": index, "function": {"arguments": piece}}

    def _finish(self, answer: Answer) -> str:
        return "tool_calls" if answer.turn.tools else "stop"

    def _usage(self, usage: Usage) -> dict[str, Any]:
        return {
            "prompt_tokens": usage.whole_input,
            "completion_tokens": usage.output,
            "total_tokens": usage.whole_input + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cache_read},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        }


def openai_error(failure: Failure) -> dict[str, Any]:
    kind = {429: "rate_limit_exceeded", 401: "invalid_api_key"}.get(failure.status, "server_error")
    return {"error": {"message": failure.message, "type": kind, "param": None, "code": kind}}


WIRES: dict[str, Wire] = {
    "/v1/messages": Messages(),
    "/v1/responses": Responses(),
    "/v1/chat/completions": Chat(),
}
