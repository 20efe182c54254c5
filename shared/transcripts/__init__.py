"""Logs of AI coding tools as one `Session` model; no other module of the suite knows a log format.

Find and read sessions:

    from shared import transcripts

    transcripts.read_session("3f2b…")                  the session with this id, or None
    transcripts.read_session("3f2b…", tool="claude")   the same, looked for in one tool only
    transcripts.sessions_of("/repo", since_ms=…)       sessions that work in a directory, newest first
    transcripts.discover(since_ms=…)                   all `Source`s (files with size and mtime), none opened
    transcripts.read(source)                           the session(s) of one source, one in memory at a time

All take `detail`: `Detail.FULL` (default) with texts, tool inputs and results, edits and positions in the files;
`Detail.COUNTS` for scores, quick and small. `edits_of(call)` gives the file edits a tool call made, the same for
every tool. `session.usage` are the session's own tokens, `session.total_usage` those with its sub-agents.

Logs are opened read-only. A line that is torn, not UTF-8 or no JSON object is skipped and told in
`session.skipped`; an odd field costs only itself. Nothing here raises for what stands in a log. A source that cannot
be read at all gives one session with the id "" that holds nothing but what was skipped.
"""

from __future__ import annotations

from shared.transcripts.catalogue import TOOLS, discover, holds_many, read, read_session, reader, sessions_of
from shared.transcripts.edits import FileEdit, edits_of
from shared.transcripts.model import (
    Conversation,
    Detail,
    HumanMessage,
    LogFile,
    ModeChange,
    Position,
    Response,
    Session,
    Skipped,
    Source,
    SubAgent,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = [
    "TOOLS",
    "Conversation",
    "Detail",
    "FileEdit",
    "HumanMessage",
    "LogFile",
    "ModeChange",
    "Position",
    "Response",
    "Session",
    "Skipped",
    "Source",
    "SubAgent",
    "ToolCall",
    "ToolResult",
    "Usage",
    "discover",
    "edits_of",
    "holds_many",
    "read",
    "read_session",
    "reader",
    "sessions_of",
]
