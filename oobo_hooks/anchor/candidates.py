"""The sessions that may stand behind commits of one worktree: by their logs, and by what agents' hooks recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oobo_hooks.agents import records
from oobo_hooks.agents.records import AgentRecord
from oobo_hooks.anchor import recorded
from oobo_hooks.anchor.edit import Edit
from oobo_hooks.anchor.evidence import SessionEvidence, collect
from shared import transcripts
from shared.transcripts import Session

WINDOW_SECONDS = 24 * 3600.0
LOG_WAIT_SECONDS = 2.0
"""How old a commit may be for a log it names, that is not there yet, to be waited for: tools write it a little late."""


@dataclass
class Candidates:
    """The sessions that may stand behind commits of one worktree; read again only when a log has changed."""

    worktree: str
    tools: Sequence[str]
    state_dir: Path
    _seen: tuple[tuple[str, int, int], ...] | None = None
    _sessions: list[Session] = field(default_factory=list)
    _records: list[AgentRecord] = field(default_factory=list)
    _recorded: dict[str, list[Edit]] | None = None
    _evidence: dict[tuple[str, str], list[SessionEvidence]] = field(default_factory=dict)
    _wanted: tuple[str, ...] = ()
    _seen_records: frozenset[tuple[str, int, int]] | None = None
    _missed: set[str] = field(default_factory=set)

    def recent(self) -> list[Session]:
        """Sessions that worked here in the last day, the newest first."""
        since = int((time.time() - WINDOW_SECONDS) * 1000)
        found = sorted(transcripts.discover(self.tools, since_ms=since), key=lambda source: source.modified_ns)
        seen = tuple((source.files[0].path, source.modified_ns, source.size) for source in found)
        if seen != self._seen:
            self._sessions = list(transcripts.sessions_of(self.worktree, since_ms=since, tools=self.tools))
            self._seen, self._evidence = seen, {}
        return self._sessions

    def records(self) -> list[AgentRecord]:
        """The sessions that agents' hooks recorded in this repository."""
        seen = frozenset(self._stamps())
        if seen != self._seen_records:
            found = records.read_records(self.state_dir)
            self._records = [record for record in found if record.tool in self.tools]
            self._recorded = None
            self._seen_records, self._evidence = seen, {}
        return self._records

    def recorded(self, paths: Sequence[str]) -> dict[str, list[Edit]]:
        """The recorded edits of these files: id of a session or sub-agent → its edits."""
        found = self.records()
        self._want(paths)
        if self._recorded is None:
            wanted = set(paths)
            self._recorded = {}
            for record in found:
                self._recorded |= recorded.edits_of(record, self.worktree, wanted)
        return self._recorded

    def gone(self) -> list[str]:
        """The files that hooks saw being edited in the last day, and that are not there any more."""
        since = (time.time() - WINDOW_SECONDS) * 1000
        edits = [one for record in self.records() for _, one in recorded.edits_in(record, self.worktree)]
        paths = {one.path for one in edits if one.at_ms >= since}
        return [path for path in sorted(paths) if not (Path(self.worktree) / path).exists()]

    def _want(self, paths: Sequence[str]) -> None:
        """Forget what was read for other files."""
        if tuple(paths) != self._wanted:
            self._evidence, self._recorded, self._wanted = {}, None, tuple(paths)

    def evidence(self, session: Session, committed: Sequence[str]) -> list[SessionEvidence]:
        """What the session and its sub-agents did to files here; read once for the same committed paths."""
        recorded_edits = self.recorded(committed)
        key = session.tool, session.id
        if key not in self._evidence:
            self._evidence[key] = collect(session, self.worktree, committed, recorded_edits)
        return self._evidence[key]

    def _stamps(self) -> Iterator[tuple[str, int, int]]:
        for path in (self.state_dir / records.FOLDER).glob("*.jsonl"):
            state = path.stat()
            yield path.name, state.st_mtime_ns, state.st_size

    def by_id(self, session_id: str, tool: str | None, *, wait_until: float = 0.0) -> Session | None:
        """The session with this id; when its log is not there yet it is waited for, once, until that time."""
        for session in self.recent():
            if session.id == session_id:
                return session
        if tool is not None and tool not in transcripts.TOOLS:
            return None
        while True:
            found = transcripts.read_session(session_id, tool=tool)
            if found is not None or session_id in self._missed or time.time() > wait_until:
                break
            time.sleep(0.1)
        if found is None and wait_until:
            self._missed.add(session_id)
        return found
