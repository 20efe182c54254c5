"""Hooks for all of a person's repositories: those to come by git's template, those that are there one by one.

Where git is told to take its hooks from one folder for all repositories (`core.hooksPath` in the person's settings),
ours go there. Otherwise they go into the folder that git copies into each new repository (`init.templateDir`), so
that every repository has hooks of its own, which go on working as git means them to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oobo_hooks import repository as repositories
from oobo_hooks.hook import installation
from oobo_hooks.hook.installation import Change
from oobo_hooks.repository import GitError, Repository
from shared import durable, paths
from shared.errors import OmaError

_TEMPLATE_KEY = "init.templateDir"
_SKIPPED = frozenset({"node_modules", ".cache", ".venv", "__pycache__"})


@dataclass(frozen=True)
class Target:
    """Where hooks for all repositories go; `made_by_us` when nobody had named such a folder before."""

    kind: Literal["hooks path", "template"]
    folder: Path
    made_by_us: bool


def target() -> Target:
    """The folder `oobo install --global` writes to."""
    hooks_path = _global_path("core.hooksPath")
    if hooks_path is not None:
        return Target("hooks path", hooks_path, False)
    template = _global_path(_TEMPLATE_KEY)
    if template is not None and template != _own_template():
        return Target("template", template / "hooks", False)
    return Target("template", _own_template() / "hooks", True)


def install() -> list[Change]:
    """Write the hooks to `target()`, and name it to git when nobody has."""
    place = target()
    if place.made_by_us and not _own_template().is_dir():
        _copy_template()
    changes = installation.install_folder(place.folder, _lock())
    if place.made_by_us:
        _git_config(_TEMPLATE_KEY, str(_own_template()))
    return changes


def uninstall() -> list[Change]:
    """Take the hooks out of `target()`; git has no template of ours any more."""
    place = target()
    changes = installation.uninstall_folder(place.folder)
    if place.made_by_us:
        if _global_path(_TEMPLATE_KEY) == _own_template():
            _git_config("--unset", _TEMPLATE_KEY)
        shutil.rmtree(_own_template(), ignore_errors=True)
    return changes


def find_repositories(folder: Path) -> Iterator[Repository]:
    """Every repository in or below `folder`, by name; one whose hooks were met already is passed over."""
    if not folder.is_dir():
        raise OmaError(f"{folder} is no folder.")
    seen: set[Path] = set()
    for place in _checkouts(folder):
        try:
            repository = repositories.discover(place)
            hooks = Path(os.path.realpath(repositories.hooks_dir(repository)))
        except OmaError:
            # A folder that only looks like one, or that git refuses.
            continue
        if hooks not in seen:
            seen.add(hooks)
            yield repository


def _checkouts(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if ".git" in folders or ".git" in files or {"HEAD", "objects", "refs"} <= {*folders, *files}:
            yield Path(place)
        folders[:] = sorted(name for name in folders if name != ".git" and name not in _SKIPPED)


def _own_template() -> Path:
    return paths.tool_home("oobo") / "template"


def _lock() -> Path:
    home = paths.tool_home("oobo")
    durable.private_dir(home)
    return home / "install.lock"


def _copy_template() -> None:
    """What git itself would put into a new repository, ours beside it."""
    durable.private_dir(_own_template().parent)
    with tempfile.TemporaryDirectory() as folder:
        repositories.run_git(["init", "-q", folder])
        for name in ("hooks", "info", "description", "branches"):
            source = Path(folder) / ".git" / name
            if source.is_dir():
                shutil.copytree(source, _own_template() / name)
            elif source.exists():
                _own_template().mkdir(exist_ok=True)
                shutil.copy2(source, _own_template() / name)


def _global_path(key: str) -> Path | None:
    try:
        found = repositories.run_git(["config", "--global", "--type=path", "--get", key])
    except GitError:
        return None
    return Path(found.decode("utf-8", "surrogateescape").removesuffix("\n")).absolute()


def _git_config(*words: str) -> None:
    """Change the person's own settings; not by `run_git`, whose own settings have no place there."""
    done = subprocess.run(
        ["git", "config", "--global", *words],
        env=repositories.git_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise OmaError(f"git's settings cannot be changed: {done.stderr.strip()}")
