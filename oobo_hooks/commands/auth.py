"""`oobo auth login|logout|status|set-remote`: the server, its key, and whether anchors are sent."""

from __future__ import annotations

from typing import Any

from oobo_hooks import settings
from oobo_hooks.commands import sync
from oobo_hooks.delivery import USER_AGENT
from oobo_hooks.settings import LOCAL, SETTINGS, Server
from oobo_hooks.store import database, outbox
from shared import config, credentials, output
from shared.errors import NotAuthorisedError, UnavailableError, UsageError

VERIFY = "/anchors/verify"
LOCAL_HINT = "Without a server of your own: `oobo auth login --local` logs in to this machine's daemon."


def login(*, local: bool, url: str | None, key_stdin: bool) -> int:
    """Get a key, have the server confirm it, keep it, and switch sync on."""
    if local and url is not None:
        raise UsageError("--local and --server name two servers.", hint="Leave one out.")
    chosen = LOCAL if local else url or settings.load().text("server.url")
    settings.refuse_bad_url(chosen, "--server")
    key = _new_key(chosen, key_stdin)
    server = Server(chosen, key, "login", True)
    try:
        username = verify(server)
    except UnavailableError as error:
        raise UnavailableError(error.message, hint=error.hint or (None if server.is_local else LOCAL_HINT)) from error
    credentials.write("oobo", settings.credential_name(chosen), key)
    if settings.load().text("server.url") != chosen:
        config.set_value("oobo", SETTINGS, "server.url", chosen)
    config.set_value("oobo", SETTINGS, "server.sync", "true")
    with database.opened() as connection, database.transaction(connection):
        outbox.resume(connection)
    who = f"as {output.cell(username)} " if username else ""
    output.say(f"Logged in {who}to {server.shown}. Anchors are sent there from now on.")
    _send_what_waited()
    return 0


def _send_what_waited() -> None:
    """What was held for want of a key goes now; what fails is told by the next command."""
    with database.opened() as connection:
        waiting = outbox.counts(connection)["waiting"]
    if waiting:
        sent = sync.send().outcome.sent
        output.say(f"{output.counted(sent, 'event')} of {waiting} that waited {'is' if waiting == 1 else 'are'} sent.")


def _new_key(url: str, key_stdin: bool) -> str:
    if url == LOCAL and not key_stdin:
        from shared import local_daemon

        return local_daemon.mint_key("oobo", ["anchors"])
    return credentials.read_secret(f"Key for {url}: ")


def verify(server: Server) -> str | None:
    """The user the server says this key belongs to; NotAuthorisedError when it refuses the key."""
    from shared.http import Client, raise_for

    with Client(server.base_url(), user_agent=USER_AGENT, token=server.key) as client:
        answer = client.request("GET", VERIFY)
    if answer.status in (404, 405, 501):
        output.warn(f"{server.url} cannot verify keys ({answer.status}); the key is used as it is.")
        return None
    raise_for(answer, f"Verifying the key with {server.shown}")
    body = answer.json() if answer.content else {}
    found = [body.get(name) for name in ("username", "email")] if isinstance(body, dict) else []
    return next((name for name in found if isinstance(name, str)), None)


def logout() -> int:
    """Forget the key of the present server and send nothing any more; anchors are still made."""
    url = settings.load().text("server.url")
    gone = credentials.delete("oobo", settings.credential_name(url))
    config.set_value("oobo", SETTINGS, "server.sync", "false")
    output.say(f"{'Forgot the key' if gone else 'There was no key'} for {url}; nothing is sent any more.")
    return 0


def status(*, json: bool) -> int:
    """Whether there is a key and the server accepts it; exit 77 when not."""
    loaded = settings.load()
    server = settings.server(loaded)
    shown: dict[str, Any] = {
        "server": server.url,
        "server_origin": loaded.origin("server.url"),
        "key": masked(server.key),
        "key_origin": server.key_origin,
        "sync": server.sync,
        "logged_in": False,
        "username": None,
    }
    problem = f"Not logged in to {server.shown}."
    if server.key is not None:
        try:
            shown["username"] = verify(server)
            shown["logged_in"] = True
        except NotAuthorisedError as error:
            problem = error.message
    if json:
        output.print_json(shown)
        return 0 if shown["logged_in"] else NotAuthorisedError.exit_code
    if not shown["logged_in"]:
        raise NotAuthorisedError(problem, hint="Run `oobo auth login` or `oobo auth login --local`.")
    who = output.cell(shown["username"] or "authenticated")
    output.print_text(f"Logged in to {server.shown} as {who}, key {shown['key']} from {server.key_origin}.")
    output.print_text(f"Sync is {'on' if server.sync else 'off'}.")
    return 0


def masked(key: str | None) -> str | None:
    """The first and last four characters of a key; a short one shows nothing."""
    if key is None:
        return None
    return f"{key[:4]}…{key[-4:]}" if len(key) > 12 else "…"


def set_remote(*, url: str) -> int:
    """Send to another server; its key is asked for by `auth login`."""
    settings.refuse_bad_url(url, "the command line")
    config.set_value("oobo", SETTINGS, "server.url", url.rstrip("/"))
    output.say(f"Anchors go to {url.rstrip('/')}.")
    if settings.server(settings.load()).key is None:
        output.say("There is no key for it yet: run `oobo auth login`.")
    return 0
