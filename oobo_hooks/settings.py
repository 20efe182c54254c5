"""The settings of `oobo` (`~/.oobo/config.toml`), and the server they name.

A repository may have its own in `<git-common-dir>/oobo/.oobo.toml`: beside the objects, where no clone can bring it
along, because a file of the worktree must not decide where a person's anchors go.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from shared import config, credentials, local_daemon
from shared.config import Config, Setting
from shared.errors import ConfigError, OmaError

LOCAL = "local"
TOOLS = ("claude", "codex", "cursor", "gemini", "opencode", "aider", "copilot")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "server.url",
        "https://api.oobo.ai",
        str,
        "where anchors are sent; `local`: the embedded daemon",
        "OOBO_SERVER_URL",
    ),
    Setting(
        "server.api_key",
        "",
        str,
        "the server's key; `oobo auth login` keeps it in a 0600 file",
        "OOBO_SECRET_KEY",
        secret=True,
    ),
    Setting(
        "server.sync", False, bool, "whether anchors are sent at all; `oobo auth login` switches it on", "OOBO_SYNC"
    ),
    Setting(
        "transparency.mode", "off", str, "`on` sends redacted transcripts, `off` sends none", choices=("on", "off")
    ),
    Setting("privacy.send_message", True, bool, "whether the commit message is sent (secrets are always taken out)"),
    Setting("ignored_repos", [], list, "globs of repository folders or remotes that get no anchors"),
    *(Setting(f"{tool}.enabled", True, bool, f"whether sessions of {tool} are looked at") for tool in TOOLS),
)


@dataclass(frozen=True)
class Server:
    """Where events go. `key_origin` names the place the key came from, for `auth status`.

    `is_own`: the repository or the environment names it or something of it, and not the user's settings alone.
    """

    url: str
    key: str | None
    key_origin: str
    sync: bool
    is_own: bool = False

    @property
    def address(self) -> str:
        """What events for it are queued with: '' for the user's server, which may move while they wait."""
        return self.url.rstrip("/") if self.is_own else ""

    @property
    def is_local(self) -> bool:
        return self.url == LOCAL

    @property
    def shown(self) -> str:
        """The server in a sentence."""
        return "this machine's daemon" if self.is_local else self.url

    @property
    def fingerprint(self) -> str:
        """A name for this address with this key that holds no secret."""
        return hashlib.sha256(f"{self.url}\0{self.key or ''}".encode()).hexdigest()[:16]

    def base_url(self) -> str:
        """The address to call; the embedded daemon is started when it does not run."""
        return local_daemon.ensure_running() if self.is_local else self.url.rstrip("/")


def project_dir() -> Path | None:
    """The folder that may hold the settings of the repository around the current directory; None outside of any."""
    from oobo_hooks import repository

    try:
        return repository.discover(Path.cwd()).state_dir
    except OmaError:
        return None


def load(state_dir: Path | None = None) -> Config:
    """The settings; with the `state_dir` of a repository, its own before the user's."""
    return config.load("oobo", SETTINGS, project=state_dir)


def load_users() -> Config:
    """The user's settings as every process has them: a server that one shell's environment names is not in them."""
    one_server = ("OOBO_SERVER_URL", "OOBO_SECRET_KEY")
    if not os.environ.get("OOBO_SERVER_URL"):
        return load()
    environment = {name: value for name, value in os.environ.items() if name not in one_server}
    return config.load("oobo", SETTINGS, environment=environment)


def check(loaded: Config) -> None:
    """ConfigError when the values cannot be used together with what they name."""
    refuse_bad_url(loaded.text("server.url").strip(), loaded.origin("server.url"))


def is_transparent(loaded: Config, own: str | None) -> bool:
    """Whether transcripts are sent: the repository's `own` mode, else the configuration's."""
    return (own or loaded.text("transparency.mode")) == "on"


def server(loaded: Config) -> Server:
    """The server of the configuration: key from OOBO_SECRET_KEY, else a file's, else that of `auth login`."""
    url = loaded.text("server.url").strip()
    refuse_bad_url(url, loaded.origin("server.url"))
    key, origin = loaded.text("server.api_key"), loaded.origin("server.api_key")
    if not key or not _is_for(_layer(loaded, "server.url"), _layer(loaded, "server.api_key")):
        key, origin = credentials.read("oobo", credential_name(url)) or "", "oobo auth login"
    own = _layer(loaded, "server.url") == "env" or any(
        _layer(loaded, name) == "project" for name in ("server.url", "server.api_key", "server.sync")
    )
    return Server(url, key or None, origin if key else "none", loaded.flag("server.sync"), own)


def _layer(loaded: Config, key: str) -> str:
    return loaded.origin(key).partition(" ")[0]


def _is_for(url_layer: str, key_layer: str) -> bool:
    """Whether a key was given for this address, and not for the one of a layer below.

    A key of the environment is for the environment's address or else the user's, not for a repository's.
    """
    if url_layer in ("env", "project"):
        return key_layer == url_layer
    return True


def refuse_bad_url(url: str, origin: str) -> None:
    """ConfigError unless `url` is `local` or an http address; `origin` says who named it."""
    if url == LOCAL:
        return
    if not url.startswith(("https://", "http://")):
        raise ConfigError(f"server.url must be `local` or begin with https://, not {url!r} ({origin}).")


def credential_name(url: str) -> str:
    """Under which name a server's key is kept: each address has its own, so a key never goes to another host."""
    return f"key for {url.rstrip('/')}"


def enabled_tools(loaded: Config) -> tuple[str, ...]:
    """The tools whose logs are looked at: those that can be read and are not switched off."""
    from shared import transcripts

    return tuple(tool for tool in TOOLS if tool in transcripts.TOOLS and loaded.flag(f"{tool}.enabled"))


def is_ignored(loaded: Config, worktree: str, remote: str | None) -> bool:
    """Whether `ignored_repos` names this repository by its folder or its remote."""
    names = [worktree, os.path.realpath(worktree), *([remote] if remote else [])]
    globs = [str(Path(glob).expanduser()) if glob.startswith("~") else glob for glob in loaded.items("ignored_repos")]
    return any(fnmatch.fnmatch(name, glob.rstrip("/")) for glob in globs for name in names)
