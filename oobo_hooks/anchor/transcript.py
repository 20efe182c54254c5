"""The transcript of a session as the seed's TranscriptMessages, cut to the documented lengths.

Nothing here is redacted yet: that is done once, over the whole event, just before it is queued.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oobo_hooks.anchor.evidence import SHELL_TOOLS, shell_command
from shared.transcripts import Conversation, Response, ToolCall
from shared.wire.anchors import ToolCallMessage, ToolResultMessage, TranscriptMessage

INPUT_LENGTH = 300
OUTPUT_LENGTH = 500
THINKING_LENGTH = 2000
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


def transcript(conversation: Conversation) -> list[TranscriptMessage]:
    """Messages in order of time; within one answer thinking, text, then the tool calls with their results."""
    timed: list[tuple[int, int, list[TranscriptMessage]]] = []
    for order, human in enumerate(conversation.humans):
        message = TranscriptMessage(role="user", text=human.text, timestamp_ms=human.at_ms)
        timed.append((human.at_ms or 0, order, [message]))
    for order, response in enumerate(conversation.responses, start=len(timed)):
        timed.append((response.at_ms or 0, order, list(_answer(response))))
    timed.sort(key=lambda entry: entry[:2])
    return [message for _, _, messages in timed for message in messages]


def _answer(response: Response) -> Iterator[TranscriptMessage]:
    at = response.at_ms
    if response.thinking:
        yield TranscriptMessage(role="assistant", thinking=cut(response.thinking, THINKING_LENGTH), timestamp_ms=at)
    if response.text:
        yield TranscriptMessage(role="assistant", text=response.text, timestamp_ms=at)
    for call in response.tool_calls:
        asked = ToolCallMessage(tool_use_id=call.id, name=call.name, input_summary=input_summary(call))
        yield TranscriptMessage(role="assistant", tool_call=asked, timestamp_ms=call.at_ms)
        if call.result is not None:
            answered = ToolResultMessage(
                tool_use_id=call.id,
                name=call.name,
                success=not call.result.is_error,
                output_summary=cut(call.result.text, OUTPUT_LENGTH),
            )
            yield TranscriptMessage(role="tool", tool_result=answered, timestamp_ms=call.result.at_ms)


def input_summary(call: ToolCall) -> str:
    """The one telling field of a tool's input: the command, the path, the pattern, the task."""
    if call.name in SHELL_TOOLS:
        return cut(shell_command(call), INPUT_LENGTH)
    asked: dict[str, Any] = call.input if isinstance(call.input, dict) else {}
    for name in _TELLING_INPUTS:
        if isinstance(asked.get(name), str):
            return cut(asked[name], INPUT_LENGTH)
    return ""


def cut(text: str, length: int) -> str:
    """At most `length` characters, `...` marking what is cut."""
    return text if len(text) <= length else text[: length - 3] + "..."
