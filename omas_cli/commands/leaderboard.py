"""`omas leaderboard [join|leave]`."""

from __future__ import annotations

from typing import Any

from omas_cli import server
from shared import output
from shared.errors import OmaError, UsageError
from shared.http import raise_for

PERIODS = ("day", "week", "month", "year", "all")
COLUMNS = ("rank", "user", "composite", "weighted", "consistency", "sessions", "type")
FIELDS = (
    "rank",
    "username",
    "composite_rank",
    "weighted_score",
    "consistency",
    "sessions",
    "dominant_thread_type",
)
MOST_PER_PAGE = 200


def show(*, server_url: str | None, period: str, limit: int, json: bool) -> int:
    """The first `limit` users (0 for all), ranked by composite rank over the period."""
    if period not in PERIODS:
        raise UsageError(f"{period!r} is no period.", hint=f"Known: {', '.join(PERIODS)}")
    target = server.target(server_url)
    found = _pages(target, period, limit)
    if json:
        output.print_json(found)
        return 0
    entries = found["entries"]
    if not entries:
        output.say("Nobody is listed. `omas leaderboard join` lists you.")
        return 0
    output.print_table(COLUMNS, [[str(entry.get(name, "?")) for name in FIELDS] for entry in entries])
    return 0


def set_listed(*, server_url: str | None, listed: bool) -> int:
    """Join or leave; nobody is listed who did not ask for it."""
    target = server.target(server_url)
    with server.client(target, server.token_for(target)) as client:
        answer = client.request("PUT", "/api/v1/leaderboard/me", json={"listed": listed})
    raise_for(answer, "Joining the leaderboard" if listed else "Leaving the leaderboard")
    output.say(f"You are {'now' if listed else 'no longer'} listed on {target.shown}.")
    return 0


def _pages(target: server.Target, period: str, limit: int) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    parameters = {"period": period, "limit": str(min(limit, MOST_PER_PAGE) if limit else MOST_PER_PAGE)}
    seen: set[str] = set()
    with server.client(target, server.token_for(target)) as client:
        while True:
            answer = client.request("GET", "/api/v1/leaderboard", params=parameters)
            raise_for(answer, "Reading the leaderboard")
            page = answer.json()
            if not isinstance(page, dict) or not isinstance(page.get("entries"), list):
                raise OmaError(f"{target.shown} did not answer as an OMAS server does.", hint="Check the address.")
            entries += [entry for entry in page["entries"] if isinstance(entry, dict)]
            following = page.get("next")
            has_enough = bool(limit) and len(entries) >= limit
            if not isinstance(following, str) or following in seen or has_enough:
                return {**page, "entries": entries[: limit or None]}
            seen.add(following)
            parameters["cursor"] = following
