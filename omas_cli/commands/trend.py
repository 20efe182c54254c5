"""`omas trend`: how the scores move."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from omas_cli import drawing, ledger, trends
from omas_cli.selection import selected
from omas_cli.trends import Bucket
from shared import output
from shared.errors import UsageError

NAMES = {field: name for _, name, field in drawing.DIMENSIONS} | {"overall_score": "overall"}
LETTERS = {letter.lower(): field for letter, _, field in drawing.DIMENSIONS} | {"overall": "overall_score"}
ALL = "all"
# What stands beside a sparkline in its row.
BESIDE = 44


def run(
    *, since: str | None, project: str | None, tools: Sequence[str], period: str, dimension: str, json: bool
) -> int:
    """Qualified sessions only, as in `report`."""
    fields = _fields(dimension)
    with ledger.opened() as book:
        every = book.sessions()
    records = [record for record in selected(every, since=since, project=project, tools=tools) if record.is_qualified]
    found = trends.buckets(records, period)
    if json:
        output.print_json(_as_json(found, period, fields))
    elif not found:
        none = "None of these sessions counts: that takes 5 minutes, 10 tool calls and a human message."
        output.say(none if every else "No sessions yet. `omas scan` reads the logs of your AI tools.")
    else:
        _print(found, period, fields)
    if (note := trends.left_out(records)) is not None:
        output.say(note)
    return 0


def _fields(dimension: str) -> list[str]:
    if dimension == ALL:
        return list(trends.FIELDS)
    if dimension.lower() not in LETTERS:
        raise UsageError(f"{dimension!r} is no dimension.", hint=f"Known: {ALL}, {', '.join(LETTERS)}")
    return [LETTERS[dimension.lower()]]


def values_of(found: Sequence[Bucket], field: str) -> list[float]:
    return [bucket.means[field] for bucket in found if bucket.sessions]


def _as_json(found: Sequence[Bucket], period: str, fields: Sequence[str]) -> dict[str, Any]:
    return {
        "period": period,
        "buckets": [
            {
                "start": bucket.start.isoformat(),
                "sessions": bucket.sessions,
                **{field: bucket.means.get(field) for field in fields},
            }
            for bucket in found
        ],
        "direction": {field: trends.direction(values_of(found, field)) for field in fields},
    }


def _print(found: Sequence[Bucket], period: str, fields: Sequence[str]) -> None:
    width = shutil.get_terminal_size().columns
    shown = found[-max(width - BESIDE, 8) :]
    sessions = output.counted(sum(bucket.sessions for bucket in shown), "qualified session")
    output.print_text(f"{sessions}, each column a {period}, {shown[0].start} to {shown[-1].start}")
    color_of = dict(zip(trends.FIELDS, drawing.COLORS, strict=True))
    rows = []
    for field in fields:
        values = values_of(shown, field)
        line = drawing.sparkline([bucket.means.get(field) for bucket in shown])
        rows.append([NAMES[field], line, f"{values[-1]:.2f}", trends.direction(values)])
    colors = [color_of[field] for field in fields]
    output.print_table(("dimension", "trend", "now", ""), rows, colors={1: colors})
    if len(fields) == 1:
        _print_bars(shown, fields[0], colors[0])


def _print_bars(shown: Sequence[Bucket], field: str, color: str) -> None:
    rows = [
        [bucket.start.isoformat(), drawing.bar(bucket.means[field]), f"{bucket.means[field]:.2f}", str(bucket.sessions)]
        for bucket in shown
        if bucket.sessions
    ]
    output.print_table(("from", "", "mean", "sessions"), rows, colors={1: [color] * len(rows)})
