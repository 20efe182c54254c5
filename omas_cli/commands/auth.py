"""`omas auth login|status|logout`."""

from __future__ import annotations

from typing import Any

from omas_cli import device_login, server
from omas_cli.server import Target
from omas_cli.settings import LOCAL, SETTINGS
from shared import config, credentials, output
from shared.errors import NotAuthorisedError, OmaError, UnavailableError, UsageError

LOCAL_HINT = "Without a server of your own: `omas auth login --local` logs in to this machine's daemon."


def login(*, local: bool, server_url: str | None, token_stdin: bool) -> int:
    """Get a key, have the server confirm it, keep it, and make that server the one scores go to."""
    if local and server_url is not None:
        raise UsageError("--local and --server name two servers.", hint="Leave one out.")
    target = server.target(LOCAL if local else server_url)
    try:
        token = _new_token(target, token_stdin)
        who = verify(target, token)
    except UnavailableError as error:
        raise UnavailableError(error.message, hint=error.hint or (None if target.is_local else LOCAL_HINT)) from error
    credentials.write("omas", target.credential, token)
    if config.load("omas", SETTINGS).text("server.url") != target.name:
        config.set_value("omas", SETTINGS, "server.url", target.name)
    output.say(f"Logged in to {target.shown} as {output.cell(who['username'])}.")
    return 0


def _new_token(target: Target, token_stdin: bool) -> str:
    if token_stdin:
        return credentials.read_secret(f"Key for {target.shown}: ")
    if target.is_local:
        return server.mint_local_key(target)
    return device_login.token_of(_provider(target))


def _provider(target: Target) -> device_login.Provider:
    """GitHub where a client id for it is configured, else the server itself."""
    found = config.load("omas", SETTINGS)
    client_id = found.text("auth.github_client_id").strip()
    if not client_id:
        return device_login.own_server(target.name)
    return device_login.github(found.text("auth.github_url").strip().rstrip("/"), client_id)


def verify(target: Target, token: str) -> dict[str, Any]:
    """The server's word on whose key it is; NotAuthorisedError when it does not accept it."""
    from shared.http import raise_for

    with server.client(target, token) as client:
        answer = client.request("POST", "/api/v1/auth/verify", json={})
    raise_for(answer, f"Verifying the key with {target.shown}")
    who = answer.json()
    if not isinstance(who, dict) or who.get("valid") is not True or not isinstance(who.get("username"), str):
        raise OmaError(f"{target.shown} did not answer as an OMAS server does.", hint="Check the address.")
    return who


def status(*, server_url: str | None, json: bool) -> int:
    """Whether there is a key for the server and the server accepts it; exit 77 when not."""
    target = server.target(server_url)
    token = server.saved_token(target)
    shown: dict[str, Any] = {"server": target.name, "logged_in": token is not None, "username": None, "provider": None}
    problem = f"Not logged in to {target.shown}."
    if token is not None:
        try:
            who = verify(target, token)
            shown.update(username=who["username"], provider=who.get("provider"))
        except NotAuthorisedError as error:
            shown["logged_in"] = False
            problem = error.message
    if json:
        output.print_json(shown)
        return 0 if shown["logged_in"] else NotAuthorisedError.exit_code
    if not shown["logged_in"]:
        raise NotAuthorisedError(problem, hint=server.LOGIN_HINT)
    name, provider = output.cell(str(shown["username"])), output.cell(str(shown["provider"]))
    output.print_text(f"Logged in to {target.shown} as {name}{'' if target.is_local else f' ({provider})'}.")
    return 0


def logout(*, server_url: str | None) -> int:
    """Forget the key on this machine; it stays good on the server until it is revoked there."""
    target = server.target(server_url)
    if credentials.delete("omas", target.credential):
        output.say(f"Forgot the key for {target.shown}.")
    else:
        output.say(f"There was no key for {target.shown}.")
    return 0
