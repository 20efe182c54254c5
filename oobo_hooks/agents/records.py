"""Reading what the agents' hooks recorded (the lines are described in this package's docstring)."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = "agents"


@dataclass(frozen=True)
class RecordedEdit:
    """One file changed by one tool call. `path` is relative to `worktree`, `agent` the id of a sub-agent or None.

    `before_blob` and `after_blob` are git's names of the contents, None where there was no file (or nobody knows);
    with `partial` they are only the passages that changed.
    """

    session_id: str
    tool: str
    call_id: str
    name: str
    at_ms: int
    path: str
    worktree: str
    before_blob: str | None
    after_blob: str | None
    before_known: bool
    partial: bool
    agent: str | None
    state_dir: Path

    def before(self) -> bytes | None:
        """What the file held before the edit; None for a new file, or when its content was not kept."""
        return read_blob(self.state_dir, self.before_blob)

    def after(self) -> bytes | None:
        """What it held after the edit; None for a deleted file, or when its content was not kept."""
        return read_blob(self.state_dir, self.after_blob)


@dataclass
class AgentRecord:
    """One session as its agent's hooks saw it. Instants are milliseconds since the epoch."""

    tool: str
    session_id: str
    cwd: str = ""
    transcript: str | None = None
    model: str | None = None
    started_ms: int = 0
    last_ms: int = 0
    ended_ms: int | None = None
    edits: list[RecordedEdit] = field(default_factory=list)
    tools: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    sub_agents: dict[str, str | None] = field(default_factory=dict)
    compactions: int = 0

    @property
    def owners(self) -> list[str]:
        """The session and its sub-agents: whose the edits are."""
        return list(dict.fromkeys([self.session_id, *self.sub_agents, *(one.agent for one in self.edits if one.agent)]))


def read_records(state_dir: Path, *, since_ms: int = 0) -> list[AgentRecord]:
    """The recorded sessions of a repository (`state_dir` is `<git-common-dir>/oobo`) that did something since."""
    found = []
    for path in sorted((state_dir / FOLDER).glob("*.jsonl")):
        record = _read(path, state_dir)
        if record is not None and record.last_ms >= since_ms:
            found.append(record)
    return found


def read_blob(state_dir: Path, name: str | None) -> bytes | None:
    """The content with this name, or None when it is not kept (any more)."""
    if name is None or not name.isalnum():
        return None
    try:
        return zlib.decompress((state_dir / FOLDER / "blobs" / name).read_bytes())
    except (OSError, zlib.error):
        return None


def _read(path: Path, state_dir: Path) -> AgentRecord | None:
    record: AgentRecord | None = None
    before: dict[tuple[str, str, str], str | None] = {}
    for line in _lines(path):
        if line["event"] == "session":
            record = _begin(record, line)
        if record is not None:
            record.last_ms = max(record.last_ms, line["at"])
            _add(record, line, before, state_dir)
    return record


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines; a torn one is passed over."""
    try:
        body = path.read_bytes()
    except OSError:
        return
    for raw in body.split(b"\n"):
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("event"), str) and isinstance(line.get("at"), int):
            yield line


def _begin(record: AgentRecord | None, line: dict[str, Any]) -> AgentRecord | None:
    if record is None:
        if not _text(line, "tool") or not _text(line, "session"):
            return None
        record = AgentRecord(_text(line, "tool"), _text(line, "session"), _text(line, "cwd"), started_ms=line["at"])
    record.transcript = _text(line, "transcript") or record.transcript
    record.model = _text(line, "model") or record.model
    record.ended_ms = None
    return record


def _add(
    record: AgentRecord, line: dict[str, Any], before: dict[tuple[str, str, str], str | None], state_dir: Path
) -> None:
    kind = line["event"]
    if kind == "before":
        before[_place(line)] = _text(line, "blob") or None
    elif kind == "edit":
        record.edits.append(_edit(record, line, before, state_dir))
    elif kind == "tool":
        record.tools[_text(line, "name")] += 1
        record.failures += line.get("ok") is False
    elif kind == "subagent":
        known = record.sub_agents.get(_text(line, "id"))
        record.sub_agents[_text(line, "id")] = _text(line, "kind") or known
    elif kind == "compaction":
        record.compactions += 1
    elif kind == "end":
        record.ended_ms = line["at"]


def _edit(
    record: AgentRecord, line: dict[str, Any], before: dict[tuple[str, str, str], str | None], state_dir: Path
) -> RecordedEdit:
    told = "before" in line
    place = _place(line)
    known = told or place in before
    return RecordedEdit(
        session_id=record.session_id,
        tool=record.tool,
        call_id=_text(line, "call"),
        name=_text(line, "name"),
        at_ms=line["at"],
        path=_text(line, "path"),
        worktree=_text(line, "worktree"),
        before_blob=(_text(line, "before") or None) if told else before.pop(place, None),
        after_blob=_text(line, "blob") or None,
        before_known=known,
        partial=line.get("partial") is True,
        agent=_text(line, "agent") or None,
        state_dir=state_dir,
    )


def _place(line: dict[str, Any]) -> tuple[str, str, str]:
    return _text(line, "call"), _text(line, "worktree"), _text(line, "path")


def _text(line: dict[str, Any], name: str) -> str:
    found = line.get(name)
    return found if isinstance(found, str) else ""
