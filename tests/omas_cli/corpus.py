"""Small corpora for tests, and what a session's metrics must be by the corpus's own truth."""

from __future__ import annotations

from math import log1p
from pathlib import Path
from typing import Any

import pytest

from tests.bench.claude_corpus import Recipe, write_corpus


def make(monkeypatch: pytest.MonkeyPatch, root: Path, **recipe: Any) -> dict[str, dict[str, Any]]:
    """Write a corpus, make it the machine's Claude Code folder, and return its manifest by session id."""
    manifest = write_corpus(Recipe(root=root, **recipe))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(root))
    return {entry["session_id"]: entry for entry in manifest}


def expected(entry: dict[str, Any]) -> dict[str, Any]:
    """The payload's numbers by the contract's table, from the truth of the manifest."""
    minutes = (entry["last_ms"] - entry["first_ms"]) / 60_000
    tools, humans, asks = entry["tool_calls"], entry["human_messages"], entry["ask_user"]
    stretch = entry["longest_stretch_ms"] / 60_000
    share = asks / tools if tools else 0
    more = max(entry["max_concurrent_agents"], entry["peak_parallel_tools"])
    longer = min(2 * log1p(stretch), 10)
    thicker = entry["sub_agents"] * max(1, entry["max_depth"])
    fewer = max(min(2 * log1p(tools / max(humans, 1)), 10) - min(10 * share, 3), 0)
    return {
        "session_duration_minutes": round(minutes, 2),
        "total_tool_calls": tools,
        "total_human_messages": humans,
        "parallelism": {
            "max_concurrent_agents": entry["max_concurrent_agents"],
            "total_sub_agents": entry["sub_agents"],
            "peak_parallel_tools": entry["peak_parallel_tools"],
            "p_thread_score": more,
        },
        "autonomy": {
            "longest_autonomous_stretch_minutes": round(stretch, 2),
            "max_tool_calls_between_human": entry["max_calls_between_humans"],
            "session_duration_minutes": round(minutes, 2),
            "max_consecutive_assistant_turns": entry["longest_response_run"],
            "l_thread_score": round(longer, 2),
        },
        "density": {
            "tool_calls_per_minute": round(tools / max(minutes, 0.1), 2),
            "max_sub_agent_depth": entry["max_depth"],
            "total_tool_calls": tools,
            "tokens_per_minute": round((entry["input_tokens"] + entry["output_tokens"]) / max(minutes, 0.1), 2),
            "b_thread_score": thicker,
        },
        "trust": {
            "tool_calls_per_human_message": round(tools / max(humans, 1), 2),
            "assistant_per_human_ratio": round(entry["assistant_messages"] / max(humans, 1), 2),
            "ask_user_count": asks,
            "autonomous_tool_call_pct": round((1 - share) * 100, 2),
            "z_thread_score": round(fewer, 2),
        },
        "overall_score": round(sum(min(score, 10) for score in (more, longer, thicker, fewer)) / 4, 2),
    }
