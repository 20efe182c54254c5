"""Anchors in the open Agent Trace format (agent-trace.dev, version 0.1): one record per commit.

Line numbers are those of the committed file. A conversation without an address of its own is named by a `session`
resource with a `urn:`, and a range carries the hash of its text, by which it is found again after it has moved.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared import __version__

VERSION = "0.1"
_NAMESPACE = uuid.UUID("9a4e3c0f-7f0d-5d43-9d43-3c1f6f2b8a11")
_PROVIDERS = {
    "claude": "anthropic",
    "gpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "codex": "openai",
    "gemini": "google",
    "grok": "xai",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "codestral": "mistral",
    "devstral": "mistral",
    "qwen": "alibaba",
    "kimi": "moonshotai",
}
LinesOf = Callable[[str], list[bytes]]
"""The lines of a committed file, by path; [] when it cannot be read."""


def trace_record(anchor: dict[str, Any], lines_of: LinesOf) -> dict[str, Any]:
    """The Agent Trace record of an anchor; the same anchor always has the same `id`."""
    models = {session["session_id"]: session["model"] for session in anchor["sessions"]}
    files = [_file(change, models, lines_of) for change in anchor["file_changes"]]
    return {
        "version": VERSION,
        "id": str(uuid.uuid5(_NAMESPACE, anchor["commit_hash"])),
        "timestamp": datetime.fromtimestamp(anchor["committed_at"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "vcs": {"type": "git", "revision": anchor["commit_hash"]},
        "tool": {"name": "oobo", "version": __version__},
        "files": [file for file in files if file["conversations"]],
        "metadata": {
            "ai.oobo": {
                "author_type": anchor["author_type"],
                "ai_percentage": anchor["ai_percentage"],
                "replaces": anchor["replaces"],
            }
        },
    }


def _file(change: dict[str, Any], models: dict[str, str | None], lines_of: LinesOf) -> dict[str, Any]:
    attributed = change["line_attributions"] or []
    lines = lines_of(change["path"]) if attributed else []
    grouped: dict[tuple[str, str | None, str | None], list[dict[str, Any]]] = defaultdict(list)
    for one in attributed:
        grouped[(one["author"], one.get("session_id"), one.get("agent"))] += [_range(r, lines) for r in one["ranges"]]
    conversations = [_conversation(*who, ranges, models) for who, ranges in grouped.items() if ranges]
    return {"path": change["path"], "conversations": conversations}


def _conversation(
    author: str, session_id: str | None, agent: str | None, ranges: list[dict[str, Any]], models: dict[str, str | None]
) -> dict[str, Any]:
    contributor = {"type": author}
    model = models.get(session_id or "")
    if author != "human" and model:
        contributor["model_id"] = model_id(model)[:250]
    told: dict[str, Any] = {"contributor": contributor, "ranges": ranges}
    if session_id is not None:
        name = f"urn:oobo:session:{quote(agent or 'unknown', safe='')}:{quote(session_id, safe='')}"
        told["related"] = [{"type": "session", "url": name}]
    return told


def _range(found: dict[str, Any], lines: list[bytes]) -> dict[str, Any]:
    told: dict[str, Any] = {"start_line": found["start"], "end_line": found["end"]}
    text = lines[found["start"] - 1 : found["end"]]
    if len(text) == found["end"] - found["start"] + 1:
        told["content_hash"] = "sha256:" + hashlib.sha256(b"\n".join(text)).hexdigest()
    return told


def model_id(model: str) -> str:
    """`provider/model` where the model's name tells its provider."""
    if "/" in model:
        return model
    lowered = model.lower()
    provider = next((provider for prefix, provider in _PROVIDERS.items() if lowered.startswith(prefix)), None)
    return f"{provider}/{model}" if provider else model
