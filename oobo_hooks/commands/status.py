"""`oobo status`, `oobo transparency`, `oobo ignore`: how this repository stands."""

from __future__ import annotations

from typing import Any

from oobo_hooks import settings
from oobo_hooks.commands import lookup, sync
from oobo_hooks.commands.lookup import Place
from oobo_hooks.hook import installation, processing, spool
from oobo_hooks.store import anchors, database, outbox
from oobo_hooks.store.anchors import KnownRepository
from shared import output


def status(*, json: bool) -> int:
    """Hooks, anchors, outbox and server at a glance; works without daemon, key and network."""
    with database.opened() as connection:
        place = lookup.find_place(connection)
        shown = {**_here(connection, place), **sync.configured(), "outbox": outbox.counts(connection)}
        pauses = outbox.pauses(connection)
        shown["pause"] = "; ".join(pause.sentence for pause in pauses) or None
        notices = outbox.take_notices(connection)
    if json:
        output.print_json({**shown, "notices": notices})
        return 0
    for text in notices:
        output.say(f"oobo: {output.printable(text)}")
    _print(shown)
    return 0


def _here(connection: Any, place: Place) -> dict[str, Any]:
    loaded = settings.load(place.repository.state_dir)
    known = place.known
    worktree = str(place.repository.worktree or place.repository.common_dir)
    mode = (known.transparency if known else None) or loaded.text("transparency.mode")
    return {
        "repository": str(place.repository.main_worktree),
        "remote": place.remote,
        "hooks": {hook.name: hook.state for hook in installation.inspect(place.repository)},
        "anchors": anchors.count_anchors(connection, known.id) if known else 0,
        "not_yet_read": _waiting_lines(place),
        "transparency": mode,
        "ignored": bool(known and known.ignored) or settings.is_ignored(loaded, worktree, place.remote),
    }


def _waiting_lines(place: Place) -> int:
    """Spool lines that no worker has taken yet."""
    try:
        body = (place.repository.state_dir / spool.SPOOL).read_bytes()
    except OSError:
        return 0
    return sum(b'"record":"' in line and b'"ancestry"' not in line for line in body.split(b"\n"))


def _print(shown: dict[str, Any]) -> None:
    missing = [name for name, state in shown["hooks"].items() if state != "ours"]
    hooks = "installed" if not missing else f"not installed: {', '.join(missing)} (`oobo install`)"
    if shown["ignored"]:
        hooks += "; this repository is ignored"
    box = shown["outbox"]
    sending = "on" if shown["sync"] and shown["logged_in"] else "off (`oobo auth login`)"
    output.print_text(
        f"repository    {output.cell(shown['repository'])} ({output.cell(shown['remote'] or 'no remote')})"
    )
    output.print_text(f"hooks         {hooks}")
    unread = shown["not_yet_read"]
    waiting = f", {output.counted(unread, 'commit')} not read yet (`oobo sync`)" if unread else ""
    output.print_text(f"anchors       {shown['anchors']}{waiting}")
    output.print_text(f"transparency  {shown['transparency']}")
    output.print_text(f"sync          {sending}, to {output.cell(shown['server'])}")
    output.print_text(f"outbox        {box['waiting']} waiting, {box['parked']} parked")
    if shown["pause"]:
        output.print_text(f"              {output.cell(shown['pause'])}")


def transparency(*, mode: str | None, everywhere: bool, json: bool) -> int:
    """Show or set whether redacted transcripts are sent, for this repository or as the default of all."""
    from shared import config
    from shared.errors import UsageError

    if mode not in (None, "on", "off"):
        raise UsageError(f"{mode!r} is neither `on` nor `off`.")
    if everywhere and mode is not None:
        config.set_value("oobo", settings.SETTINGS, "transparency.mode", mode)
        output.say(f"transparency is {mode} by default.")
        return 0
    with database.opened() as connection:
        known = remember_here(connection)
        if mode is not None:
            anchors.set_transparency(connection, known.id, mode)
        default = settings.load().text("transparency.mode")
    shown = mode or known.transparency or default
    if json:
        output.print_json({"mode": shown, "own": mode or known.transparency, "default": default})
    else:
        meaning = "redacted transcripts are sent with anchors" if shown == "on" else "no transcript leaves this machine"
        output.print_text(f"{shown}: {meaning}")
    return 0


def ignore(*, ignored: bool) -> int:
    """Make no anchors here from now on, or make them again."""
    with database.opened() as connection:
        known = remember_here(connection)
        anchors.set_ignored(connection, known.id, ignored)
    output.say(f"{known.name} {'is ignored: its commits get no anchors' if ignored else 'gets anchors again'}.")
    return 0


def remember_here(connection: Any) -> KnownRepository:
    """The row of the repository around the current directory, made when no hook has met it yet."""
    repository = lookup.find_place(connection).repository
    return processing.remember(connection, repository)
