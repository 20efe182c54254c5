"""A transcript of Cursor's agent: JSON lines `{"role", "message": {"content": [parts]}}`.

They bear no ids, and in most versions no times.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from shared.transcripts.assembly import Skips, Talk, session_of
from shared.transcripts.lines import read_lines
from shared.transcripts.loose import instant, mapping, objects, parsed, said, text
from shared.transcripts.model import Detail, Position, Session, Source

_QUERY = re.compile(r"<user_query>\s*(.*?)\s*</user_query>", re.DOTALL)


def transcript_session(source: Source, index: int, detail: Detail) -> Session | None:
    """The session of the file at `index`; None when nobody spoke in it."""
    file = source.files[index]
    talk, skips = Talk(detail), Skips()
    skip = partial(skips.add, file.path)
    cwd: str | None = None
    try:
        for number, offset, data in read_lines(file.path, skip):
            line = parsed(data)
            if line is None:
                skip(number, "no JSON object")
                continue
            cwd = cwd or text(line, "cwd") or None
            position = Position(index, number, offset) if talk.keeps_content else None
            _add(talk, line, f"{Path(file.path).stem}:{number}", position)
    except OSError as error:
        skip(0, error.strerror or "cannot be read")
    if talk.is_empty:
        return None
    modified_ms = file.modified_ns // 1_000_000
    return session_of(source, Path(file.path).stem, talk, skips, cwd=cwd, modified_ms=modified_ms)


def _add(talk: Talk, line: dict[str, Any], key: str, position: Position | None) -> None:
    role = text(line, "role") or text(line, "type")
    at_ms = instant(line, "timestamp")
    content = line.get("message", line)
    parts = objects(content, "content")
    if role == "user":
        words = said(content.get("content")) if isinstance(content, dict) else ""
        typed = _QUERY.search(words)
        own = typed[1] if typed else words
        images = sum(1 for part in parts if text(part, "type") == "image")
        is_result = any(text(part, "type") == "tool_result" for part in parts)
        if (own.strip() or images) and not is_result:
            talk.human(key, at_ms, own, images, position)
    elif role == "assistant":
        response = talk.response(key, at_ms, text(line, "model") or None, position)
        talk.say(response, said(content.get("content")) if isinstance(content, dict) else "")
        for number, part in enumerate(parts):
            if text(part, "type") == "tool_use":
                call_id = text(part, "id") or f"{key}#{number}"
                talk.call(response, call_id, text(part, "name"), at_ms, mapping(part, "input"), position)
