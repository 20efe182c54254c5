"""`omar uninstall`: no daemon, no private tmux server, no completions; the state only with --purge."""

from __future__ import annotations

from omar_daemon import lifecycle
from omar_daemon.fleet import environment
from omar_daemon.fleet.connection import SubprocessConnection
from omar_daemon.fleet.errors import TmuxError
from omar_daemon.fleet.options import socket_name
from omar_daemon.fleet.panes import MANAGER
from omar_daemon.settings import SETTINGS
from shared import config, local_daemon, output, paths
from shared.cli import uninstall
from shared.cli.uninstall import Folder, Part
from shared.config import Config
from shared.errors import OmaError


def run(*, purge: bool, yes: bool, dry_run: bool, json: bool) -> int:
    """Refuses while agents live, and --purge while their worktrees are there: nobody could find their work any more."""
    settings = config.load("omar", SETTINGS)
    _refuse_living_agents(settings)
    if purge:
        _refuse_worktrees()
    parts = [*_daemon(), *_tmux(settings), *uninstall.completion_parts("omar")]
    return uninstall.run("omar", parts, _folders(), purge=purge, yes=yes, dry_run=dry_run, json=json)


def _refuse_living_agents(settings: Config) -> None:
    from omar_daemon.fleet.peek import Peek

    found = Peek(settings).overview()
    names = [agent["id"] for agent in found["agents"] if agent["health"] != "dead"]
    manages = found["manager"] is not None and found["manager"]["health"] != "dead"
    if names:
        told = output.counted(len(names), "agent")
        raise OmaError(f"Nothing was removed: {told} still at work.", hint=f"omar kill {' '.join(names)}")
    if manages:
        raise OmaError(
            "Nothing was removed: the manager is still at work.", hint=f"`omar attach {MANAGER}`, and end it there."
        )


def _refuse_worktrees() -> None:
    folder = paths.worktrees_dir()
    if folder.is_dir() and any(folder.iterdir()):
        raise OmaError(
            f"Nothing was removed: {folder} holds worktrees of agents, and maybe work that is nowhere else.",
            hint="`git worktree list` in their repositories shows them; remove them with `git worktree remove`.",
        )


def _daemon() -> list[Part]:
    record = local_daemon.running()
    return [] if record is None else [Part("the daemon", record.base_url, lambda: lifecycle.down(record))]


def _tmux(settings: Config) -> list[Part]:
    """The private server outlives its daemon while it shows how agents ended."""
    socket = socket_name(settings)
    connection = SubprocessConnection(socket, environment.server_environment())
    try:
        if connection.command("list-sessions").error is not None:
            return []
    except TmuxError:
        return []
    return [Part("the private tmux server", f"tmux -L {socket}", lambda: connection.command("kill-server"))]


def _folders() -> list[Folder]:
    home = Folder(
        paths.tool_home("omar"), "agents, events, projects, keys, scores and anchors sent here, managed sessions"
    )
    settings = paths.config_file("omar").parent
    return [home] if settings == home.path else [home, Folder(settings, "settings and prompts")]
