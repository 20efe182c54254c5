"""From a session's log to the conversation that the model sees, in the form of the Messages API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.tools.toolbox import allowed_name, mcp_name
from omar_daemon.store.managed import events
from omar_daemon.store.managed import files as file_room
from omar_daemon.store.managed.events import StoredEvent
from omar_daemon.store.managed.files import files

TYPES = (
    "user.message", "user.custom_tool_result", "user.tool_result", "user.define_outcome", "system.message",
    "agent.message", "agent.thinking", "agent.tool_use", "agent.tool_result", "agent.mcp_tool_use",
    "agent.mcp_tool_result", "agent.custom_tool_use", "agent.thread_context_compacted",
)  # fmt: skip
_UNANSWERED = [{"type": "text", "text": "This call was not carried out."}]
_IMAGE_TOKENS = 1600
_CHARACTERS_PER_TOKEN = 4

FindFile = Callable[[str], tuple[str, bytes] | None]


@dataclass
class Conversation:
    """`messages` alternate between user and assistant; `system` is what was added to the system prompt."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    system: list[str] = field(default_factory=list)


def read_log(connection: Connection, session_id: str) -> list[StoredEvent]:
    """The events the model still sees: since the last compaction, and the tail that one kept."""
    compacted = events.last_of_type(connection, session_id, "agent.thread_context_compacted")
    kept_after = compacted.value["kept_after"] if compacted is not None else 0
    rows = events.read(connection, session_id, after=kept_after, conditions=[events.events.c.type.in_(TYPES)])
    if compacted is None:
        return rows
    return [compacted, *[row for row in rows if row.id != compacted.id]]


def file_finder(connection: Connection) -> FindFile:
    """Media type and bytes of an uploaded file, or None."""

    def find(file_id: str) -> tuple[str, bytes] | None:
        file = files.get(connection, file_id)
        if file is None:
            return None
        return file.body["media_type"], file_room.blob(file.columns["sha256"]).read_bytes()

    return find


def conversation(log: Iterable[StoredEvent], find_file: FindFile) -> Conversation:
    """Every call has its result right after it, whatever happened in between."""
    found = Conversation()
    for event in log:
        _add(found, event.value, find_file)
    found.messages = _with_all_results(found.messages)
    return found


def _add(found: Conversation, event: dict[str, Any], find_file: FindFile) -> None:
    kind = event["type"]
    if kind == "system.message":
        found.system.append("\n".join(block["text"] for block in event["content"]))
    elif kind in _ASSISTANT:
        for block in _ASSISTANT[kind](event):
            _append(found.messages, "assistant", block)
    elif kind in _RESULT_OF:
        content = [_block(block, find_file) for block in event.get("content") or [] if not _is_blank(block)]
        result = {"type": "tool_result", "tool_use_id": event[_RESULT_OF[kind]], "content": content}
        _append(found.messages, "user", {**result, "is_error": True} if event.get("is_error") else result)
    else:
        for block in _user_blocks(event):
            _append(found.messages, "user", _block(block, find_file))


_RESULT_OF = {
    "agent.tool_result": "tool_use_id",
    "user.tool_result": "tool_use_id",
    "agent.mcp_tool_result": "mcp_tool_use_id",
    "user.custom_tool_result": "custom_tool_use_id",
}


def _thinking(event: dict[str, Any]) -> list[dict[str, Any]]:
    if event.get("redacted_data"):
        return [{"type": "redacted_thinking", "data": event["redacted_data"]}]
    if not event.get("signature"):
        return []
    return [{"type": "thinking", "thinking": event["thinking"], "signature": event["signature"]}]


def _message(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": block["text"]} for block in event["content"] if block["text"].strip()]


def _call(event: dict[str, Any]) -> list[dict[str, Any]]:
    server = event.get("mcp_server_name")
    name = mcp_name(server, event["name"]) if server else allowed_name(event["name"])
    return [{"type": "tool_use", "id": event["id"], "name": name, "input": event["input"]}]


_ASSISTANT: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
    "agent.thinking": _thinking,
    "agent.message": _message,
    "agent.tool_use": _call,
    "agent.mcp_tool_use": _call,
    "agent.custom_tool_use": _call,
}


def _user_blocks(event: dict[str, Any]) -> list[dict[str, Any]]:
    if event["type"] == "agent.thread_context_compacted":
        text = f"The conversation so far, in short:\n\n{event['summary']}"
        return [{"type": "text", "text": text}]
    if event["type"] == "user.define_outcome":
        return [{"type": "text", "text": f"Work towards this outcome until it is reached:\n\n{event['description']}"}]
    return [block for block in event["content"] if block["type"] != "redacted" and not _is_blank(block)]


def _is_blank(block: dict[str, Any]) -> bool:
    """Providers refuse a text without words, and with it every later turn of the session."""
    return block["type"] == "text" and not block["text"].strip()


def _append(messages: list[dict[str, Any]], role: str, block: dict[str, Any]) -> None:
    if messages and messages[-1]["role"] == role:
        messages[-1]["content"].append(block)
    else:
        messages.append({"role": role, "content": [block]})


def _block(block: dict[str, Any], find_file: FindFile) -> dict[str, Any]:
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "file":
        return block
    found = find_file(source["file_id"])
    if found is None:
        return {"type": "text", "text": f"[The file {source['file_id']} is not there any more.]"}
    media_type, content = found
    if block["type"] == "document" and not media_type.startswith("application/pdf"):
        text = {"type": "text", "media_type": "text/plain", "data": content.decode("utf-8", "replace")}
        return {**block, "source": text}
    return {**block, "source": {"type": "base64", "media_type": media_type, "data": base64.b64encode(content).decode()}}


def _with_all_results(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results first in the message after their calls; calls without one get a placeholder, stray results go."""
    complete: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] == "assistant":
            complete.append(message)
            continue
        wanted = _calls_of(complete[-1]) if complete else []
        results = {b["tool_use_id"]: b for b in message["content"] if b["type"] == "tool_result"}
        others = [b for b in message["content"] if b["type"] != "tool_result"]
        content = [results.get(call, _placeholder(call)) for call in wanted] + others
        if content:
            complete.append({"role": "user", "content": content})
    if complete and complete[-1]["role"] == "assistant" and _calls_of(complete[-1]):
        complete.append({"role": "user", "content": [_placeholder(call) for call in _calls_of(complete[-1])]})
    if complete and complete[0]["role"] == "assistant":
        complete.insert(0, {"role": "user", "content": [{"type": "text", "text": "…"}]})
    return complete


def _calls_of(message: dict[str, Any]) -> list[str]:
    return [block["id"] for block in message["content"] if block["type"] == "tool_use"]


def _placeholder(call: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call, "content": _UNANSWERED, "is_error": True}


def tokens(value: Any) -> int:
    """A rough count: four characters a token, a fixed count for an image or a document."""
    if isinstance(value, dict) and value.get("type") in ("image", "document"):
        return _IMAGE_TOKENS
    if isinstance(value, dict):
        return sum(tokens(item) for item in value.values()) + 1
    if isinstance(value, list):
        return sum(tokens(item) for item in value)
    if isinstance(value, str):
        return len(value) // _CHARACTERS_PER_TOKEN
    return len(json.dumps(value)) // _CHARACTERS_PER_TOKEN
