"""Sums over local anchors: lines of each side, agents, models, tokens, weeks. A rewritten commit counts once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from oobo_hooks.store.anchors import LocalAnchor

LINES = ("added", "deleted", "ai_added", "ai_deleted", "human_added", "human_deleted")
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")


def statistics(found: Sequence[LocalAnchor]) -> dict[str, Any]:
    """Totals of anchors that nothing has replaced."""
    bodies = [one.anchor for one in found if one.replaced_by is None]
    sessions = _sessions(bodies)
    return {
        "commits": len(bodies),
        **_lines(bodies),
        "author_types": dict(Counter(body["author_type"] for body in bodies)),
        "sessions": len(sessions),
        "tokens": {name: sum(session[name] or 0 for session in sessions.values()) for name in _TOKENS},
        "tokens_estimated": any(session["is_estimated"] for session in sessions.values()),
        "agents": _by_agent(bodies, sessions),
        "models": dict(Counter(session["model"] for session in sessions.values() if session["model"]).most_common()),
        "weeks": weeks(found),
    }


def weeks(found: Sequence[LocalAnchor], *, last: int | None = None) -> list[dict[str, Any]]:
    """AI share by week, the oldest first; `week` is its Monday, UTC. `last` gives that many, empty ones too."""
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        if one.replaced_by is None:
            grouped[_monday(one.committed_at)].append(one.anchor)
    names = sorted(grouped)
    if last is not None:
        this = datetime.now(UTC)
        names = [_monday(int((this - timedelta(weeks=ago)).timestamp())) for ago in reversed(range(last))]
    return [{"week": name, "commits": len(grouped.get(name, [])), **_lines(grouped.get(name, []))} for name in names]


def _monday(seconds: int) -> str:
    try:
        day = datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return "0001-01-01"
    return (day - timedelta(days=day.weekday())).isoformat()


def _lines(bodies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    sums: dict[str, Any] = {name: sum(body[name] for body in bodies) for name in LINES}
    lines = sums["added"] + sums["deleted"]
    sums["ai_percentage"] = round(100 * (sums["ai_added"] + sums["ai_deleted"]) / lines, 1) if lines else None
    return sums


def _sessions(bodies: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each session once, as the anchor with its largest totals tells it: a session's numbers only grow."""
    found: dict[str, dict[str, Any]] = {}
    for body in bodies:
        for session in body["sessions"]:
            known = found.get(session["session_id"])
            if known is None or _total(session) >= _total(known):
                found[session["session_id"]] = session
    return found


def _total(session: dict[str, Any]) -> int:
    return sum(session[name] or 0 for name in _TOKENS)


def _by_agent(bodies: Sequence[dict[str, Any]], sessions: dict[str, dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Agent → its commits, sessions and added lines."""
    told: dict[str, dict[str, int]] = defaultdict(lambda: {"commits": 0, "sessions": 0, "ai_added": 0})
    for session in sessions.values():
        told[session["agent"]]["sessions"] += 1
    for body in bodies:
        for agent in {session["agent"] for session in body["sessions"]}:
            told[agent]["commits"] += 1
        for change in body["file_changes"]:
            for lines in change["line_attributions"] or []:
                if lines["author"] == "ai":
                    count = sum(part["end"] - part["start"] + 1 for part in lines["ranges"])
                    told[lines["agent"] or "unknown"]["ai_added"] += count
    return dict(sorted(told.items(), key=lambda entry: -entry[1]["ai_added"]))
