"""`omas show ID`: every number of one session."""

from __future__ import annotations

from omas_cli import drawing, ledger, payload
from omas_cli.dates import local_date
from omas_cli.record import Record
from omas_cli.salt import salt
from omas_cli.selection import one
from shared import output

SECTIONS = ("parallelism", "autonomy", "density", "trust")


def run(*, session_id: str, json: bool) -> int:
    with ledger.opened() as book:
        every = book.sessions()
    record = one(every, session_id)
    [shown] = payload.shown_objects([record], every, salt())
    if json:
        output.print_json(shown)
        return 0
    _print_head(record)
    output.print_table(
        ("", "dimension", "", "score"), drawing.dimension_rows(drawing.scores_of(record)), colors={2: drawing.COLORS}
    )
    rows = [[section, _spaced(name), f"{value:g}"] for section in SECTIONS for name, value in shown[section].items()]
    output.print_table(("part", "number", "value"), rows)
    local = shown["local"]
    rows = [[_spaced(name), _text(value)] for name, value in local.items()]
    output.print_table(("stays on this machine", "value"), rows)
    return 0


def _print_head(record: Record) -> None:
    found = record.metrics
    output.print_text(f"{output.cell(record.id)}  {record.tool}  {local_date(record.started_ms)}")
    output.print_text(f"overall {found.overall_score:.2f}  type {found.thread_type}")
    if not record.is_qualified:
        output.print_text("It does not count: that takes 5 minutes, 10 tool calls and a human message.")


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_spaced(name)} {number}" for name, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "?" if value is None else str(value)
