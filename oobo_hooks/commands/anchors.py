"""`oobo anchors`, `oobo show`, `oobo explain`: what is known of commits, and why."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

from oobo_hooks.commands import lookup
from oobo_hooks.store import anchors, database
from oobo_hooks.store.anchors import LocalAnchor
from shared import output
from shared.errors import UsageError

_AGO = re.compile(r"(\d{1,6})(s|m|h|d|w|mo|y)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2629800, "y": 31557600}


def list_(*, limit: int, since: str | None, everywhere: bool, json: bool) -> int:
    """The newest anchors of this repository, or of all."""
    earliest = since_seconds(since)
    with database.opened() as connection:
        lookup.say_notices(connection)
        repository = None
        if not everywhere:
            known = lookup.find_place(connection).known
            repository = known.id if known is not None else -1
        found = anchors.list_anchors(connection, repository, limit=limit, since=earliest)
    if json:
        output.print_json([{**one.anchor, "replaced_by": one.replaced_by} for one in found])
        return 0
    if not found:
        output.say("There are no anchors yet. Each commit after `oobo install` gets one.")
        return 0
    columns = ("commit", "when", "by", "AI", "lines", "sessions", "message")
    output.print_table(columns, [_row(one) for one in found], cut_last=True)
    return 0


def _row(found: LocalAnchor) -> list[str]:
    anchor = found.anchor
    agents = dict.fromkeys(session["agent"] for session in anchor["sessions"])
    kind = anchor["author_type"] + (" (rewritten)" if found.replaced_by else "")
    return [
        lookup.short(found.commit_hash),
        _when(found.committed_at),
        kind,
        lookup.percentage(anchor),
        f"+{anchor['added']} -{anchor['deleted']}",
        ", ".join(agents) or "–",
        lookup.subject(anchor),
    ]


def _when(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def since_seconds(raw: str | None) -> float:
    """Seconds since the epoch of `7d`, `2w`, `3mo` or an ISO 8601 instant; 0 without one."""
    if not raw:
        return 0.0
    ago = _AGO.fullmatch(raw)
    if ago is not None:
        return time.time() - int(ago[1]) * _SECONDS[ago[2]]
    try:
        return datetime.fromisoformat(raw).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise UsageError(f"--since {raw!r} is neither a time ago like 7d nor an ISO 8601 instant.") from None


def show(*, commit: str, json: bool) -> int:
    """One anchor, whole."""
    with database.opened() as connection:
        lookup.say_notices(connection)
        place = lookup.find_place(connection)
        found = lookup.find_anchor(connection, place, commit)
        spent = anchors.usage_since_last_anchor(connection, found.repository, found.commit_hash)
    if json:
        extra = {"replaced_by": found.replaced_by, "usage_since_last_anchor": spent}
        output.print_json({**found.anchor, **extra})
        return 0
    _print_anchor(found)
    return 0


def _print_anchor(found: LocalAnchor) -> None:
    anchor = found.anchor
    facts = {
        "commit": found.commit_hash,
        "branch": anchor["branch"],
        "author": f"{anchor['author']} ({anchor['author_type']})",
        "when": _when(found.committed_at),
        "message": lookup.subject(anchor),
        "lines": f"+{anchor['added']} -{anchor['deleted']}, AI {lookup.percentage(anchor)}",
        "sessions": _NO_SESSION if _is_without_session(anchor) else None,
        "omar agent": anchor.get("omar_agent"),
        "replaces": ", ".join(map(lookup.short, anchor["replaces"])),
        "replaced by": found.replaced_by,
    }
    output.print_facts([(name, str(value)) for name, value in facts.items() if value])
    if anchor["sessions"]:
        output.print_text("")
        columns = ("session", "agent", "model", "link", "tokens in/out", "tools")
        output.print_table(columns, [_session_row(session) for session in anchor["sessions"]])
    if anchor["file_changes"]:
        output.print_text("")
        rows = [
            [c["path"], f"+{c['added']} -{c['deleted']}", c["attribution"], c["agent"] or ""]
            for c in anchor["file_changes"]
        ]
        output.print_table(("file", "lines", "by", "agent"), rows)


def _session_row(session: dict[str, Any]) -> list[str]:
    def number(name: str) -> str:
        return "?" if session[name] is None else f"{session[name]:,}"

    tokens = f"{number('input_tokens')} / {number('output_tokens')}{' (estimated)' if session['is_estimated'] else ''}"
    return [
        session["session_id"],
        session["agent"],
        session["model"] or "",
        session["link_type"],
        tokens,
        number("tool_calls"),
    ]


def explain(*, commit: str, json: bool) -> int:
    """Why each session is linked to a commit, and why others are not."""
    with database.opened() as connection:
        lookup.say_notices(connection)
        found = lookup.find_anchor(connection, lookup.find_place(connection), commit)
    told = found.explanation
    if json:
        output.print_json({"commit_hash": found.commit_hash, "author_type": found.anchor["author_type"], **told})
        return 0
    output.print_text(f"{lookup.short(found.commit_hash)} is by: {found.anchor['author_type']}")
    caller = told["caller"]
    lost = f"; {_NO_SESSION}" if _is_without_session(found.anchor) else ""
    _print_reason(f"who ran git: {caller['reason'] if caller else 'nothing says that an agent did'}{lost}")
    for session in told["sessions"]:
        name = output.cell(session["session_id"])
        output.print_text(f"linked ({session['link_type']}): {name} of {session['agent']}")
        _print_reason(f"{session['reason']}; {_share(session, told['removed'])}")
    for session in told["not_linked"]:
        output.print_text(f"not linked: {output.cell(session['session_id'])} of {session['agent']}")
        _print_reason(session["reason"])
    return 0


_NO_SESSION = "no session log of the agent was found: what no edit shows to be its own counts as a person's"


def _is_without_session(anchor: dict[str, Any]) -> bool:
    """Whether the commit ran inside an agent of which nothing else is known."""
    return anchor["author_type"] == "agent" and not anchor["sessions"]


def _print_reason(text: str) -> None:
    output.print_wrapped(text, indent=2, first="  ")


def _share(session: dict[str, Any], removed: dict[str, list[dict[str, Any]]]) -> str:
    """How many of the commit's lines the session wrote and removed."""
    own = [entry for entries in removed.values() for entry in entries if entry["session_id"] == session["session_id"]]
    gone = sum(span["end"] - span["start"] + 1 for entry in own for span in entry["ranges"])
    wrote = f"it wrote {output.counted(session['lines'], 'line')}"
    return f"{wrote} and removed {gone}" if gone else wrote
