"""`omas export`: all sessions as JSON, CSV, or one HTML page."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omas_cli import ledger, payload
from omas_cli.commands.report import report_of
from omas_cli.page import page_of
from omas_cli.salt import salt
from omas_cli.selection import selected
from shared import durable, output
from shared.errors import UsageError

FORMULA_SIGNS = ("=", "+", "-", "@")
GROUPS = ("parallelism", "autonomy", "density", "trust")


def run(
    *,
    since: str | None,
    project: str | None,
    tools: Sequence[str],
    as_csv: bool,
    as_html: bool,
    as_json: bool,
    target: Path | None,
) -> int:
    """JSON unless asked otherwise; to stdout unless `target` names a file, which is written whole or not at all."""
    if as_csv + as_html + as_json > 1:
        raise UsageError("--json, --csv and --html are three formats.", hint="Name one.")
    with ledger.opened() as book:
        every = book.sessions()
    records = selected(every, since=since, project=project, tools=tools)
    if as_html:
        text = page_of(records, report_of(records))
    else:
        objects = payload.shown_objects(records, every, salt())
        text = csv_of(objects) if as_csv else output.json_text({"sessions": objects}) + "\n"
    if target is None or str(target) == "-":
        sys.stdout.buffer.write(_bytes(text))
        sys.stdout.flush()
    else:
        durable.write_named(target, _bytes(text))
        output.say(f"{output.counted(len(records), 'session')} written to {target}.")
    return 0


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def csv_of(objects: Sequence[dict[str, Any]]) -> str:
    """One row per session, the groups' fields after the common ones, `local_…` at the end."""
    rows = [_flat(found) for found in objects]
    names = list(rows[0]) if rows else ["session_id"]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    row = {name: _safe(value) for name, value in found.items() if not isinstance(value, dict)}
    for group in GROUPS:
        row |= {name: value for name, value in found[group].items() if name not in row}
    for name, value in found["local"].items():
        if isinstance(value, dict):
            row |= {f"local_{name}_{part}": number for part, number in value.items()}
        else:
            row[f"local_{name}"] = _safe(value)
    return row


def _safe(value: Any) -> Any:
    """Text without what a terminal would obey; what a spreadsheet would take for a formula is marked as text."""
    if not isinstance(value, str):
        return value
    shown = output.printable(value)
    return f"'{shown}" if shown.lstrip().startswith(FORMULA_SIGNS) or shown[:1].isspace() else shown
