"""Which AI sessions stand behind a commit, and why.

Explicit: the commit ran inside the session (its id in the environment, or its process above git), or an agent hook or
omar ties it to the worktree. Inferred: the session's log shows that it edited a committed file in the last day, and no
earlier anchor has taken that edit. Nothing else links.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from oobo_hooks import environment
from oobo_hooks.anchor.evidence import SessionEvidence, collect
from oobo_hooks.hook.spool import Record
from shared import paths, transcripts
from shared.transcripts import Session

WINDOW_SECONDS = 24 * 3600.0
LOG_WAIT_SECONDS = 2.0
"""How long a log that is named but not there yet is waited for: tools write it a little late."""
OMAR_SECONDS = 900.0

_PROGRAMS = {
    "claude": "claude",
    "codex": "codex",
    "opencode": "opencode",
    "aider": "aider",
    "gemini": "gemini",
    "cursor-agent": "cursor",
    "goose": "goose",
    "amp": "amp",
}


@dataclass
class Link:
    """One session of a commit. `evidence` is None when its log cannot be read."""

    session_id: str
    tool: str
    link_type: Literal["explicit", "inferred"]
    reason: str
    evidence: SessionEvidence | None = None


@dataclass(frozen=True)
class Caller:
    """The agent a commit ran inside, as far as it is known; `tool` and `session_id` may be unknown."""

    tool: str | None
    session_id: str | None
    reason: str
    omar_agent: str | None = None


@dataclass
class Candidates:
    """The sessions that may stand behind commits of one worktree; read again only when a log has changed."""

    worktree: str
    tools: Sequence[str]
    _seen: tuple[tuple[str, int, int], ...] | None = None
    _sessions: list[Session] = field(default_factory=list)

    def recent(self) -> list[Session]:
        """Sessions that worked here in the last day, the newest first."""
        since = int((time.time() - WINDOW_SECONDS) * 1000)
        found = sorted(transcripts.discover(self.tools, since_ms=since), key=lambda source: source.modified_ns)
        seen = tuple((source.files[0].path, source.modified_ns, source.size) for source in found)
        if seen != self._seen:
            self._sessions = list(transcripts.sessions_of(self.worktree, since_ms=since, tools=self.tools))
            self._seen = seen
        return self._sessions

    def by_id(self, session_id: str, tool: str | None) -> Session | None:
        """The session with this id, waited for a little while when its log is not there yet."""
        for session in self.recent():
            if session.id == session_id:
                return session
        if tool is not None and tool not in transcripts.TOOLS:
            return None
        deadline = time.monotonic() + LOG_WAIT_SECONDS
        while True:
            found = transcripts.read_session(session_id, tool=tool)
            if found is not None or time.monotonic() > deadline:
                return found
            time.sleep(0.1)


def caller_of(record: Record) -> Caller | None:
    """Who ran git: a session id in the environment beats OMAR_AGENT, which beats the processes above git."""
    variables = record.environment
    omar_agent = variables.get("OMAR_AGENT")
    for name, tool in environment.SESSION_VARIABLES.items():
        if variables.get(name):
            return Caller(tool, variables[name], f"the commit ran inside this session ({name})", omar_agent)
    agent = agent_tool(variables)
    above = _caller_above(record.ancestry or ())
    if omar_agent:
        session_id = above.session_id if above is not None and agent in (None, above.tool) else None
        return Caller(agent, session_id, f"the commit ran in omar's agent {omar_agent}", omar_agent)
    if above is not None:
        return above
    if any(environment.is_on(variables.get(name)) for name in environment.AGENT_VARIABLES):
        return Caller(agent, None, "the commit ran inside an agent (its environment says so)")
    return None


def agent_tool(variables: dict[str, str]) -> str | None:
    """The tool whose variable is set, or None."""
    for name, tool in environment.AGENT_VARIABLES.items():
        if tool is not None and environment.is_on(variables.get(name)):
            return tool
    return None


def _caller_above(ancestry: Sequence[tuple[int, str]]) -> Caller | None:
    for pid, name in ancestry:
        tool = _PROGRAMS.get(name)
        if tool is not None:
            session_id = _live_claude_session(pid) if tool == "claude" else None
            return Caller(tool, session_id, f"the commit ran below the process {pid} ({name})")
    return None


def _live_claude_session(pid: int) -> str | None:
    """Claude Code tells its process's session in `sessions/<pid>.json`."""
    for folder in paths.claude_dirs():
        try:
            found = json.loads((folder / "sessions" / f"{pid}.json").read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and isinstance(found.get("sessionId"), str):
            return str(found["sessionId"])
    return None


def find_links(
    record: Record,
    worktree: str,
    committed: Sequence[str],
    candidates: Candidates,
    taken: dict[str, dict[str, set[int]]],
) -> list[Link]:
    """The linked sessions, the explicit one first, each session before its sub-agents.

    `committed` are the commit's paths (also the old names of renamed files); `taken` maps a session to the edits that
    earlier anchors have taken.
    """
    links: dict[str, Link] = {}
    caller = caller_of(record)
    if caller is not None:
        for link in _explicit(caller, worktree, committed, candidates):
            links.setdefault(link.session_id, link)
    for session in candidates.recent():
        for link in _inferred(session, worktree, committed, record, taken):
            links.setdefault(link.session_id, link)
    return list(links.values())


def _explicit(caller: Caller, worktree: str, committed: Sequence[str], candidates: Candidates) -> Iterator[Link]:
    session, reason = _session_of(caller, worktree, candidates)
    if session is None:
        if caller.session_id is not None:
            why = f"{caller.reason}; its log cannot be read"
            yield Link(caller.session_id, caller.tool or "unknown", "explicit", why)
        return
    for evidence in collect(session, worktree, committed):
        if evidence.sub_agent is None:
            yield Link(evidence.id, session.tool, "explicit", reason, evidence)
        elif evidence.edited_paths & set(committed):
            yield Link(
                evidence.id, session.tool, "explicit", f"a sub-agent of {session.id} edited files here", evidence
            )


def _session_of(caller: Caller, worktree: str, candidates: Candidates) -> tuple[Session | None, str]:
    if caller.session_id is not None:
        return candidates.by_id(caller.session_id, caller.tool), caller.reason
    newest = _newest_here(caller, worktree, candidates)
    return newest, f"{caller.reason}, and this is the session that was at work in the worktree"


def _newest_here(caller: Caller, worktree: str, candidates: Candidates) -> Session | None:
    """The session an agent of unknown id is in: the one of its tool that works in this worktree right now."""
    here = Path(worktree).resolve()
    for session in candidates.recent():
        fits = caller.tool is None or session.tool == caller.tool
        fresh = session.ended_ms is not None and session.ended_ms / 1000 > time.time() - OMAR_SECONDS
        if fits and fresh and session.cwd and _is_within(Path(session.cwd), here):
            return session
    return None


def _is_within(cwd: Path, worktree: Path) -> bool:
    resolved = cwd.resolve()
    return resolved == worktree or worktree in resolved.parents


def _inferred(
    session: Session, worktree: str, committed: Sequence[str], record: Record, taken: dict[str, dict[str, set[int]]]
) -> Iterator[Link]:
    earliest, latest = (record.seen_at - WINDOW_SECONDS) * 1000, record.seen_at * 1000
    for evidence in collect(session, worktree, committed):
        gone = taken.get(evidence.id, {})
        fresh = [
            edit
            for edit in evidence.edits
            if edit.path in committed and edit.at_ms is not None and earliest <= edit.at_ms <= latest
        ]
        evidence.edits = fresh
        new = sorted({edit.path for edit in fresh if not edit.vague and edit.id not in gone})
        if new:
            why = f"its log shows that it edited {', '.join(new[:3])}{' …' if len(new) > 3 else ''} in the last 24 h"
            yield Link(evidence.id, session.tool, "inferred", why, evidence)
        elif fresh:
            # Kept only when a line of the commit proves to be its own.
            yield Link(evidence.id, session.tool, "inferred", _BY_LINES, evidence)


_BY_LINES = "lines of this commit stand in its earlier edits or commands"


def needs_lines(link: Link) -> bool:
    """Whether this link stands only if attribution finds a line of it."""
    return link.reason == _BY_LINES
