"""Lines of a Claude Code log (2.1.x layout) for tests; each function returns one line's value."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from shared import transcripts
from shared.transcripts import Detail, Session

Json = dict[str, Any]
SESSION = "0b8f3a52-6f0e-4d8e-9c1d-2f6a7b8c9d00"
_numbers = itertools.count(1)


def at(minutes: float) -> str:
    """An instant so many minutes after 10:00 UTC of 1 March 2026, in the log's form."""
    total = round(minutes * 60_000)
    hours, rest = divmod(total, 3_600_000)
    whole, milli = divmod(rest, 1000)
    return f"2026-03-01T{10 + hours:02d}:{whole // 60:02d}:{whole % 60:02d}.{milli:03d}Z"


def line(kind: str, minutes: float, **more: Any) -> Json:
    return {
        "type": kind,
        "uuid": f"uuid-{next(_numbers)}",
        "parentUuid": None,
        "sessionId": SESSION,
        "timestamp": at(minutes),
        "cwd": "/repo",
        "version": "2.1.150",
        "isSidechain": False,
        **more,
    }


def human(minutes: float, text: Any = "please do it", **more: Any) -> Json:
    return line("user", minutes, message={"role": "user", "content": text}, **more)


def assistant(
    minutes: float, message_id: str, blocks: list[Json], usage: Any = None, *, model: str = "claude-x", **more: Any
) -> Json:
    message = {"id": message_id, "role": "assistant", "model": model, "content": blocks, "usage": usage}
    return line("assistant", minutes, message=message, **more)


def call(call_id: str, name: str = "Read", **asked: Any) -> Json:
    return {"type": "tool_use", "id": call_id, "name": name, "input": asked}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def result(minutes: float, call_id: str, *, content: Any = "ok", error: bool = False, **more: Any) -> Json:
    block = {"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": error}
    return line("user", minutes, message={"role": "user", "content": [block]}, **more)


def write(path: Path, lines: list[Json | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in lines]
    path.write_bytes(b"".join(item + b"\n" for item in body))
    return path


def project(home: Path) -> Path:
    return home / ".claude" / "projects" / "-repo"


def write_session(home: Path, lines: list[Json | bytes], session_id: str = SESSION) -> Path:
    return write(project(home) / f"{session_id}.jsonl", lines)


def write_agent(home: Path, agent_id: str, lines: list[Json | bytes], meta: Json | None = None) -> Path:
    path = project(home) / SESSION / "subagents" / f"agent-{agent_id}.jsonl"
    if meta is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".meta.json").write_text(json.dumps(meta))
    return write(path, lines)


def read(detail: Detail = Detail.FULL, session_id: str = SESSION) -> Session:
    found = transcripts.read_session(session_id, detail=detail)
    assert found is not None
    return found
