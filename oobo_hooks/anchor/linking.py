"""Which AI sessions stand behind a commit, and why.

Explicit: the commit ran inside the session (its id in the environment, or its process above git), or an agent hook or
omar ties it to the worktree. Inferred: the session's log shows that it edited a committed file in the last day, and no
earlier anchor has taken that edit. Nothing else links.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from oobo_hooks import environment
from oobo_hooks.agents.records import AgentRecord
from oobo_hooks.anchor import candidates as sessions_here
from oobo_hooks.anchor.candidates import WINDOW_SECONDS, Candidates
from oobo_hooks.anchor.edit import Edit
from oobo_hooks.anchor.evidence import SessionEvidence
from oobo_hooks.hook.spool import Record
from shared import paths
from shared.transcripts import Session

OMAR_SECONDS = 900.0
Taken = Callable[[str], dict[str, set[int]]]

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
    """One session of a commit. `evidence` is None when its log cannot be read; `record` is what agent hooks told.

    `recorded` are the edits that hooks kept of it, for when there is no log.
    """

    session_id: str
    tool: str
    link_type: Literal["explicit", "inferred"]
    reason: str
    evidence: SessionEvidence | None = None
    record: AgentRecord | None = None
    recorded: Sequence[Edit] = ()

    @property
    def edits(self) -> Sequence[Edit]:
        return self.evidence.edits if self.evidence is not None else self.recorded


@dataclass(frozen=True)
class Caller:
    """The agent a commit ran inside, as far as it is known; `tool` and `session_id` may be unknown."""

    tool: str | None
    session_id: str | None
    reason: str
    omar_agent: str | None = None


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
    taken: Taken,
) -> list[Link]:
    """The linked sessions, the explicit ones first, each session before its sub-agents.

    `committed` are the commit's paths (also the old names of renamed files); `taken` tells of a session the edits that
    earlier anchors have taken.
    """
    links: dict[str, Link] = {}
    caller = caller_of(record)
    if caller is not None:
        for link in _explicit(caller, record, worktree, committed, candidates):
            links.setdefault(link.session_id, link)
    for told in candidates.records():
        for link in _recorded(told, committed, candidates, record, taken):
            links.setdefault(link.session_id, link)
    for session in candidates.recent():
        for link in _inferred(session, committed, candidates, record, taken):
            links.setdefault(link.session_id, link)
    return list(links.values())


def _explicit(
    caller: Caller, record: Record, worktree: str, committed: Sequence[str], candidates: Candidates
) -> Iterator[Link]:
    session, reason = _session_of(caller, record, worktree, candidates)
    if session is None:
        if caller.session_id is not None:
            yield _without_log(caller, caller.session_id, committed, candidates)
        return
    for evidence in candidates.evidence(session, committed):
        if evidence.sub_agent is None:
            yield Link(evidence.id, session.tool, "explicit", reason, evidence)
        elif evidence.edited_paths & set(committed):
            yield Link(
                evidence.id, session.tool, "explicit", f"a sub-agent of {session.id} edited files here", evidence
            )


def _without_log(caller: Caller, session_id: str, committed: Sequence[str], candidates: Candidates) -> Link:
    record = next((one for one in candidates.records() if one.session_id == session_id), None)
    edits = candidates.recorded(committed).get(session_id, [])
    else_known = "but agent hooks recorded its edits" if record is not None else "so the lines count as its own"
    tool = caller.tool or (record.tool if record is not None else "unknown")
    return Link(
        session_id, tool, "explicit", f"{caller.reason}; its log cannot be read, {else_known}", None, record, edits
    )


def _session_of(caller: Caller, record: Record, worktree: str, candidates: Candidates) -> tuple[Session | None, str]:
    if caller.session_id is not None:
        wait_until = record.seen_at + sessions_here.LOG_WAIT_SECONDS
        return candidates.by_id(caller.session_id, caller.tool, wait_until=wait_until), caller.reason
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


def _recorded(
    told: AgentRecord,
    committed: Sequence[str],
    candidates: Candidates,
    record: Record,
    taken: Taken,
) -> Iterator[Link]:
    """An agent's hook saw the edits; a log, where there is one, tells the rest of the session."""
    fresh = {owner: _fresh(candidates.recorded(committed).get(owner, ()), committed, record) for owner in told.owners}
    if not any(fresh.values()):
        return
    session = candidates.by_id(told.session_id, told.tool)
    by_log = {one.id: one for one in candidates.evidence(session, committed)} if session else {}
    for owner, edits in fresh.items():
        if edits:
            new = _untaken(edits, taken(owner), record)
            why = f"an agent hook recorded that it edited {_listed(new)}" if new else _BY_LINES
            yield Link(owner, told.tool, "explicit", why, by_log.get(owner), told, edits)


def _fresh(edits: Sequence[Edit], committed: Sequence[str], record: Record) -> list[Edit]:
    latest = record.seen_at * 1000
    return [edit for edit in edits if edit.path in committed and edit.at_ms is not None and edit.at_ms <= latest]


def _untaken(edits: Sequence[Edit], gone: dict[str, set[int]], record: Record) -> list[str]:
    """The files of the last day's edits that no earlier anchor has taken."""
    earliest = (record.seen_at - WINDOW_SECONDS) * 1000
    return sorted({one.path for one in edits if not one.vague and one.id not in gone and (one.at_ms or 0) >= earliest})


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")


def _inferred(
    session: Session,
    committed: Sequence[str],
    candidates: Candidates,
    record: Record,
    taken: Taken,
) -> Iterator[Link]:
    earliest = (record.seen_at - WINDOW_SECONDS) * 1000
    for evidence in candidates.evidence(session, committed):
        fresh = [edit for edit in _fresh(evidence.edits, committed, record) if (edit.at_ms or 0) >= earliest]
        evidence = replace(evidence, edits=fresh)
        new = _untaken(fresh, taken(evidence.id), record)
        if new:
            why = f"its log shows that it edited {_listed(new)} in the last 24 h"
            yield Link(evidence.id, session.tool, "inferred", why, evidence)
        elif fresh:
            # Kept only when a line of the commit proves to be its own.
            yield Link(evidence.id, session.tool, "inferred", _BY_LINES, evidence)


_BY_LINES = "lines of this commit stand in its earlier edits or commands"


def needs_lines(link: Link) -> bool:
    """Whether this link stands only if attribution finds a line of it."""
    return link.reason == _BY_LINES
