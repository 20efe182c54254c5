"""`omas me`: what the server has of the user, and its deletion."""

from __future__ import annotations

from typing import Any

from omas_cli import ledger, server
from omas_cli.dates import local_time
from shared import output
from shared.errors import OmaError, UsageError
from shared.http import Client, raise_for

COLUMNS = ("session", "begun", "type", "min", "tools", "humans", "score")


def run(*, server_url: str | None, limit: int, json: bool) -> int:
    """`--json` prints the server's answer with all pages joined."""
    target = server.target(server_url)
    with server.client(target, server.token_for(target)) as client:
        found = _all_pages(client)
    if json:
        output.print_json(found)
        return 0
    sessions = found["sessions"]
    stored = output.counted(found["total_sessions"], "session")
    output.print_text(f"{output.cell(str(found.get('username')))} on {target.shown}: {stored}")
    if sessions:
        output.print_table(COLUMNS, [_row(session) for session in sessions[: limit or None]])
    return 0


def delete(*, server_url: str | None, yes: bool, dry_run: bool) -> int:
    """Have the server delete everything it keeps of the user; the ledger here stays."""
    target = server.target(server_url)
    token = server.token_for(target)
    if dry_run:
        output.print_text(f"DELETE /api/v1/metrics/me on {target.shown}")
        return 0
    if not yes:
        raise UsageError(f"This deletes all your sessions on {target.shown}.", hint="Say so with --yes.")
    with server.client(target, token) as client:
        answer = client.request("DELETE", "/api/v1/metrics/me")
    raise_for(answer, "Deleting your data")
    with ledger.opened() as book:
        book.unsettle(target.name)
    deleted = answer.json()
    count = deleted.get("deleted") if isinstance(deleted, dict) else None
    what = output.counted(count, "session") if isinstance(count, int) else "your sessions"
    output.say(f"Deleted on {target.shown}: {what}.")
    return 0


def _all_pages(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parameters: dict[str, str] = {}
    seen: set[str] = set()
    while True:
        answer = client.request("GET", "/api/v1/metrics/me", params=parameters)
        raise_for(answer, "Reading your sessions")
        page = answer.json()
        if not isinstance(page, dict) or not isinstance(page.get("sessions"), list):
            raise OmaError("The server did not answer as an OMAS server does.")
        following = page.pop("next", None)
        found = {**page, "sessions": [*found.get("sessions", []), *page["sessions"]]}
        if not isinstance(following, str) or not following or following in seen:
            found.setdefault("total_sessions", len(found["sessions"]))
            return found
        seen.add(following)
        parameters = {"cursor": following}


def _row(session: Any) -> list[str]:
    if not isinstance(session, dict):
        return ["?"] * len(COLUMNS)
    fields = ("thread_type", "session_duration_minutes", "total_tool_calls", "total_human_messages", "overall_score")
    kind, minutes, *others = (session.get(name, "?") for name in fields)
    shown = f"{minutes:.0f}" if isinstance(minutes, int | float) else str(minutes)
    begun = local_time(str(session.get("timestamp", "?")))
    return [str(session.get("session_id", "?"))[:8], begun, str(kind), shown, *map(str, others)]
