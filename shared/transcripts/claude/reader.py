"""Reads the files of one Claude Code session into a `Session`, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from shared.transcripts.claude import people
from shared.transcripts.claude.agents import Evidence, Traces, build_tree, in_order, last_model
from shared.transcripts.claude.copies import Copies
from shared.transcripts.claude.records import (
    NOTHING,
    UNUSUAL,
    AgentMeta,
    AgentResult,
    Block,
    Fork,
    Progress,
    Record,
    decode,
    decode_usual,
    details_of,
    small_object,
)
from shared.transcripts.claude.threads import MAIN, PROMPT_LENGTH, Responses, SideChains, Thread
from shared.transcripts.instants import earlier, later, milliseconds
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import any_json
from shared.transcripts.model import (
    Detail,
    LogFile,
    ModeChange,
    Position,
    Session,
    Skipped,
    Source,
    ToolResult,
)

TOOL = "claude"
AGENT_PREFIX = "agent-"
MOST_SKIPPED_TOLD = 1000


def read(source: Source, detail: Detail) -> Iterator[Session]:
    """The one session of `source`; nothing when its files hold no line of a session."""
    reading = _Reading(source, detail)
    for index, file in enumerate(source.files):
        reading.read_file(index, file)
    session = reading.finish()
    if session is not None:
        yield session


def is_agent_log(path: str) -> bool:
    return path.rpartition("/")[2].startswith(AGENT_PREFIX)


class _Reading:
    def __init__(self, source: Source, detail: Detail) -> None:
        self._source = source
        self._keeps_content = detail is Detail.FULL
        self._main = Thread()
        self._threads: dict[str, Thread] = {MAIN: self._main}
        self._responses = Responses(keeps_content=self._keeps_content)
        self._chains = SideChains()
        self._results: dict[str, ToolResult] = {}
        self._evidence = Evidence(self._threads, self._responses, self._results)
        self._modes: list[ModeChange] = []
        self._skipped: list[Skipped] = []
        self._skipped_lines = 0
        self._session_ids: dict[str, None] = {}
        self._cwd: str | None = None
        self._version: str | None = None
        self._branch: str | None = None
        self._forked_from: str | None = None
        self._first_line: str | None = None
        self._copied = Copies.of(source.older) if source.older else None
        self._file_agent: str | None = None
        self._at_ms: int | None = None

    def read_file(self, index: int, file: LogFile) -> None:
        self._at_ms = None
        self._file_agent = Path(file.path).stem.removeprefix(AGENT_PREFIX) if is_agent_log(file.path) else None
        if self._file_agent is not None:
            self._read_meta(file.path)
        skip = partial(self._skip, file.path)
        try:
            for number, offset, data in read_lines(file.path, skip):
                try:
                    record = decode_usual(data)
                except UNUSUAL:
                    found = decode(data)
                    if found is None:
                        skip(number, "no JSON object")
                        continue
                    record = found
                if self._copied is not None and self._copied.holds(record):
                    continue
                self._add(record, data, Position(index, number, offset) if self._keeps_content else None)
        except OSError as error:
            skip(0, error.strerror or "cannot be read")

    def _skip(self, path: str, number: int, reason: str) -> None:
        self._skipped_lines += 1
        if len(self._skipped) < MOST_SKIPPED_TOLD:
            self._skipped.append(Skipped(path, number, reason))

    def _read_meta(self, path: str) -> None:
        try:
            with Path(path).with_suffix(".meta.json").open("rb") as file:
                body = file.read(1 << 16)
        except OSError:
            return
        assert self._file_agent is not None
        self._evidence.metas[self._file_agent] = small_object(body, AgentMeta)

    def _add(self, record: Record, data: bytes, position: Position | None) -> None:
        name, thread = self._place(record)
        at_ms = self._instant(record, thread)
        kind = record.type
        if kind == "assistant":
            self._responses.add(name, thread, record, at_ms, position)
        elif kind == "user":
            self._add_user(thread, record, data, at_ms, position)
        elif kind == "progress":
            self._add_progress(name, record, at_ms)
        elif kind == "system" and record.subtype == "compact_boundary":
            thread.compactions.add(record.uuid or f"at {record.timestamp}")
        if record.permission_mode and name == MAIN:
            self._modes.append(ModeChange(at_ms, record.permission_mode))

    def _place(self, record: Record) -> tuple[str, Thread]:
        """Name and thread of the conversation a line belongs to."""
        if self._file_agent is not None or record.is_sidechain:
            return self._other_thread(record)
        tells_something = (
            record.session_id not in self._session_ids
            or record.version != self._version
            or record.git_branch != self._branch
            or record.forked_from is not None
            or self._cwd is None
            or self._first_line is None
        )
        if tells_something:
            self._note_envelope(record)
        return MAIN, self._main

    def _instant(self, record: Record, thread: Thread) -> int | None:
        """When the line was written; the thread's span holds it."""
        at_ms = milliseconds(record.timestamp)
        if at_ms is None:
            # An event without a time happened when the line before it did.
            if record.timestamp is not None:
                thread.note(self._at_ms)
            return self._at_ms
        self._at_ms = at_ms
        if thread.ended_ms is not None and at_ms >= thread.ended_ms:
            thread.ended_ms = at_ms
        else:
            thread.note(at_ms)
        return at_ms

    def _other_thread(self, record: Record) -> tuple[str, Thread]:
        """Name and thread of a line that is not the session's own."""
        name = self._file_agent or record.agent_id or self._chains.name(record, self._threads)
        thread = self._threads.get(name)
        if thread is None:
            thread = self._threads[name] = Thread()
        return name, thread

    def _note_envelope(self, record: Record) -> None:
        if record.session_id and record.session_id not in self._session_ids:
            self._session_ids[record.session_id] = None
        if self._cwd is None:
            self._cwd = record.cwd or None
        if self._first_line is None:
            self._first_line = record.uuid
        if record.version:
            self._version = record.version
        if record.git_branch:
            self._branch = record.git_branch
        if record.forked_from is not None and isinstance(record.forked_from, Fork):
            self._forked_from = record.forked_from.session_id or self._forked_from

    def _add_user(
        self, thread: Thread, record: Record, data: bytes, at_ms: int | None, position: Position | None
    ) -> None:
        content = record.message.content if record.message is not None else None
        if isinstance(content, list):
            others = 0
            for block in content:
                if block.type == "tool_result" and block.tool_use_id:
                    self._add_result(block, record, data, at_ms, position)
                else:
                    others += 1
            if not others:
                return
        if thread is not self._main or people.is_a_persons(record):
            said = people.words(record)
            if said is not None:
                thread.add_human(record, said, at_ms, position, None if self._keeps_content else PROMPT_LENGTH)

    def _add_result(
        self, block: Block, record: Record, data: bytes, at_ms: int | None, position: Position | None
    ) -> None:
        call_id = block.tool_use_id or ""
        details = record.tool_use_result
        if details is not None and isinstance(details, AgentResult) and details.agent_id:
            self._evidence.agent_of_call.setdefault(call_id, details.agent_id)
        known = self._results.get(call_id)
        if known is not None:
            known.at_ms = earlier(known.at_ms, at_ms)
            return
        result = ToolResult(at_ms, bool(block.is_error), position=position)
        if self._keeps_content:
            result.text = _result_text(block)
            result.details = details_of(data) if record.tool_use_result is not None else None
        self._results[call_id] = result

    def _add_progress(self, name: str, record: Record, at_ms: int | None) -> None:
        progress = record.data
        if not isinstance(progress, Progress) or progress.type != "agent_progress" or not progress.agent_id:
            return
        traces = self._evidence.progress.setdefault(progress.agent_id, Traces())
        traces.note(at_ms, record.parent_tool_use_id, name)

    def finish(self) -> Session | None:
        self._settle_links()
        main = self._main
        if main.started_ms is None and not main.humans and not main.responses:
            return None
        for call_id, result in self._results.items():
            if call_id in self._responses.calls:
                self._responses.calls[call_id].result = result
        responses = in_order(main.responses.values())
        started_ms, ended_ms = main.started_ms, main.ended_ms
        for thread in self._threads.values():
            started_ms, ended_ms = earlier(started_ms, thread.started_ms), later(ended_ms, thread.ended_ms)
        return Session(
            tool=TOOL,
            id=self._session_id(),
            cwd=self._cwd,
            version=self._version,
            git_branch=self._branch,
            files=self._source.files,
            skipped=self._skipped,
            skipped_lines=self._skipped_lines,
            modes=sorted(self._modes, key=lambda change: change.at_ms or 0),
            forked_from=self._forked_from,
            first_line=self._first_line,
            started_ms=started_ms,
            ended_ms=ended_ms,
            model=last_model(responses),
            humans=sorted(main.humans.values(), key=lambda human: (human.at_ms or 0, human.key)),
            responses=responses,
            sub_agents=build_tree(self._evidence),
            compactions=len(main.compactions),
        )

    def _settle_links(self) -> None:
        """Other tools' results name agents too (asking one for its output starts none)."""
        calls, spawns = self._responses.calls, self._responses.spawns
        links = self._evidence.agent_of_call
        for call_id in [call_id for call_id in links if call_id in calls and call_id not in spawns]:
            del links[call_id]
        for spawn in spawns.values():
            spawn.thread = self._chains.settled(spawn.thread)

    def _session_id(self) -> str:
        named = self._source.session_id
        if named in self._session_ids or not self._session_ids:
            return named
        return next(iter(self._session_ids))


def _result_text(block: Block) -> str:
    if block.content is NOTHING:
        return ""
    value = any_json(bytes(block.content))
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    texts = [part.get("text") for part in value if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
