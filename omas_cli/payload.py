"""From a ledger record to the seed's session object, and to what `--json` shows beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from omas_cli import concurrency
from omas_cli.record import Record
from shared.transcripts.instants import rfc3339


def project_hash(salt: str, project: str | None) -> str:
    """`sha256:` + SHA-256 of salt and path in hex; a session without a known project hashes the empty path."""
    digest = hashlib.sha256((salt + (project or "")).encode("utf-8", "surrogateescape"))
    return f"sha256:{digest.hexdigest()}"


def session_object(record: Record, salt: str) -> dict[str, Any]:
    """Exactly the seed's fields in the seed's order: what is uploaded of a session."""
    found = record.metrics
    return {
        "session_id": record.id,
        "project_hash": project_hash(salt, record.project),
        "timestamp": rfc3339(record.started_ms),
        "thread_type": found.thread_type,
        "session_duration_minutes": found.session_duration_minutes,
        "total_tool_calls": found.total_tool_calls,
        "total_human_messages": found.total_human_messages,
        "parallelism": {
            "max_concurrent_agents": found.max_concurrent_agents,
            "total_sub_agents": found.total_sub_agents,
            "peak_parallel_tools": found.peak_parallel_tools,
            "p_thread_score": found.p_thread_score,
        },
        "autonomy": {
            "longest_autonomous_stretch_minutes": found.longest_autonomous_stretch_minutes,
            "max_tool_calls_between_human": found.max_tool_calls_between_human,
            "session_duration_minutes": found.session_duration_minutes,
            "max_consecutive_assistant_turns": found.max_consecutive_assistant_turns,
            "l_thread_score": found.l_thread_score,
        },
        "density": {
            "tool_calls_per_minute": found.tool_calls_per_minute,
            "max_sub_agent_depth": found.max_sub_agent_depth,
            "total_tool_calls": found.total_tool_calls,
            "tokens_per_minute": found.tokens_per_minute,
            "b_thread_score": found.b_thread_score,
        },
        "trust": {
            "tool_calls_per_human_message": found.tool_calls_per_human_message,
            "assistant_per_human_ratio": found.assistant_per_human_ratio,
            "ask_user_count": found.ask_user_count,
            "autonomous_tool_call_pct": found.autonomous_tool_call_pct,
            "z_thread_score": found.z_thread_score,
        },
        "overall_score": found.overall_score,
    }


def local_object(record: Record, concurrent_sessions: int) -> dict[str, Any]:
    """What is known of the session besides and never sent. `tokens` are those of its sub-agents too."""
    return {
        "tool": record.tool,
        "project": record.project,
        "model": record.model,
        "tokens": {
            "input": record.tokens.input,
            "output": record.tokens.output,
            "cache_read": record.tokens.cache_read,
            "cache_creation": record.tokens.cache_creation,
        },
        "concurrent_sessions": concurrent_sessions,
        "qualified": record.is_qualified,
        "skipped_lines": record.skipped_lines,
        "lines_written": record.lines_written,
        "responses": record.responses,
        "sub_agent_tool_calls": record.sub_agent_tool_calls,
        "ended": rfc3339(record.ended_ms),
        "formula_version": record.formula_version,
    }


def shown_objects(records: Sequence[Record], every: Sequence[Record], salt: str) -> list[dict[str, Any]]:
    """The seed's object plus `"local"` for each of `records`; `every` is the whole ledger."""
    peaks = concurrency.peaks(every)
    return [
        {**session_object(record, salt), "local": local_object(record, peaks[record.tool, record.id])}
        for record in records
    ]
