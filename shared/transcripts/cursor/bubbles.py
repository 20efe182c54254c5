"""One bubble of a Cursor chat: what a person said (type 1), or a piece of an answer of the model (type 2).

Each tool call stands in a bubble of its own, and nothing tells which bubbles came in one answer of the API: each
piece counts as a response.
"""

from __future__ import annotations

from typing import Any

from shared.transcripts.assembly import Talk
from shared.transcripts.loose import instant, items, mapping, parsed, text, tokens
from shared.transcripts.model import Response, Usage

PERSON, MODEL = 1, 2
FAILED = ("error", "cancelled", "rejected")


def add_bubble(talk: Talk, bubble: dict[str, Any], fallback: str, model: str | None) -> None:
    """`fallback` is the key of a bubble that has no id."""
    key = text(bubble, "bubbleId") or fallback
    at_ms = _instant_of(bubble)
    if bubble.get("type") == PERSON:
        images = len(items(bubble, "images")) or len(items(bubble, "context", "selectedImages"))
        if text(bubble, "text").strip() or images:
            talk.human(key, at_ms, text(bubble, "text"), images)
    elif bubble.get("type") == MODEL:
        _add_answer(talk, bubble, key, at_ms, text(bubble, "modelInfo", "modelName") or model)


def _add_answer(talk: Talk, bubble: dict[str, Any], key: str, at_ms: int | None, model: str | None) -> None:
    response = talk.response(key, at_ms, model)
    response.usage.raise_to(
        Usage(tokens(bubble, "tokenCount", "inputTokens"), tokens(bubble, "tokenCount", "outputTokens"))
    )
    talk.note(instant(bubble, "timingInfo", "clientSettleTime") or instant(bubble, "timingInfo", "clientEndTime"))
    talk.say(response, text(bubble, "text"))
    talk.think(response, text(bubble, "thinking", "text"))
    tool = mapping(bubble, "toolFormerData")
    if text(tool, "name"):
        _add_call(talk, response, tool, key, at_ms)


def _add_call(talk: Talk, response: Response, tool: dict[str, Any], key: str, at_ms: int | None) -> None:
    call_id = text(tool, "toolCallId") or key
    asked = parsed(text(tool, "rawArgs")) or parsed(text(tool, "params")) or {}
    talk.call(response, call_id, text(tool, "name"), at_ms, asked)
    status = text(tool, "status")
    if status in FAILED or status == "completed":
        words = text(tool, "result") if talk.keeps_content else ""
        talk.result(call_id, at_ms, is_error=status in FAILED, text=words)


def _instant_of(bubble: dict[str, Any]) -> int | None:
    """`createdAt`, or what older versions noted of the request's way."""
    for path in (("createdAt",), ("timingInfo", "clientRpcSendTime"), ("timingInfo", "clientStartTime")):
        found = instant(bubble, *path)
        # `clientStartTime` of some versions counts from the editor's start.
        if found is not None and found > 10**12:
            return found
    return None
