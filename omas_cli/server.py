"""Which server scores go to, and the key for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from omas_cli.settings import LOCAL, SETTINGS
from shared import __version__, config, credentials
from shared.errors import NotAuthorisedError, UsageError

if TYPE_CHECKING:
    from shared.config import Config
    from shared.http import Client

USER_AGENT = f"omas-cli/{__version__}"
SCOPES = ["metrics"]
LOGIN_HINT = "Run `omas auth login --local` for this machine's daemon, or `omas auth login` with --server."


class Target(Struct, frozen=True):
    """A server by its normalised base URL, or `local` for the daemon of this machine."""

    name: str

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL

    @property
    def shown(self) -> str:
        """The server in a sentence."""
        return "this machine's daemon" if self.is_local else self.name

    @property
    def credential(self) -> str:
        """Name of its key in the credentials file: a key is never sent to another server than its own."""
        return f"token@{self.name}"

    def base_url(self) -> str:
        """Where requests go; starts the local daemon when it is meant and does not run."""
        if not self.is_local:
            return self.name
        from shared import local_daemon

        return local_daemon.ensure_running()


def target(flag: str | None) -> Target:
    """Flag > OMAS_API_URL > configuration > https://api.omas.dev."""
    return of(config.load("omas", SETTINGS, {"server.url": flag}))


def of(values: Config) -> Target:
    """The server that the settings name; UsageError for what is no http address."""
    found = values.text("server.url").strip().rstrip("/")
    if found == LOCAL:
        return Target(LOCAL)
    if not found.startswith(("http://", "https://")):
        raise UsageError(f"{found!r} is no server.", hint="Write https://… or `local`.")
    return Target(found)


def saved_token(server: Target) -> str | None:
    return credentials.read("omas", server.credential)


def token_for(server: Target, *, mint: bool = False) -> str:
    """The key for `server`; NotAuthorisedError without one. `mint` makes one where that needs no login (local)."""
    token = saved_token(server)
    if token is None and mint and server.is_local:
        token = mint_local_key(server)
    if token is None:
        raise NotAuthorisedError(
            f"Not logged in to {server.shown}.",
            hint=LOGIN_HINT,
        )
    return token


def mint_local_key(server: Target) -> str:
    """A new key of the user `local` for scores only, kept in the credentials file."""
    from shared import local_daemon

    token = local_daemon.mint_key("omas", SCOPES)
    credentials.write("omas", server.credential, token)
    return token


def client(server: Target, token: str) -> Client:
    from shared.http import Client

    return Client(server.base_url(), user_agent=USER_AGENT, token=token)
