"""`oobo sessions list|show|search`: the AI sessions themselves, and the commits they stand behind."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from oobo_hooks import sessions
from oobo_hooks.commands import lookup
from oobo_hooks.commands.anchors import since_seconds
from oobo_hooks.store import anchors, database
from shared import output
from shared.errors import OmaError, UsageError
from shared.wire.anchors import TranscriptMessage


def list_(*, limit: int, since: str | None, tool: str | None, everywhere: bool, json: bool) -> int:
    """The newest sessions that worked in this repository (or anywhere), with how many commits they stand behind."""
    found = sessions.recent(_directory(everywhere), tool=tool, since=since_seconds(since))
    rows = [sessions.summary(session) for session in itertools.islice(found, limit)]
    _add_commits(rows)
    if json:
        output.print_json(rows)
        return 0
    if not rows:
        here = "There are no sessions here; `oobo sessions list --all` lists those of every repository."
        output.say("There are no sessions yet." if everywhere else here)
        return 0
    columns = ("session", "tool", "when", "model", "tokens in/out", "commits", "about")
    output.print_table(columns, [_row(row) for row in rows], cut_last=True)
    return 0


def _directory(everywhere: bool) -> Path | None:
    """The worktree around the current directory; the directory itself outside of any repository."""
    if everywhere:
        return None
    try:
        with database.opened() as connection:
            repository = lookup.find_place(connection).repository
    except OmaError:
        return Path.cwd()
    return repository.worktree or Path.cwd()


def _add_commits(rows: list[dict[str, Any]]) -> None:
    with database.opened() as connection:
        lookup.say_notices(connection)
        commits = anchors.commits_of(connection, [row["session_id"] for row in rows])
    for row in rows:
        row["commits"] = commits[row["session_id"]]


def _row(row: dict[str, Any]) -> list[str]:
    estimated = " (estimated)" if row["is_estimated"] else ""
    return [
        row["session_id"],
        row["source"],
        (row["updated_at"] or "").replace("T", " ").removesuffix(":00Z").removesuffix("Z"),
        row["model"] or "",
        f"{row['input_tokens']:,} / {row['output_tokens']:,}{estimated}",
        str(len(row["commits"])),
        row["name"],
    ]


def show(*, session_id: str, json: bool) -> int:
    """One session with its messages."""
    session = sessions.find(session_id)
    row = sessions.summary(session)
    _add_commits([row])
    said = sessions.messages(session)
    if json:
        output.print_json({**row, "messages": [message.model_dump() for message in said]})
        return 0
    for name, value in row.items():
        if value not in (None, "", []):
            output.print_text(f"{name.replace('_', ' '):15}{output.cell(_text(value))}")
    for message in said:
        output.print_text(f"\n{_told(message)}")
    return 0


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(lookup.short, value)) if isinstance(value, list) else str(value)


def _told(message: TranscriptMessage) -> str:
    if message.tool_call is not None:
        return output.printable(f"[{message.tool_call.name}] {message.tool_call.input_summary}")
    if message.tool_result is not None:
        mark = "ok" if message.tool_result.success else "failed"
        return output.printable(f"  ({mark}) {message.tool_result.output_summary or ''}")
    if message.thinking:
        return output.printable(f"{message.role} (thinking): {message.thinking}")
    return output.printable(f"{message.role}: {message.text or ''}")


def search(*, text: str, limit: int, tool: str | None, everywhere: bool, json: bool) -> int:
    """The sessions in which a text was said, newest first. Exit 1 when there is none."""
    if not text.strip():
        raise UsageError("There is nothing to search for.")
    found = sessions.recent(_directory(everywhere), tool=tool, since=0.0)
    hits = list(itertools.islice(sessions.search(found, text), limit))
    if json:
        shown = [{**sessions.summary(hit.session), "role": hit.role, "snippet": hit.snippet} for hit in hits]
        output.print_json(shown)
    elif hits:
        rows = [[hit.session.id, hit.session.tool, hit.role, hit.snippet] for hit in hits]
        output.print_table(("session", "tool", "said by", "words"), rows)
    else:
        output.say(f"Nothing was said of {text!r}.")
    return 0 if hits else 1
