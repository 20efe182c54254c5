"""The transcript of a session as the seed's TranscriptMessages, cut to the documented lengths.

Secrets are taken out before a text is cut, for half a key is not known for one. What is not cut is cleaned once, with
the whole event, just before it is queued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from oobo_hooks.anchor.evidence import SHELL_TOOLS, shell_command
from shared.redact import redact_text
from shared.transcripts import Conversation, Response, ToolCall
from shared.wire.anchors import ToolCallMessage, ToolResultMessage, TranscriptMessage

INPUT_LENGTH = 300
OUTPUT_LENGTH = 500
THINKING_LENGTH = 2000
LOOK_AHEAD = 4096
_TELLING_INPUTS = (
    "file_path",
    "filePath",
    "path",
    "notebook_path",
    "pattern",
    "query",
    "url",
    "description",
    "task",
    "prompt",
)


Clean = Callable[[str], str]


def transcript(conversation: Conversation, clean: Clean = redact_text) -> list[TranscriptMessage]:
    """Messages in order of time; within one answer thinking, text, then the tool calls with their results.

    `clean` is done to each text that may be cut."""
    timed: list[tuple[int, int, list[TranscriptMessage]]] = []
    for order, human in enumerate(conversation.humans):
        message = TranscriptMessage(role="user", text=human.text, timestamp_ms=human.at_ms)
        timed.append((human.at_ms or 0, order, [message]))
    for order, response in enumerate(conversation.responses, start=len(timed)):
        timed.append((response.at_ms or 0, order, list(_answer(response, clean))))
    timed.sort(key=lambda entry: entry[:2])
    return [message for _, _, messages in timed for message in messages]


def _answer(response: Response, clean: Clean) -> Iterator[TranscriptMessage]:
    at = response.at_ms
    if response.thinking:
        yield TranscriptMessage(
            role="assistant", thinking=cut(response.thinking, THINKING_LENGTH, clean), timestamp_ms=at
        )
    if response.text:
        yield TranscriptMessage(role="assistant", text=response.text, timestamp_ms=at)
    for call in response.tool_calls:
        asked = ToolCallMessage(tool_use_id=call.id, name=call.name, input_summary=input_summary(call, clean))
        yield TranscriptMessage(role="assistant", tool_call=asked, timestamp_ms=call.at_ms)
        if call.result is not None:
            answered = ToolResultMessage(
                tool_use_id=call.id,
                name=call.name,
                success=not call.result.is_error,
                output_summary=cut(call.result.text, OUTPUT_LENGTH, clean),
            )
            yield TranscriptMessage(role="tool", tool_result=answered, timestamp_ms=call.result.at_ms)


def input_summary(call: ToolCall, clean: Clean = redact_text) -> str:
    """The one telling field of a tool's input: the command, the path, the pattern, the task."""
    if call.name in SHELL_TOOLS:
        return cut(shell_command(call), INPUT_LENGTH, clean)
    asked: dict[str, Any] = call.input if isinstance(call.input, dict) else {}
    for name in _TELLING_INPUTS:
        if isinstance(asked.get(name), str):
            return cut(asked[name], INPUT_LENGTH, clean)
    return ""


def cut(text: str, length: int, clean: Clean = redact_text) -> str:
    """At most `length` characters of the cleaned text, `...` marking what is cut."""
    # A secret that reaches over the end is seen whole; what lies far behind it need not be looked at.
    cleaned = clean(text[: length + LOOK_AHEAD])
    return cleaned if len(cleaned) <= length and len(text) <= length + LOOK_AHEAD else cleaned[: length - 3] + "..."
