"""What a Claude Code log has said so far: one thread for the session, one for each sub-agent.

Everything is keyed by the log's own ids and kept as minimum, maximum or set, so repeated lines, lines out of order
and a session split over files make no difference.
"""

from __future__ import annotations

from msgspec import Raw

from shared.transcripts.claude import edits
from shared.transcripts.claude.people import Words
from shared.transcripts.claude.records import (
    NOTHING,
    Block,
    Message,
    Record,
    SpawnInput,
    TokenCounts,
    small_object,
    text_of,
    tokens,
)
from shared.transcripts.instants import earlier, later
from shared.transcripts.loose import MOST_TOKENS, any_json
from shared.transcripts.model import HumanMessage, Position, Response, ToolCall, Usage

MAIN = ""
SPAWNING_TOOLS = frozenset({"Task", "Agent"})
PROMPT_LENGTH = 200
SYNTHETIC = "<synthetic>"


class Spawn:
    """A call that starts a sub-agent, and the thread it was made in."""

    __slots__ = ("asked", "call", "thread")

    def __init__(self, call: ToolCall, thread: str, asked: SpawnInput) -> None:
        self.call = call
        self.thread = thread
        self.asked = asked


class Thread:
    """Messages of one conversation while its log is read."""

    __slots__ = ("compactions", "ended_ms", "humans", "responses", "started_ms")

    def __init__(self) -> None:
        self.started_ms: int | None = None
        self.ended_ms: int | None = None
        self.humans: dict[str, HumanMessage] = {}
        self.responses: dict[str, Response] = {}
        self.compactions: set[str] = set()

    def note(self, at_ms: int | None) -> None:
        if at_ms is None:
            return
        if self.ended_ms is None or self.started_ms is None:
            self.started_ms = self.ended_ms = at_ms
        elif at_ms > self.ended_ms:
            self.ended_ms = at_ms
        elif at_ms < self.started_ms:
            self.started_ms = at_ms

    def absorb(self, other: Thread) -> None:
        """Take over all messages of `other`, which turned out to be the same conversation."""
        self.note(other.started_ms)
        self.note(other.ended_ms)
        self.humans.update(other.humans)
        self.responses.update(other.responses)
        self.compactions |= other.compactions

    def add_human(
        self, record: Record, said: Words, at_ms: int | None, position: Position | None, length: int | None
    ) -> None:
        """`length` is how many characters of the text are kept; None for all."""
        key = record.uuid or f"{record.timestamp}:{said.text}"
        known = self.humans.get(key)
        if known is None:
            self.humans[key] = HumanMessage(key, at_ms, said.text[:length], said.images, position)
        else:
            known.at_ms = earlier(known.at_ms, at_ms)


