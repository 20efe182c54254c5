"""Reads one chat of Gemini CLI with those of its sub-agents.

A message of the type `gemini` is one response; what was written of it again later replaces nothing but adds. Tokens:
`input` includes `cached`, `output` is without `thoughts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from shared.transcripts.assembly import PROMPT_LENGTH, Skips, Talk, nested, session_of, usage_of
from shared.transcripts.gemini.layout import PREFIX, messages_in, project_root
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import instant, items, mapping, objects, parsed, said, text, tokens
from shared.transcripts.model import Detail, LogFile, Position, Session, Source, SubAgent

# Commands to the program, and what it puts into the person's mouth (as Gemini CLI itself tells them apart).
MARKS = ("/", "?", "<session_context>", "<hook_context>")


def read(source: Source, detail: Detail) -> Iterator[Session]:
    """The one session of `source`; nothing when nobody spoke in it."""
    skips = Skips()
    main = Chat(detail)
    agents: dict[str, SubAgent] = {}
    parents: dict[str, str] = {}
    calls: dict[str, str] = {}
    for index, file in enumerate(source.files):
        if Path(file.path).name.startswith(PREFIX):
            main.read(index, file, skips)
            continue
        chat = Chat(detail)
        chat.read(index, file, skips)
        name = chat.session_id or Path(file.path).stem
        agents[name] = agent = SubAgent(id=name)
        chat.talk.fill(agent)
        agent.prompt = agent.humans[0].text[:PROMPT_LENGTH] if agent.humans else None
        parents[name] = Path(file.path).parent.name
        calls |= chat.agents
    for name, call_id in (main.agents | calls).items():
        if name in agents:
            agents[name].spawn_call = call_id
    if main.talk.is_empty:
        return
    yield session_of(
        source,
        main.session_id or Path(source.files[0].path).stem,
        main.talk,
        skips,
        nested(agents, parents),
        cwd=project_root(source.files[0].path),
    )


class Chat:
    """One file."""

    def __init__(self, detail: Detail) -> None:
        self.talk = Talk(detail)
        self.session_id = ""
        self.agents: dict[str, str] = {}
        self._position: Position | None = None

    def read(self, index: int, file: LogFile, skips: Skips) -> None:
        try:
            if file.path.endswith(".json"):
                self._read_whole(file, skips)
            else:
                self._read_lines(index, file, skips)
        except OSError as error:
            skips.add(file.path, 0, error.strerror or "cannot be read")

    def _read_whole(self, file: LogFile, skips: Skips) -> None:
        record = parsed(Path(file.path).read_bytes())
        if record is None:
            skips.add(file.path, 1, "no JSON object")
            return
        self._add(record)

    def _read_lines(self, index: int, file: LogFile, skips: Skips) -> None:
        skip = partial(skips.add, file.path)
        for number, offset, data in read_lines(file.path, skip):
            record = parsed(data)
            if record is None:
                skip(number, "no JSON object")
                continue
            self._position = Position(index, number, offset) if self.talk.keeps_content else None
            self._add(record)

    def _add(self, record: dict[str, Any]) -> None:
        if text(record, "id"):
            self._add_message(record)
            return
        told = mapping(record, "$set") or record
        self.session_id = self.session_id or text(told, "sessionId")
        for name in ("startTime", "lastUpdated"):
            self.talk.note(instant(told, name))
        for message in messages_in(told):
            self._add_message(message)

    def _add_message(self, message: dict[str, Any]) -> None:
        at_ms = instant(message, "timestamp")
        kind, key = text(message, "type"), text(message, "id")
        self.talk.note(at_ms)
        if kind == "user":
            words = said(message.get("content"))
            images = sum(1 for part in items(message, "content") if mapping(part, "inlineData"))
            if (words.strip() or images) and not words.lstrip().startswith(MARKS):
                self.talk.human(key, at_ms, words, images, self._position)
        elif kind == "gemini":
            self._add_response(message, key, at_ms)

    def _add_response(self, message: dict[str, Any], key: str, at_ms: int | None) -> None:
        response = self.talk.response(key, at_ms, text(message, "model") or None, self._position)
        response.usage.raise_to(_usage(mapping(message, "tokens")))
        words = said(message.get("content"))
        if words not in response.text:
            self.talk.say(response, words)
        for thought in objects(message, "thoughts"):
            told = f"{text(thought, 'subject')}: {text(thought, 'description')}"
            if told not in response.thinking:
                self.talk.think(response, told)
        for number, call in enumerate(objects(message, "toolCalls")):
            self._add_call(response, call, f"{key}#{number}", at_ms)

    def _add_call(self, response: Any, told: dict[str, Any], key: str, at_ms: int | None) -> None:
        call_id = text(told, "id") or key
        self.talk.call(response, call_id, text(told, "name"), at_ms, mapping(told, "args"), self._position)
        if text(told, "agentId"):
            self.agents[text(told, "agentId")] = call_id
        status = text(told, "status")
        if status in ("success", "error", "cancelled"):
            done_ms = instant(told, "timestamp")
            words = _answer(told) if self.talk.keeps_content else ""
            when = at_ms if done_ms is None else done_ms
            self.talk.result(call_id, when, is_error=status != "success", text=words, details=_original(told))


def _original(told: dict[str, Any]) -> dict[str, str] | None:
    """The file before an edit, kept as Claude Code keeps it."""
    before = mapping(told, "resultDisplay").get("originalContent")
    return {"originalFile": before} if isinstance(before, str) else None


def _answer(told: dict[str, Any]) -> str:
    parts = objects(told, "result")
    words = [text(part, "functionResponse", "response", "output") for part in parts]
    return "\n".join(found for found in words if found) or text(told, "resultDisplay")


def _usage(found: dict[str, Any]) -> Any:
    return usage_of(
        tokens(found, "input") + tokens(found, "tool"),
        tokens(found, "output") + tokens(found, "thoughts"),
        tokens(found, "cached"),
    )
