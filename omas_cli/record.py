"""One scored session as the ledger keeps it."""

from __future__ import annotations

from msgspec import Struct

from omas_cli.scoring.facts import facts_of
from omas_cli.scoring.metrics import FORMULA_VERSION, Metrics, metrics_of
from shared.transcripts.model import Session


class Tokens(Struct, frozen=True):
    """Tokens of a session with all its sub-agents."""

    input: int
    output: int
    cache_read: int
    cache_creation: int


class Record(Struct, kw_only=True, frozen=True):
    """Numbers of one session and what stays on this machine: project path, model, tokens, lines, skipped lines.

    Instants are milliseconds since the epoch; `modified_ms` is the newest write of the session's files.
    """

    tool: str
    id: str
    project: str | None
    model: str | None
    started_ms: int
    ended_ms: int
    modified_ms: int
    metrics: Metrics
    tokens: Tokens
    lines_written: int
    responses: int
    sub_agent_tool_calls: int
    skipped_lines: int
    first_line: str | None = None
    forked_from: str | None = None
    formula_version: int = FORMULA_VERSION

    @property
    def is_qualified(self) -> bool:
        from shared.wire import ranking

        found = self.metrics
        return ranking.is_qualified(found.session_duration_minutes, found.total_tool_calls, found.total_human_messages)


def _storable(text: str) -> str:
    """Names of files need not be UTF-8; what is kept and sent has to be."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def record_of(session: Session) -> Record:
    """Score a session; one without any instant counts as begun when its files were last written."""
    conversations = list(session.conversations())
    usage = session.total_usage
    modified_ms = session.modified_ms
    if modified_ms is None:
        modified_ms = max((file.modified_ns for file in session.files), default=0) // 1_000_000
    return Record(
        tool=session.tool,
        id=_storable(session.id),
        project=None if session.cwd is None else _storable(session.cwd),
        model=session.model,
        started_ms=modified_ms if session.started_ms is None else session.started_ms,
        ended_ms=modified_ms if session.ended_ms is None else session.ended_ms,
        modified_ms=modified_ms,
        metrics=metrics_of(facts_of(session)),
        tokens=Tokens(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_creation_tokens),
        lines_written=sum(call.lines_written for found in conversations for call in found.tool_calls),
        responses=len(session.responses),
        sub_agent_tool_calls=sum(len(agent.tool_calls) for agent in session.all_sub_agents()),
        skipped_lines=session.skipped_lines,
        first_line=session.first_line,
        forked_from=session.forked_from,
    )
