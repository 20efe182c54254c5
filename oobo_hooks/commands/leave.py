"""`oobo uninstall --all`: hooks out of every known repository, git's template and the agents; completions, too."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from oobo_hooks import repository as repositories
from oobo_hooks.agents import hookfiles
from oobo_hooks.agents import installation as agent_installation
from oobo_hooks.hook import everywhere, installation
from oobo_hooks.repository import Repository
from oobo_hooks.store import anchors, database
from shared import paths
from shared.cli import uninstall
from shared.cli.uninstall import Folder, Part
from shared.errors import OmaError


def run(*, purge: bool, yes: bool, dry_run: bool, json: bool) -> int:
    known = list(_repositories())
    parts = [*_everywhere(), *_hooks(known), *_agents(), *uninstall.completion_parts("oobo")]
    folders = [Folder(repository.state_dir, "commits not yet read") for repository in known]
    folders.append(Folder(paths.tool_home("oobo"), "settings, anchors, what waits to be sent, and keys"))
    return uninstall.run("oobo", parts, folders, purge=purge, yes=yes, dry_run=dry_run, json=json)


def _repositories() -> Iterator[Repository]:
    """Those that the hooks have met, and the one around the current directory, which they may not have met yet."""
    seen: set[Path] = set()
    for place in [Path.cwd(), *_known_places()]:
        try:
            found = repositories.discover(place)
        except OmaError:
            continue  # it is gone, or no repository
        if found.common_dir not in seen:
            seen.add(found.common_dir)
            yield found


def _known_places() -> list[Path]:
    """Of each its last worktree and its git directory: a worktree may be gone, the hooks are not."""
    if not paths.oobo_database().exists():
        return []
    with database.opened() as connection:
        known = anchors.list_repositories(connection)
    return [Path(place) for repository in known for place in (repository.worktree, repository.common_dir)]


def _everywhere() -> list[Part]:
    place = everywhere.target()
    if not installation.plan_removal(place.folder):
        return []
    return [Part("the hooks of repositories to come", str(place.folder), everywhere.uninstall)]


def _hooks(known: list[Repository]) -> list[Part]:
    folders = dict.fromkeys(Path(os.path.realpath(repositories.hooks_dir(repository))) for repository in known)
    folders.pop(Path(os.path.realpath(everywhere.target().folder)), None)
    return [Part("the hooks", str(folder), _removal(folder)) for folder in folders if installation.plan_removal(folder)]


def _removal(folder: Path) -> Callable[[], object]:
    return lambda: installation.uninstall_folder(folder)


def _agents() -> list[Part]:
    plans = [agent_installation.plan_uninstall(agent) for agent in hookfiles.AGENTS]
    return [Part(f"the hooks in {plan.agent}", str(plan.path), _carrying_out(plan)) for plan in plans if plan.changes]


def _carrying_out(plan: agent_installation.Plan) -> Callable[[], object]:
    return lambda: agent_installation.carry_out(plan)