class Responses:
    """Adds assistant lines to threads: one response per message id, one call per tool_use id."""

    def __init__(self, *, keeps_content: bool) -> None:
        self.calls: dict[str, ToolCall] = {}
        self.spawns: dict[str, Spawn] = {}
        self._keeps_content = keeps_content

    def add(self, name: str, thread: Thread, record: Record, at_ms: int | None, position: Position | None) -> None:
        message = record.message
        if message is None or message.model == SYNTHETIC:
            return
        if message.role != "assistant" and not _is_of_the_model(message):
            return
        key = message.id or record.request_id or record.uuid or f"at {record.timestamp}"
        response = thread.responses.get(key)
        if response is None:
            response = Response(key, at_ms, at_ms, message.model, position=position)
            thread.responses[key] = response
        else:
            # Most lines come in order of time.
            if response.end_ms is not None and at_ms is not None and at_ms >= response.end_ms:
                response.end_ms = at_ms
            else:
                response.at_ms = earlier(response.at_ms, at_ms)
                response.end_ms = later(response.end_ms, at_ms)
            response.model = response.model or message.model
        if message.usage is not None:
            _raise_to(response.usage, message.usage)
        if self._keeps_content or isinstance(message.content, str):
            self._add_content(name, response, message, record, at_ms, position)
            return
        for index, block in enumerate(message.content or ()):
            if block.type == "tool_use":
                call_id = block.id or f"{response.message_id}#{record.uuid or record.timestamp}#{index}"
                self._add_call(name, response, call_id, block, at_ms, position)

    def _add_content(
        self,
        name: str,
        response: Response,
        message: Message,
        record: Record,
        at_ms: int | None,
        position: Position | None,
    ) -> None:
        if isinstance(message.content, str):
            if self._keeps_content:
                response.text = _joined(response.text, message.content)
            return
        for index, block in enumerate(message.content or ()):
            if block.type == "tool_use":
                call_id = block.id or f"{response.message_id}#{record.uuid or record.timestamp}#{index}"
                self._add_call(name, response, call_id, block, at_ms, position)
            elif self._keeps_content and block.type == "text":
                response.text = _joined(response.text, text_of(block.text))
            elif self._keeps_content and block.type == "thinking":
                response.thinking = _joined(response.thinking, text_of(block.thinking))

    def _add_call(
        self,
        name: str,
        response: Response,
        call_id: str,
        block: Block,
        at_ms: int | None,
        position: Position | None,
    ) -> None:
        known = self.calls.get(call_id)
        if known is not None:
            known.at_ms = earlier(known.at_ms, at_ms)
            return
        tool = block.name or ""
        call = ToolCall(call_id, tool, at_ms, position=position)
        if tool in edits.EDITING_TOOLS:
            call.lines_written = edits.lines_written(tool, block.input)
        if self._keeps_content:
            call.input = _input(block.input)
        if tool in SPAWNING_TOOLS:
            self.spawns[call_id] = Spawn(call, name, small_object(block.input, SpawnInput))
        self.calls[call_id] = call
        response.tool_calls.append(call)


class SideChains:
    """Side chains inside a session's own file (before sub-agents had files): lines joined by their parent.

    A chain's name is that of its first-met line; chains that turn out to be one are merged.
    """

    def __init__(self) -> None:
        self._chain_of: dict[str, str] = {}

    def settled(self, name: str) -> str:
        """The final name of a chain once called `name`; other threads keep theirs."""
        return self._find(name)

    def name(self, record: Record, threads: dict[str, Thread]) -> str:
        own = record.uuid or f"at {record.timestamp}"
        name = self._find(self._chain_of.setdefault(own, f"chain:{own}"))
        if record.parent_uuid is None:
            return name
        other = self._find(self._chain_of.setdefault(record.parent_uuid, name))
        if other != name:
            self._chain_of[name] = other
            merged = threads.pop(name, None)
            if merged is not None:
                threads.setdefault(other, Thread()).absorb(merged)
        return other

    def _find(self, name: str) -> str:
        while (further := self._chain_of.get(name)) is not None:
            name = further
        return name


def _is_of_the_model(message: Message) -> bool:
    """Whether the model wrote a message without its role: no fragment without any of a response's marks."""
    if message.model:
        return True
    counts = message.usage
    if counts is not None and (tokens(counts.input_tokens) or tokens(counts.output_tokens)):
        return True
    return isinstance(message.content, list) and any(block.type == "tool_use" for block in message.content)


def _raise_to(usage: Usage, counts: TokenCounts) -> None:
    """Field-wise maximum: the lines of one response repeat a usage that grows. A count that cannot be is 0."""
    if (found := counts.input_tokens) and usage.input_tokens < found <= MOST_TOKENS:
        usage.input_tokens = found
    if (found := counts.output_tokens) and usage.output_tokens < found <= MOST_TOKENS:
        usage.output_tokens = found
    if (found := counts.cache_read_input_tokens) and usage.cache_read_tokens < found <= MOST_TOKENS:
        usage.cache_read_tokens = found
    if (found := counts.cache_creation_input_tokens) and usage.cache_creation_tokens < found <= MOST_TOKENS:
        usage.cache_creation_tokens = found


def _joined(text: str, more: str) -> str:
    """`text` and `more`; a repeated line adds nothing."""
    if not more or more in text:
        return text
    return f"{text}\n{more}" if text else more


def _input(raw: Raw) -> object:
    return None if raw is NOTHING else any_json(bytes(raw))
