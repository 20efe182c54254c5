"""`omas list`: the sessions of the ledger, newest first."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from omas_cli import ledger, payload
from omas_cli.dates import local_date
from omas_cli.record import Record
from omas_cli.salt import salt
from omas_cli.selection import selected
from shared import output

COLUMNS = ("session", "tool", "begun", "project", "type", "min", "tools", "humans", "score")
# What a terminal of 80 columns has no room for.
LEFT_OUT = ("tool", "humans")
NARROW = 110
ID_LENGTH = 8
PROJECT_LENGTH, SHORT_PROJECT_LENGTH = 32, 16


def run(*, since: str | None, project: str | None, tools: Sequence[str], limit: int, json: bool) -> int:
    """`--json` holds all sessions; the table the newest `limit` (0 for all)."""
    with ledger.opened() as book:
        every = book.sessions()
    records = selected(every, since=since, project=project, tools=tools)
    if json:
        output.print_json({"sessions": payload.shown_objects(records, every, salt())})
        return 0
    if not records:
        output.say("No sessions yet. `omas scan` reads the logs of your AI tools." if not every else "No session fits.")
        return 0
    shown = records[:limit] if limit else records
    _print_table([row(record) for record in shown])
    if len(shown) < len(records):
        output.say(f"{len(records) - len(shown)} older ones are not shown (--limit 0 shows all).")
    return 0


def _print_table(rows: list[list[str]]) -> None:
    """All columns where there is room for them, and in a pipe."""
    if not output.is_terminal() or shutil.get_terminal_size().columns >= NARROW:
        output.print_table(COLUMNS, rows)
        return
    kept = [index for index, name in enumerate(COLUMNS) if name not in LEFT_OUT]
    for cells in rows:
        cells[COLUMNS.index("project")] = short_path(cells[COLUMNS.index("project")], SHORT_PROJECT_LENGTH)
    output.print_table([COLUMNS[index] for index in kept], [[cells[index] for index in kept] for cells in rows])


def row(record: Record) -> list[str]:
    found = record.metrics
    return [
        record.id[:ID_LENGTH],
        record.tool,
        local_date(record.started_ms),
        short_path(record.project),
        found.thread_type,
        f"{found.session_duration_minutes:.0f}",
        str(found.total_tool_calls),
        str(found.total_human_messages),
        f"{found.overall_score:.2f}" if record.is_qualified else f"({found.overall_score:.2f})",
    ]


def short_path(path: str | None, length: int = PROJECT_LENGTH) -> str:
    """The end of a path; a table has little room."""
    if path is None:
        return "?"
    return path if len(path) <= length else "…" + path[1 - length :]
