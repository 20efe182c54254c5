"""The one shape of an AI session, whichever tool wrote its log.

A `Session` is a `Conversation` (what people said, what the model answered, which tools it called) with its
sub-agents as a tree of further conversations. Instants are whole milliseconds since the epoch, UTC; None where
the log names none. Token counts are whole tokens. `Position`s point back into the log.

A reader fills the model at one of two depths:

* `Detail.COUNTS`: everything that can be counted and timed. Texts, inputs, results and positions stay empty, so
  a log of any size costs little memory. Scores are made from this.
* `Detail.FULL`: also texts, tool inputs and results, and positions. Attribution and transcripts are made from this.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field


class Detail(enum.Enum):
    """How deep a session is read."""

    COUNTS = "counts"
    FULL = "full"


class LogFile(Struct, frozen=True, gc=False):
    """One file of a log as it stood when it was found: absolute path, bytes, modification time in ns."""

    path: str
    size: int
    modified_ns: int


class Source(Struct, frozen=True):
    """What is read at once: the files of one session, or one database that holds many.

    `session_id` is the id the place of the files tells (the name of a Claude Code log), "" when only the content
    knows. The first file is the main one. `older` are main files of sessions this one was forked from: lines that
    stand there too are copies and do not count.
    """

    tool: str
    session_id: str
    files: tuple[LogFile, ...]
    older: tuple[LogFile, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def modified_ns(self) -> int:
        return max(file.modified_ns for file in self.files)


class Skipped(Struct, frozen=True, gc=False):
    """A line that could not be used: file, 1-based line number (0 for the whole file), and why."""

    path: str
    line: int
    reason: str


class Position(Struct, frozen=True, gc=False):
    """Where something stands: index into `Session.files`, 1-based line, byte offset of the line's start."""

    file: int
    line: int
    offset: int


class Usage(Struct, gc=False):
    """Tokens of one response. `input_tokens` is without cache reads and writes, `output_tokens` with reasoning."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_creation_tokens: int = 0

    def add(self, other: Usage) -> None:
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cache_read_tokens += other.cache_read_tokens
        self.cache_creation_tokens += other.cache_creation_tokens

    def raise_to(self, other: Usage) -> None:
        """Field-wise maximum: the lines of one response repeat a usage that grows."""
        if other.input_tokens > self.input_tokens:
            self.input_tokens = other.input_tokens
        if other.output_tokens > self.output_tokens:
            self.output_tokens = other.output_tokens
        if other.cache_read_tokens > self.cache_read_tokens:
            self.cache_read_tokens = other.cache_read_tokens
        if other.cache_creation_tokens > self.cache_creation_tokens:
            self.cache_creation_tokens = other.cache_creation_tokens

    @property
    def total(self) -> int:
        """Input and output, without cache."""
        return self.input_tokens + self.output_tokens


class ToolResult(Struct):
    """What a tool answered. `details` is the tool's own structured result (Claude Code's `toolUseResult`)."""

    at_ms: int | None
    is_error: bool = False
    text: str = ""
    details: Any = None
    position: Position | None = None


class ToolCall(Struct):
    """One call of a tool. `input` is None at `Detail.COUNTS`; `lines_written` counts the lines it puts into files."""

    id: str
    name: str
    at_ms: int | None
    input: Any = None
    result: ToolResult | None = None
    lines_written: int = 0
    position: Position | None = None


class Response(Struct):
    """One answer of the model's API, however many lines of the log it takes.

    `at_ms` and `end_ms` are its first and last line; `message_id` is the key the API gave it.
    """

    message_id: str
    at_ms: int | None
    end_ms: int | None
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    tool_calls: list[ToolCall] = field(default_factory=list)
    text: str = ""
    thinking: str = ""
    position: Position | None = None


class HumanMessage(Struct):
    """Something a person said (in a sub-agent: the task it was given). `key` is the log's own id of the line."""

    key: str
    at_ms: int | None
    text: str = ""
    images: int = 0
    position: Position | None = None


class ModeChange(Struct, frozen=True, gc=False):
    """The permission mode in force from this instant on (`plan`, `acceptEdits`, …)."""

    at_ms: int | None
    mode: str


class Conversation(Struct, kw_only=True):
    """A thread of messages: the session's own or a sub-agent's. Lists are in order of time.

    `started_ms` and `ended_ms` span its lines; those of a `Session` also its sub-agents'.
    """

    started_ms: int | None = None
    ended_ms: int | None = None
    model: str | None = None
    humans: list[HumanMessage] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    sub_agents: list[SubAgent] = field(default_factory=list)
    compactions: int = 0

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The conversation's own calls in order of time, without those of its sub-agents."""
        return [call for response in self.responses for call in response.tool_calls]

    @property
    def usage(self) -> Usage:
        """The conversation's own tokens, without those of its sub-agents."""
        used = [response.usage for response in self.responses]
        return Usage(
            sum([usage.input_tokens for usage in used]),
            sum([usage.output_tokens for usage in used]),
            sum([usage.cache_read_tokens for usage in used]),
            sum([usage.cache_creation_tokens for usage in used]),
        )

    def all_sub_agents(self) -> Iterator[SubAgent]:
        """Every sub-agent below, each before its own sub-agents."""
        waiting = self.sub_agents[::-1]
        while waiting:
            agent = waiting.pop()
            yield agent
            waiting.extend(agent.sub_agents[::-1])


class SubAgent(Conversation, kw_only=True):
    """An agent another one started. `depth` is 1 for those the session started itself.

    `started_ms` and `ended_ms` are those of its own log; of one known only by its spawn, those of the call and
    its result. `prompt` is at most 200 characters at `Detail.COUNTS`.
    """

    id: str
    kind: str | None = None
    description: str | None = None
    prompt: str | None = None
    spawn_call: str | None = None
    depth: int = 1


class Session(Conversation, kw_only=True):
    """One session of one tool.

    `tool` is the short name (`claude`, `codex`, …); `cwd` the first working directory its lines name; `files` its
    logs as found; `skipped_lines` how many lines could not be used, `skipped` the first 1000 of them; `modes` the
    permission modes in order of time. `modified_ms` is when the session was last written to, where the log tells it
    (files that hold many sessions); None means the files' own time. `first_line` is the log's own id of its first line:
    a fork, which begins with a copy, has the same as the session it came from.
    """

    tool: str
    id: str
    cwd: str | None = None
    version: str | None = None
    git_branch: str | None = None
    files: tuple[LogFile, ...] = ()
    skipped: list[Skipped] = field(default_factory=list)
    skipped_lines: int = 0
    modes: list[ModeChange] = field(default_factory=list)
    forked_from: str | None = None
    modified_ms: int | None = None
    first_line: str | None = None

    def conversations(self) -> Iterator[Conversation]:
        """The session's own conversation, then every sub-agent's."""
        yield self
        yield from self.all_sub_agents()

    @property
    def total_usage(self) -> Usage:
        """Tokens of the session and of all its sub-agents."""
        total = Usage()
        for conversation in self.conversations():
            total.add(conversation.usage)
        return total
