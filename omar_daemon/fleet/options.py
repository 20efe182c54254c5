"""The fleet's part of the settings, checked once at the daemon's start."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from omar_daemon.fleet.backends import Registry
from omar_daemon.fleet.health import Thresholds
from shared import paths
from shared.config import Config
from shared.errors import ConfigError

_SOCKET = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
DEFAULT_ERRORS = ("error", "failed", "rate limit", "exception")


@dataclass(frozen=True)
class Options:
    """How a fleet runs. `url` is the daemon's own address, given to agents as OMAR_URL."""

    socket: str
    url: str
    registry: Registry = field(default_factory=Registry)
    default_backend: str = ""
    default_workdir: str = "~"
    max_agents: int = 500
    thresholds: Thresholds = field(default_factory=Thresholds)
    errors: tuple[re.Pattern[str], ...] = ()
    umask: int = 0o022
    """The agents' umask: the daemon's own would make every file of theirs private."""


def from_settings(settings: Config, url: str) -> Options:
    """Options out of `[tmux] [agents] [health] [api] [backends.*]`; ConfigError naming what cannot be used."""
    registry = Registry(settings.table("backends"))
    default = settings.text("agents.default_backend")
    if default and registry.get(default) is None:
        raise ConfigError(
            f"agents.default_backend: there is no backend {default!r}.", hint=f"Known: {', '.join(registry.names())}"
        )
    return Options(
        socket=socket_name(settings),
        url=url,
        registry=registry,
        default_backend=default,
        default_workdir=settings.text("agents.default_workdir") or "~",
        max_agents=settings.integer("api.max_agents"),
        thresholds=Thresholds(settings.number("health.working_seconds"), settings.number("health.stuck_seconds")),
        errors=error_patterns(settings.items("health.error_patterns")),
    )


def socket_name(settings: Config) -> str:
    """Name of the private tmux server's socket."""
    name = settings.text("tmux.socket") or paths.tmux_socket()
    if not _SOCKET.match(name):
        raise ConfigError(f"tmux.socket must be a plain name, not {name!r}.")
    return name


def error_patterns(texts: list[str] | tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Patterns that begin and end with whole words, whatever the case: `error` does not find `terror`."""
    try:
        return tuple(re.compile(rf"(?<!\w){text}(?!\w)", re.IGNORECASE) for text in texts)
    except re.error as error:
        raise ConfigError(f"health.error_patterns: {error} is no regular expression.") from None
