"""Reads OpenCode's sessions, one in memory at a time.

A response is one step: what stands between `step-start` and `step-finish` of an assistant's message. Its tokens are
the step's, else the message's: `input` without cache, `output` without reasoning.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from shared.transcripts.assembly import PROMPT_LENGTH, Skips, Talk, nested, session_of
from shared.transcripts.instants import later
from shared.transcripts.loose import at, instant, mapping, text, tokens
from shared.transcripts.model import Detail, Session, Skipped, Source, SubAgent, ToolCall, Usage
from shared.transcripts.opencode.stores import Row, Store, store_of

SPAWNING_TOOL = "task"

Wanted = Callable[[str, str | None], bool]


def read(source: Source, detail: Detail) -> Iterator[Session]:
    """All sessions a person began; their sub-agents' are in them."""
    yield from read_wanted(source, detail, lambda _id, _cwd: True)


def read_wanted(source: Source, detail: Detail, wanted: Wanted) -> Iterator[Session]:
    """Those for whose id and directory `wanted` is true; the others' messages are not read."""
    skips = Skips()
    try:
        with store_of(source, skips) as store:
            rows = {row.id: row for row in store.sessions()}
            children: dict[str, list[Row]] = {}
            for row in rows.values():
                children.setdefault(row.parent if row.parent in rows else "", []).append(row)
            for row in children.get("", ()):
                if wanted(row.id, row.directory or None):
                    session = _session(store, source, detail, row, children, skips)
                    if session is not None:
                        yield session
                    skips.told, skips.count = [], 0
    except sqlite3.Error as error:
        told = Skipped(source.files[0].path, 0, f"no readable database ({type(error).__name__})")
        yield from _broken(source, told)


def _broken(source: Source, told: Skipped) -> Iterator[Session]:
    """Nothing can be read; whoever asked is told by a session without anything in it."""
    yield Session(tool=source.tool, id="", files=source.files, skipped=[told], skipped_lines=1)


def _session(
    store: Store, source: Source, detail: Detail, row: Row, children: dict[str, list[Row]], skips: Skips
) -> Session | None:
    telling = _Telling(store, detail)
    talk = telling.talk_of(row)
    agents: dict[str, SubAgent] = {}
    parents: dict[str, str] = {}
    modified_ms = row.updated_ms
    waiting = list(children.get(row.id, ()))
    while waiting:
        child = waiting.pop()
        if child.id in agents:
            continue
        agents[child.id], parents[child.id] = telling.agent_of(child), child.parent
        modified_ms = later(modified_ms, child.updated_ms)
        waiting.extend(children.get(child.id, ()))
    if talk.is_empty:
        return None
    telling.name_spawns(agents)
    return session_of(
        source,
        row.id,
        talk,
        skips,
        nested(agents, parents),
        cwd=row.directory or telling.cwd,
        version=row.version or None,
        modified_ms=modified_ms,
    )


class _Telling:
    """Messages and parts of a session and its sub-agents."""

    def __init__(self, store: Store, detail: Detail) -> None:
        self._store = store
        self._detail = detail
        self._spawns: dict[str, tuple[ToolCall, dict[str, Any]]] = {}
        self.cwd: str | None = None

    def talk_of(self, row: Row) -> Talk:
        talk = Talk(self._detail)
        for message in self._store.messages(row.id):
            self._add_message(talk, message)
        if not talk.is_empty:
            talk.note(row.created_ms)
        return talk

    def agent_of(self, row: Row) -> SubAgent:
        agent = SubAgent(id=row.id, started_ms=row.created_ms, ended_ms=row.created_ms)
        talk = self.talk_of(row)
        talk.fill(agent)
        if agent.humans:
            agent.prompt = agent.humans[0].text[:PROMPT_LENGTH]
        return agent

    def name_spawns(self, agents: dict[str, SubAgent]) -> None:
        for name, (call, asked) in self._spawns.items():
            agent = agents.get(name)
            if agent is not None:
                agent.spawn_call = call.id
                agent.kind = text(asked, "subagent_type") or None
                agent.description = text(asked, "description") or None
                agent.prompt = text(asked, "prompt")[:PROMPT_LENGTH] or agent.prompt

    def _add_message(self, talk: Talk, message: dict[str, Any]) -> None:
        created = instant(message, "time", "created")
        if text(message, "role") == "user":
            self._add_user(talk, message, created)
        elif text(message, "role") == "assistant":
            self._add_assistant(talk, message, created)

    def _add_user(self, talk: Talk, message: dict[str, Any], created: int | None) -> None:
        words: list[str] = []
        images = 0
        for part in self._store.parts(str(message["id"])):
            if part.get("synthetic") or part.get("ignored"):
                continue
            if text(part, "type") == "text" and text(part, "text").strip():
                words.append(text(part, "text"))
            elif text(part, "type") == "file" and text(part, "mime").startswith(("image/", "application/pdf")):
                images += 1
        talk.note(created)
        if words or images:
            talk.human(str(message["id"]), created, "\n".join(words), images)

    def _add_assistant(self, talk: Talk, message: dict[str, Any], created: int | None) -> None:
        self.cwd = self.cwd or text(message, "path", "cwd") or None
        if message.get("summary") is True:
            talk.compactions += 1
        model = text(message, "modelID") or None
        step = 0
        name = str(message["id"])
        response = talk.response(name, created, model)
        told_by_steps = False
        for part in self._store.parts(name):
            kind = text(part, "type")
            if kind == "step-start" and step and told_by_steps:
                response = talk.response(f"{name}#{step}", created, model)
            elif kind == "step-finish":
                step += 1
                told_by_steps = True
                response.usage.raise_to(_usage(mapping(part, "tokens")))
            elif kind == "text":
                talk.say(response, text(part, "text"))
            elif kind == "reasoning":
                talk.think(response, text(part, "text"))
            elif kind == "tool":
                self._add_tool(talk, response, part, created)
            for edge in ("start", "end"):
                talk.note(instant(part, "time", edge))
        if not told_by_steps:
            response.usage.raise_to(_usage(mapping(message, "tokens")))
        talk.note(instant(message, "time", "completed"))

    def _add_tool(self, talk: Talk, response: Any, part: dict[str, Any], created: int | None) -> None:
        state = mapping(part, "state")
        started = instant(state, "time", "start")
        asked = mapping(state, "input")
        call_id = text(part, "callID") or str(part["id"])
        call = talk.call(response, call_id, text(part, "tool"), created if started is None else started, asked)
        child = text(state, "metadata", "sessionId")
        if call.name == SPAWNING_TOOL and child:
            self._spawns[child] = (call, asked)
        status = text(state, "status")
        if status in ("completed", "error"):
            words = text(state, "output") or text(state, "error")
            failed = status == "error" or at(state, "metadata", "exit") not in (None, 0)
            kept = words if talk.keeps_content else ""
            # Kept as Claude Code keeps it: the file before the edit, which later versions do not tell any more.
            before = at(state, "metadata", "filediff", "before")
            details = {"originalFile": before} if isinstance(before, str) else None
            talk.result(call_id, instant(state, "time", "end"), is_error=failed, text=kept, details=details)


def _usage(found: dict[str, Any]) -> Usage:
    return Usage(
        tokens(found, "input"),
        tokens(found, "output") + tokens(found, "reasoning"),
        tokens(found, "cache", "read"),
        tokens(found, "cache", "write"),
    )
