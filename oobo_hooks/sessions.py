"""Sessions as the logs hold them, found by id or by what was said, for the commands that show and share them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oobo_hooks import settings
from oobo_hooks.anchor.sessions import token_usage
from oobo_hooks.anchor.transcript import transcript
from shared import transcripts
from shared.errors import OmaError, UsageError
from shared.transcripts import Conversation, Detail, Session
from shared.wire.anchors import TranscriptMessage

MIN_PREFIX = 4
TITLE_LENGTH = 80
SNIPPET_LENGTH = 60


@dataclass(frozen=True)
class Hit:
    """Where a text was found: the session, who said it, and the words around it."""

    session: Session
    role: str
    snippet: str


def enabled_tools(tool: str | None) -> tuple[str, ...]:
    """The tools to look at: one that was named, else all that are switched on."""
    known = settings.enabled_tools(settings.load())
    if tool is None:
        return known
    if tool not in transcripts.TOOLS:
        raise UsageError(f"There is no reader for {tool!r}.", hint=f"Known tools: {', '.join(transcripts.TOOLS)}.")
    return (tool,)


def recent(directory: Path | None, *, tool: str | None, since: float) -> Iterator[Session]:
    """Sessions that worked in `directory` (None: anywhere) since an instant, newest first, one at a time."""
    tools, since_ms = enabled_tools(tool), int(since * 1000)
    if directory is not None:
        yield from transcripts.sessions_of(directory, since_ms=since_ms, tools=tools)
        return
    sources = sorted(transcripts.discover(tools, since_ms=since_ms), key=lambda source: -source.modified_ns)
    for source in sources:
        yield from transcripts.read(source)


def find(session_id: str) -> Session:
    """The session with this id, or with an id that begins with it; OmaError when there is none or several."""
    exact = transcripts.read_session(session_id)
    if exact is not None:
        return exact
    found = sorted(set(_ids_beginning_with(session_id))) if len(session_id) >= MIN_PREFIX else []
    if len(found) > 1:
        raise OmaError(f"{session_id} fits several sessions: {', '.join(found[:5])}.", hint="Write more of the id.")
    session = transcripts.read_session(found[0]) if found else None
    if session is None:
        raise OmaError(
            f"There is no transcript of a session {session_id[:36]!r}.", hint="See `oobo sessions list --all`."
        )
    return session


def _ids_beginning_with(prefix: str) -> Iterator[str]:
    for source in transcripts.discover():
        if source.session_id:
            names: Iterator[str] = iter((source.session_id,))
        else:
            names = (session.id for session in transcripts.read(source, Detail.COUNTS))
        yield from (name for name in names if name.startswith(prefix))


def search(sessions: Iterator[Session], wanted: str) -> Iterator[Hit]:
    """The first place in each session where the text stands, in whatever case."""
    lowered = wanted.lower()
    for session in sessions:
        hit = next(_hits(session, lowered), None)
        if hit is not None:
            yield hit


def _hits(session: Session, lowered: str) -> Iterator[Hit]:
    for conversation in session.conversations():
        said = itertools.chain(
            (("user", message.text) for message in conversation.humans),
            (("assistant", response.text) for response in conversation.responses),
            (("tool", str(call.input)) for call in conversation.tool_calls),
        )
        for role, text in said:
            at = text.lower().find(lowered)
            if at >= 0:
                begin = max(0, at - SNIPPET_LENGTH // 2)
                yield Hit(session, role, " ".join(text[begin : at + len(lowered) + SNIPPET_LENGTH].split()))


def title(conversation: Conversation) -> str:
    """What the first person said, on one line."""
    first = next((message.text for message in conversation.humans if message.text.strip()), "")
    flat = " ".join(first.split())
    return flat if len(flat) <= TITLE_LENGTH else flat[: TITLE_LENGTH - 1] + "…"


def summary(session: Session) -> dict[str, Any]:
    """What a list tells of a session; instants are ISO 8601, UTC."""
    usage, estimated = token_usage(session)
    return {
        "session_id": session.id,
        "name": title(session),
        "source": session.tool,
        "project_path": session.cwd,
        "created_at": instant(session.started_ms),
        "updated_at": instant(session.ended_ms),
        "model": session.model,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "is_estimated": estimated,
        "duration_secs": duration(session),
        "tool_calls": len(session.tool_calls),
        "messages": len(session.humans) + len(session.responses),
        "subagents": sum(1 for _ in session.all_sub_agents()),
    }


def duration(session: Conversation) -> int | None:
    """Seconds from its first line to its last."""
    if session.started_ms is None or session.ended_ms is None:
        return None
    return max(0, (session.ended_ms - session.started_ms) // 1000)


def instant(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def messages(session: Session) -> list[TranscriptMessage]:
    """The whole conversation as the seed's messages, nothing taken out yet."""
    return transcript(session)
