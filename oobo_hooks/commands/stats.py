"""`oobo stats` and `oobo dash`: how much was written by whom, and whether all is well."""

from __future__ import annotations

import time
from typing import Any

from oobo_hooks import settings, statistics
from oobo_hooks.commands import lookup
from oobo_hooks.commands.anchors import since_seconds
from oobo_hooks.delivery import USER_AGENT
from oobo_hooks.settings import Server
from oobo_hooks.store import anchors, database, outbox
from oobo_hooks.store.anchors import LocalAnchor
from shared import local_daemon, output
from shared.errors import OmaError
from shared.http import Client

HEALTH = "/anchors/health"
HEALTH_SECONDS = 5.0
WEEKS = 8
BAR = 30
_ALL = 2**31


def stats(*, since: str | None, everywhere: bool, json: bool) -> int:
    """Lines, agents, models and tokens of this repository's anchors, or of all."""
    told = statistics.statistics(_anchors(everywhere, since_seconds(since)))
    if json:
        output.print_json(told)
        return 0
    if not told["commits"]:
        output.say("There are no anchors yet. Each commit after `oobo install` gets one.")
        return 0
    share = "–" if told["ai_percentage"] is None else f"{told['ai_percentage']:g} %"
    kinds = ", ".join(f"{count} {kind}" for kind, count in told["author_types"].items())
    tokens = told["tokens"]
    estimated = " (partly estimated)" if told["tokens_estimated"] else ""
    output.print_text(f"commits   {told['commits']} ({kinds})")
    output.print_text(f"lines     +{told['added']} -{told['deleted']}, AI {share}")
    output.print_text(f"sessions  {told['sessions']}")
    output.print_text(f"tokens    {tokens['input_tokens']:,} in / {tokens['output_tokens']:,} out{estimated}")
    if told["agents"]:
        rows = [[name, *map(str, numbers.values())] for name, numbers in told["agents"].items()]
        output.print_text("")
        output.print_table(("agent", "commits", "sessions", "lines"), rows)
    return 0


def _anchors(everywhere: bool, since: float) -> list[LocalAnchor]:
    with database.opened() as connection:
        lookup.say_notices(connection)
        repository = None
        if not everywhere:
            known = lookup.find_place(connection).known
            repository = known.id if known is not None else -1
        return anchors.list_anchors(connection, repository, limit=_ALL, since=since, replaced=False)


def dash(*, json: bool) -> int:
    """Connectivity, outbox, sync, and the AI share of the last weeks over all repositories."""
    loaded = settings.load()
    server = settings.server(loaded)
    asked = server.key is not None or loaded.origin("server.url") != "default"
    earliest = time.time() - (WEEKS + 1) * 7 * 86400
    with database.opened() as connection:
        found = anchors.list_anchors(connection, None, limit=_ALL, since=earliest, replaced=False)
        told: dict[str, Any] = {
            "server": server.url,
            "connection": None,
            "sync": server.sync,
            "logged_in": server.key is not None,
            "outbox": outbox.counts(connection),
            "repositories": len(anchors.list_repositories(connection)),
        }
        pauses = outbox.pauses(connection)
        notices = outbox.take_notices(connection)
    told["connection"] = connectivity(server) if asked else {"state": "not asked", "detail": "no server is set up"}
    told["pause"] = "; ".join(pause.sentence for pause in pauses) or None
    told["weeks"] = statistics.weeks(found, last=WEEKS)
    if json:
        output.print_json({**told, "notices": notices})
        return 0
    for text in notices:
        output.say(f"oobo: {output.printable(text)}")
    _print(told)
    return 0


def connectivity(server: Server) -> dict[str, Any]:
    """`state` is connected, error or down; the embedded daemon is asked but not started for it."""
    base_url = server.url
    if server.is_local:
        record = local_daemon.running()
        if record is None:
            return {"state": "down", "detail": "the embedded daemon does not run; it is started when needed"}
        base_url = record.base_url
    started = time.monotonic()
    try:
        with Client(base_url, user_agent=USER_AGENT, total_seconds=HEALTH_SECONDS) as client:
            answer = client.request("GET", HEALTH)
    except OmaError as error:
        return {"state": "error", "detail": error.message}
    took = round((time.monotonic() - started) * 1000)
    if 200 <= answer.status < 300:
        return {"state": "connected", "detail": f"HTTP {answer.status}", "milliseconds": took}
    return {"state": "error", "detail": f"server returned HTTP {answer.status}", "milliseconds": took}


def _print(told: dict[str, Any]) -> None:
    connection, box = told["connection"], told["outbox"]
    took = f" in {connection['milliseconds']} ms" if "milliseconds" in connection else ""
    sending = "on" if told["sync"] and told["logged_in"] else "off (`oobo auth login`)"
    output.print_text(f"server   {output.cell(told['server'])}")
    output.print_text(f"         {connection['state']} ({output.cell(connection['detail'])}){took}")
    output.print_text(f"sync     {sending}")
    output.print_text(f"outbox   {box['waiting']} waiting, {box['parked']} parked")
    if told["pause"]:
        output.print_text(f"         {output.cell(told['pause'])}")
    output.print_text("")
    output.print_table(("week of", "commits", "lines", "AI", ""), [_week(week) for week in told["weeks"]])


def _week(week: dict[str, Any]) -> list[str]:
    share = week["ai_percentage"]
    bar = "" if share is None else "#" * round(share / 100 * BAR)
    shown = "–" if share is None else f"{share:g} %"
    return [week["week"], str(week["commits"]), f"+{week['added']} -{week['deleted']}", shown, bar]
