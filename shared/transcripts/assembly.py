"""Puts a `Session` together from what a log tells in pieces, for readers of tools other than Claude Code.

Everything is keyed by the log's own ids, so what is told twice counts once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.transcripts.edits import edits_of
from shared.transcripts.instants import earlier, later
from shared.transcripts.model import (
    Conversation,
    Detail,
    HumanMessage,
    LogFile,
    Position,
    Response,
    Session,
    Skipped,
    Source,
    SubAgent,
    ToolCall,
    ToolResult,
    Usage,
)

PROMPT_LENGTH = 200
MOST_SKIPPED_TOLD = 1000


class Talk:
    """One conversation while its log is read."""

    def __init__(self, detail: Detail) -> None:
        self.keeps_content = detail is Detail.FULL
        self.started_ms: int | None = None
        self.ended_ms: int | None = None
        self.model: str | None = None
        self.compactions = 0
        self.humans: dict[str, HumanMessage] = {}
        self.responses: dict[str, Response] = {}
        self.calls: dict[str, ToolCall] = {}
        self.results: dict[str, ToolResult] = {}

    @property
    def is_empty(self) -> bool:
        return not self.humans and not self.responses

    def note(self, at_ms: int | None) -> None:
        """Something happened at this instant."""
        self.started_ms = earlier(self.started_ms, at_ms)
        self.ended_ms = later(self.ended_ms, at_ms)

    def human(self, key: str, at_ms: int | None, text: str, images: int = 0, position: Position | None = None) -> None:
        self.note(at_ms)
        kept = text if self.keeps_content else text[:PROMPT_LENGTH]
        self.humans.setdefault(key, HumanMessage(key, at_ms, kept, images, position))

    def response(
        self, key: str, at_ms: int | None, model: str | None = None, position: Position | None = None
    ) -> Response:
        """The response of this key, made at its first mention."""
        self.note(at_ms)
        self.model = model or self.model
        found = self.responses.get(key)
        if found is None:
            found = self.responses[key] = Response(key, at_ms, at_ms, model, position=position)
            return found
        found.at_ms, found.end_ms = earlier(found.at_ms, at_ms), later(found.end_ms, at_ms)
        found.model = found.model or model
        return found

    def say(self, response: Response, text: str) -> None:
        if self.keeps_content and text:
            response.text = f"{response.text}\n{text}" if response.text else text

    def think(self, response: Response, text: str) -> None:
        if self.keeps_content and text:
            response.thinking = f"{response.thinking}\n{text}" if response.thinking else text

    def call(
        self,
        response: Response,
        call_id: str,
        name: str,
        at_ms: int | None,
        asked: Any = None,
        position: Position | None = None,
    ) -> ToolCall:
        """The call of this id, added to `response` at its first mention."""
        self.note(at_ms)
        known = self.calls.get(call_id)
        if known is not None:
            return known
        call = ToolCall(call_id, name, at_ms, asked, position=position)
        self.calls[call_id] = call
        response.tool_calls.append(call)
        return call

    def result(
        self,
        call_id: str,
        at_ms: int | None,
        *,
        is_error: bool = False,
        text: str = "",
        details: Any = None,
        position: Position | None = None,
    ) -> None:
        """What a call answered; told in parts, later ones add what earlier ones left open."""
        self.note(at_ms)
        known = self.results.get(call_id)
        if known is None:
            known = self.results[call_id] = ToolResult(at_ms, is_error, position=position)
        known.at_ms = earlier(known.at_ms, at_ms)
        known.is_error = known.is_error or is_error
        known.text = known.text or text
        known.details = details if known.details is None else known.details

    def fill(self, conversation: Conversation) -> None:
        """Move everything into `conversation`, in order of time."""
        self._settle_calls()
        conversation.started_ms = earlier(conversation.started_ms, self.started_ms)
        conversation.ended_ms = later(conversation.ended_ms, self.ended_ms)
        conversation.humans = sorted(self.humans.values(), key=lambda human: (human.at_ms or 0, human.key))
        conversation.responses = sorted(self.responses.values(), key=lambda found: found.at_ms or 0)
        conversation.model = self.model
        conversation.compactions = self.compactions

    def _settle_calls(self) -> None:
        for call in self.calls.values():
            call.result = self.results.get(call.id)
            call.lines_written = sum(_line_count(edit.after) for edit in edits_of(call))
            if not self.keeps_content:
                call.input = None
                if call.result is not None:
                    call.result.text, call.result.details = "", None


def _line_count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n")) if text else 0


class Skips:
    """Lines of a source that could not be used."""

    def __init__(self) -> None:
        self.told: list[Skipped] = []
        self.count = 0

    def add(self, path: str, line: int, reason: str) -> None:
        self.count += 1
        if len(self.told) < MOST_SKIPPED_TOLD:
            self.told.append(Skipped(path, line, reason))


def session_of(
    source: Source, session_id: str, talk: Talk, skips: Skips, agents: Iterable[SubAgent] = (), **known: Any
) -> Session:
    """The session of `talk` with its sub-agents; its span holds theirs."""
    files: tuple[LogFile, ...] = known.pop("files", source.files)
    session = Session(
        tool=source.tool,
        id=session_id,
        files=files,
        skipped=skips.told,
        skipped_lines=skips.count,
        sub_agents=ordered(agents),
        **known,
    )
    talk.fill(session)
    for agent in session.all_sub_agents():
        session.started_ms = earlier(session.started_ms, agent.started_ms)
        session.ended_ms = later(session.ended_ms, agent.ended_ms)
    return session


def ordered(agents: Iterable[SubAgent]) -> list[SubAgent]:
    return sorted(agents, key=lambda agent: (agent.started_ms or 0, agent.id))


def nested(agents: dict[str, SubAgent], parent_of: dict[str, str]) -> list[SubAgent]:
    """Agents by id as a tree; those whose parent is none of them are at the top. Depths are set."""
    tops: list[SubAgent] = []
    for name, agent in agents.items():
        chain = _chain(name, agents, parent_of)
        agent.depth = len(chain)
        (agents[chain[1]].sub_agents if len(chain) > 1 else tops).append(agent)
    for agent in agents.values():
        agent.sub_agents = ordered(agent.sub_agents)
    return ordered(tops)


def _chain(name: str, agents: dict[str, SubAgent], parent_of: dict[str, str]) -> list[str]:
    """The agent, its parent, …; agents that start each other in a circle are all at the top."""
    chain = [name]
    while (parent := parent_of.get(chain[-1], "")) in agents:
        if parent in chain:
            return [name]
        chain.append(parent)
    return chain


def usage_of(whole_input: int, output: int, cache_read: int = 0, cache_creation: int = 0) -> Usage:
    """Tokens where the tool counts cached ones into the input."""
    return Usage(max(whole_input - cache_read - cache_creation, 0), output, cache_read, cache_creation)
