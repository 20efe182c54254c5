"""The page around the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from typing import Any

from omas_cli import trends
from omas_cli.dates import local_date
from omas_cli.drawing import DIMENSIONS
from omas_cli.page import svg
from omas_cli.page.style import STYLE
from omas_cli.record import Record

MOST_ROWS = 100
COLUMNS = ("begun", "tool", "project", "type", "minutes", "tools", "people", "P", "L", "B", "Z", "overall")


def page_of(records: Sequence[Record], report: dict[str, Any]) -> str:
    """The whole page; `report` is that of `omas report` for the same sessions, which come newest first."""
    counted = [record for record in records if record.is_qualified]
    days = trends.per_day(records)
    last = max(days, default=date.today())  # noqa: DTZ011 - the user's own calendar
    period = "week" if len({trends.day_of(record) for record in counted}) > 60 else "day"
    found = [bucket for bucket in trends.buckets(counted, period) if bucket.sessions]
    sections = [
        _section("The four dimensions", svg.radar(report["dimensions"]) + _shares(report), "pair"),
        _section(f"Trend, each point a {period}", svg.trend(found) + _legend()),
        _section("Days, by sessions begun", svg.heat_map(days, last) + _left_out(records)),
        _section("Sessions", _table(records)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>AI sessions</title><style>{STYLE}</style></head><body><main>{_head(report)}{''.join(sections)}"
        "</main></body></html>\n"
    )


def _head(report: dict[str, Any]) -> str:
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    tiles = (
        ("composite rank", f"{report['composite_rank']:.2f}", report["level"]),
        ("weighted score", f"{report['weighted_score']:.2f}", "of 10"),
        ("consistency", f"{report['consistency']:.2f}", "of 10"),
        ("sessions", str(report["sessions"]), f"{report['qualified']} qualified"),
        ("tool calls", f"{report['total_tool_calls']:,}", f"{report['total_minutes'] / 60:,.0f} hours"),
    )
    shown = "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{escape(value)}</b><span>{escape(note)}</span></div>'
        for name, value, note in tiles
    )
    return f'<h1>AI sessions</h1><p class="quiet">as of {now}</p><div class="tiles">{shown}</div>{_hint(report)}'


def _hint(report: dict[str, Any]) -> str:
    if report["qualified"]:
        return ""
    return '<p class="hint">None counts yet: a session needs 5 minutes, 10 tool calls and a human message.</p>'


def _section(title: str, body: str, kind: str = "") -> str:
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{body}</section>'


def _left_out(records: Sequence[Record]) -> str:
    note = trends.left_out(records)
    return "" if note is None else f'<p class="quiet">{escape(note)}</p>'


def _shares(report: dict[str, Any]) -> str:
    total = max(report["qualified"], 1)
    rows = "".join(
        f"<tr><td>{escape(name)}</td>"
        f'<td class="wide"><div class="share" style="width:{100 * count / total:.1f}%"></div></td>'
        f"<td>{100 * count / total:.0f} %</td><td>{count}</td></tr>"
        for name, count in report["thread_types"].items()
    )
    return f"<table><caption>Thread types</caption>{rows}</table>"


def _legend() -> str:
    names = [*(name for _, name, _ in DIMENSIONS), "overall"]
    return (
        '<p class="legend">'
        + "".join(f'<span><i class="k{number}"></i>{name}</span>' for number, name in enumerate(names))
        + "</p>"
    )


def _table(records: Sequence[Record]) -> str:
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = "".join(f"<tr>{_cells(record)}</tr>" for record in records[:MOST_ROWS])
    more = len(records) - MOST_ROWS
    note = f'<p class="quiet">{more} older ones are not shown.</p>' if more > 0 else ""
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}'


def _cells(record: Record) -> str:
    found = record.metrics
    # The folder's name only: the page may be shown to others.
    folder = (record.project or "?").rstrip("/").rpartition("/")[2] or "/"
    texts = (local_date(record.started_ms), record.tool, folder, found.thread_type)
    numbers = (
        f"{found.session_duration_minutes:.0f}",
        str(found.total_tool_calls),
        str(found.total_human_messages),
        *(f"{getattr(found, field):.2f}" for _, _, field in DIMENSIONS),
        f"{found.overall_score:.2f}" if record.is_qualified else f"({found.overall_score:.2f})",
    )
    shown = [f"<td>{escape(_visible(text))}</td>" for text in texts]
    return "".join([*shown, *(f'<td class="number">{number}</td>' for number in numbers)])


def _visible(text: str) -> str:
    from shared import output

    return output.cell(text)
