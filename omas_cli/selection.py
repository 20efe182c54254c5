"""The sessions a command is about."""

from __future__ import annotations

from collections.abc import Sequence

from omas_cli.dates import since_ms
from omas_cli.record import Record
from shared.errors import OmaError, UsageError

SHOWN_CANDIDATES = 8


def selected(
    records: Sequence[Record], *, since: str | None = None, project: str | None = None, tools: Sequence[str] = ()
) -> list[Record]:
    """Those begun at or after `since`, whose project path contains `project`, of one of `tools`; in given order."""
    earliest = since_ms(since)
    return [
        record
        for record in records
        if (earliest is None or record.started_ms >= earliest)
        and (project is None or project.lower() in (record.project or "").lower())
        and (not tools or record.tool in tools)
    ]


def one(records: Sequence[Record], wanted: str) -> Record:
    """The session whose id is or begins with `wanted`; OmaError when there is none, UsageError when several are."""
    found = [record for record in records if record.id == wanted] or [
        record for record in records if wanted and record.id.startswith(wanted)
    ]
    if not found:
        raise OmaError(f"The ledger has no session {wanted!r}.", hint="Run `omas scan`, then `omas list`.")
    if len(found) > 1:
        some = "".join(f"\n    {record.id}" for record in found[:SHOWN_CANDIDATES])
        raise UsageError(f"{wanted!r} begins {len(found)} session ids.", hint=f"Write more of one:{some}")
    return found[0]
