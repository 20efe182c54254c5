"""`omas report`: how the sessions add up."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from typing import Any

from omas_cli import drawing, ledger, trends
from omas_cli.record import Record
from omas_cli.selection import selected
from shared import output
from shared.wire import ranking

LEVELS = ((2, "beginner"), (4, "developing"), (6, "intermediate"), (8, "advanced"), (float("inf"), "expert"))


def run(*, since: str | None, project: str | None, tools: Sequence[str], json: bool) -> int:
    with ledger.opened() as book:
        every = book.sessions()
    records = selected(every, since=since, project=project, tools=tools)
    report = report_of(records)
    if json:
        output.print_json(report)
        return 0
    if not records:
        output.say("No sessions yet. `omas scan` reads the logs of your AI tools." if not every else "No session fits.")
        return 0
    _print(report)
    _print_calendar(records)
    return 0


def _print_calendar(records: Sequence[Record]) -> None:
    """A year of days at most, as many weeks as the terminal is wide."""
    days = trends.per_day(records)
    if days:
        last = max(days)
        lines = drawing.calendar(days, last, shutil.get_terminal_size().columns)
        output.print_text(f"\nsessions begun, by day, to {last}")
        output.print_text("\n".join(lines))
    if (note := trends.left_out(records)) is not None:
        output.say(note)


def report_of(records: Sequence[Record]) -> dict[str, Any]:
    """Totals, standing, mean of each dimension (each capped at 10) and shares of thread types of qualified sessions."""
    counted = [record for record in records if record.is_qualified]
    standing = ranking.rank([scored(record) for record in counted])
    types = Counter(record.metrics.thread_type for record in counted)
    return {
        "sessions": len(records),
        "qualified": len(counted),
        "weighted_score": standing.weighted_score,
        "consistency": standing.consistency,
        "composite_rank": standing.composite_rank,
        "level": _level(standing.composite_rank),
        "dimensions": {field: _mean(counted, field) for _, _, field in drawing.DIMENSIONS},
        "thread_types": dict(types.most_common()),
        "tools": dict(Counter(record.tool for record in records).most_common()),
        "total_tool_calls": sum(record.metrics.total_tool_calls for record in records),
        "total_minutes": round(sum(record.metrics.session_duration_minutes for record in records), 2),
        "skipped_lines": sum(record.skipped_lines for record in records),
    }


def scored(record: Record) -> ranking.Scored:
    found = record.metrics
    return ranking.Scored(
        found.overall_score,
        found.total_tool_calls,
        found.session_duration_minutes,
        (record.started_ms / 1000, record.id),
    )


def _mean(records: Sequence[Record], field: str) -> float:
    values = [min(getattr(record.metrics, field), drawing.TOP) for record in records]
    return round(sum(values) / len(values), 2) if values else 0.0


def _level(score: float) -> str:
    return next(name for above, name in LEVELS if score < above)


def _print(report: dict[str, Any]) -> None:
    hours = report["total_minutes"] / 60
    output.print_text(
        f"{output.counted(report['sessions'], 'session')}, {report['qualified']} qualified, "
        f"{output.counted(report['total_tool_calls'], 'tool call')}, {hours:.1f} hours"
    )
    if not report["qualified"]:
        output.print_text("None counts yet: a session needs 5 minutes, 10 tool calls and a human message.")
        return
    output.print_text(
        f"composite rank {report['composite_rank']:.2f} ({report['level']})   "
        f"weighted {report['weighted_score']:.2f}   consistency {report['consistency']:.2f}"
    )
    output.print_table(
        ("", "dimension", "", "mean"), drawing.dimension_rows(report["dimensions"]), colors={2: drawing.COLORS}
    )
    total = report["qualified"]
    rows = [
        [name, drawing.bar(count, top=total), f"{100 * count / total:.0f} %", str(count)]
        for name, count in report["thread_types"].items()
    ]
    output.print_table(("type", "", "share", "sessions"), rows, colors={1: [drawing.SHARE_COLOR] * len(rows)})
