"""`oobo export --agent-trace`: anchors in the open format, for other programs."""

from __future__ import annotations

import json as json_module
from functools import partial
from pathlib import Path
from typing import Any

from oobo_hooks.agent_trace import trace_record
from oobo_hooks.commands import lookup
from oobo_hooks.commands.anchors import since_seconds
from oobo_hooks.repository import GitError, Repository
from oobo_hooks.store import anchors, database
from oobo_hooks.store.anchors import LocalAnchor
from shared import durable, output
from shared.errors import UsageError

_ALL = 2**31


def run(*, agent_trace: bool, commit: str | None, since: str | None, out: Path | None, json: bool) -> int:
    """One record per line, oldest commit first; with `json` one array. A single commit, or all that stand."""
    if not agent_trace:
        raise UsageError("Say in which format.", hint="`oobo export --agent-trace`")
    with database.opened() as connection:
        lookup.say_notices(connection)
        place = lookup.find_place(connection)
        if commit is not None:
            found = [lookup.find_anchor(connection, place, commit)]
        else:
            found = _standing(connection, place.known.id if place.known else -1, since)
    records = [_record(place.repository, one) for one in reversed(found)]
    _write(records, out, json)
    return 0


def _standing(connection: Any, repository: int, since: str | None) -> list[LocalAnchor]:
    earliest = since_seconds(since)
    return anchors.list_anchors(connection, repository, limit=_ALL, since=earliest, replaced=False)


def _record(repository: Repository, found: LocalAnchor) -> dict[str, Any]:
    return trace_record(found.anchor, partial(_committed_lines, repository, found.commit_hash))


def _committed_lines(repository: Repository, commit: str, path: str) -> list[bytes]:
    try:
        return repository.git("cat-file", "blob", f"{commit}:{path}").removesuffix(b"\n").split(b"\n")
    except GitError:
        return []


def _write(records: list[dict[str, Any]], out: Path | None, json: bool) -> None:
    if out is None and json:
        output.print_json(records)
        return
    if json or (out is not None and out.suffix.lower() == ".json"):
        text = json_module.dumps(records, indent=2, ensure_ascii=False) + "\n"
    else:
        text = "".join(json_module.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if out is None:
        output.print_text(text.removesuffix("\n"))
        return
    durable.write_named(out, text.encode("utf-8", "replace"))
    output.say(f"{output.counted(len(records), 'record')} written to {out}.")
