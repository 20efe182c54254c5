"""Putting the hooks into a repository and taking them out again, with every byte that stood there before.

An earlier hook is renamed, not copied, to `<name>.before-oobo`: bytes, mode and times stay its own.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oobo_hooks import repository as repositories
from oobo_hooks.hook import scripts
from oobo_hooks.repository import Repository
from shared import durable
from shared.errors import OmaError

State = Literal["absent", "ours", "outdated", "foreign"]
HOOK_MODE = 0o755


@dataclass(frozen=True)
class HookFile:
    """One hook as it stands: `state` of the file git would run, and whether an earlier one is kept beside it."""

    name: str
    path: Path
    state: State
    kept: bool

    @property
    def kept_path(self) -> Path:
        return self.path.with_name(self.path.name + scripts.KEPT_SUFFIX)

    @property
    def named_path(self) -> Path:
        return self.path.parent / scripts.NAMED_DIR / self.name


@dataclass(frozen=True)
class Change:
    """What installing or uninstalling did, or would do, to one hook."""

    name: str
    path: Path
    action: Literal["written", "chained", "unchanged", "removed", "restored", "left"]
    note: str = ""


def inspect(repository: Repository) -> list[HookFile]:
    return inspect_folder(repositories.hooks_dir(repository))


def inspect_folder(folder: Path) -> list[HookFile]:
    return [_inspect_one(folder / name) for name in scripts.HOOKS]


def is_inside_worktree(repository: Repository) -> bool:
    """Whether the hooks are files of the project itself, as with husky, and not in git's own directory."""
    if repository.worktree is None:
        return False
    folder = Path(os.path.realpath(repositories.hooks_dir(repository)))
    if folder.is_relative_to(os.path.realpath(repository.common_dir)):
        return False
    return folder.is_relative_to(os.path.realpath(repository.worktree))


def plan(repository: Repository) -> list[Change]:
    """What `install` would do."""
    return plan_folder(repositories.hooks_dir(repository))


def plan_folder(folder: Path) -> list[Change]:
    return [_planned(hook) for hook in inspect_folder(folder)]


def plan_removal(folder: Path) -> list[Change]:
    """What `uninstall_folder` would do."""
    return [
        Change(hook.name, hook.path, "restored" if hook.kept else "removed")
        for hook in inspect_folder(folder)
        if hook.state in ("ours", "outdated")
    ]


def install(repository: Repository) -> list[Change]:
    """Write the hooks; doing it twice is doing it once. OmaError when the folder cannot be written."""
    try:
        durable.private_dir(repository.state_dir)
    except OSError as error:
        raise OmaError(f"{repository.state_dir} cannot be made: {error.strerror}.") from error
    return install_folder(repositories.hooks_dir(repository), repository.state_dir / "install.lock")


def install_folder(folder: Path, lock: Path) -> list[Change]:
    """`install` for any folder that git takes hooks from; `lock` keeps two at once apart."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with durable.locked(lock):
            return [_install_one(hook) for hook in inspect_folder(folder)]
    except OSError as error:
        raise OmaError(f"The hooks cannot be written to {folder}: {error.strerror}.") from error


def uninstall(repository: Repository) -> list[Change]:
    """Take the hooks out and put the earlier ones back as they were."""
    return uninstall_folder(repositories.hooks_dir(repository))


def uninstall_folder(folder: Path) -> list[Change]:
    try:
        changes = [_uninstall_one(hook) for hook in inspect_folder(folder)]
        named = folder / scripts.NAMED_DIR
        if named.is_dir() and not any(named.iterdir()):
            named.rmdir()
    except OSError as error:
        raise OmaError(f"A hook cannot be taken out: {error}.") from error
    return changes


def _inspect_one(path: Path) -> HookFile:
    kept = os.path.lexists(path.with_name(path.name + scripts.KEPT_SUFFIX))
    if not os.path.lexists(path):
        return HookFile(path.name, path, "absent", kept)
    body = _body(path)
    if path.is_symlink() or not scripts.is_ours(body):
        return HookFile(path.name, path, "foreign", kept)
    fresh = body == _wanted(path, kept) and os.access(path, os.X_OK)
    return HookFile(path.name, path, "ours" if fresh else "outdated", kept)


def _body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _wanted(path: Path, kept: bool) -> bytes:
    if not kept:
        return scripts.render(path.name, None)
    earlier = _body(path.with_name(path.name + scripts.KEPT_SUFFIX))
    return scripts.render(path.name, scripts.invocation_of(earlier))


def _planned(hook: HookFile) -> Change:
    if hook.state == "ours":
        return Change(hook.name, hook.path, "unchanged")
    if hook.state == "foreign":
        return Change(
            hook.name, hook.path, "chained", f"the hook there is kept as {hook.kept_path.name} and runs first"
        )
    return Change(hook.name, hook.path, "written")


def _install_one(hook: HookFile) -> Change:
    change = _planned(hook)
    if hook.state == "ours":
        return change
    if hook.state == "foreign":
        if hook.kept and _body(hook.path) != _body(hook.kept_path):
            _set_old_kept_aside(hook)
        hook.path.replace(hook.kept_path)
    kept = os.path.lexists(hook.kept_path)
    if kept and scripts.invocation_of(_body(hook.kept_path)).shell is None:
        _link_under_own_name(hook)
    durable.write_atomic(hook.path, _wanted(hook.path, kept), mode=HOOK_MODE)
    return change


def _set_old_kept_aside(hook: HookFile) -> None:
    """Another tool wrote its hook over ours: what we kept before is older than that one."""
    hook.kept_path.rename(f"{hook.kept_path}.{time.strftime('%Y%m%dT%H%M%S')}")


def _link_under_own_name(hook: HookFile) -> None:
    hook.named_path.parent.mkdir(exist_ok=True)
    hook.named_path.unlink(missing_ok=True)
    hook.named_path.symlink_to(Path("..") / hook.kept_path.name)


def _uninstall_one(hook: HookFile) -> Change:
    hook.named_path.unlink(missing_ok=True)
    if hook.state == "foreign":
        note = f"another program wrote this hook; yours from before is {hook.kept_path.name}" if hook.kept else ""
        return Change(hook.name, hook.path, "left", note)
    if hook.kept:
        hook.kept_path.replace(hook.path)
        return Change(hook.name, hook.path, "restored")
    if hook.state == "absent":
        return Change(hook.name, hook.path, "unchanged")
    hook.path.unlink()
    return Change(hook.name, hook.path, "removed")
