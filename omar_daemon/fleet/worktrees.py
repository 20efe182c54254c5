"""A git worktree and branch of its own for an agent; removed with it only when nothing would be lost."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omar_daemon.fleet import environment
from omar_daemon.fleet.errors import InvalidRequest, SpawnFailed
from omar_daemon.store.agents import AgentRecord
from shared import durable, output, paths

GIT_SECONDS = 60.0
BRANCHES = "omar/"


@dataclass(frozen=True)
class Worktree:
    """Where the agent works: `workdir` is the same folder in the worktree as the one asked for in `repository`."""

    repository: str
    branch: str
    workdir: str


class GitFailed(Exception):
    """git said no; the message is its own."""


def create(workdir: str, name: str, umask: int) -> Worktree:
    """A new worktree at the HEAD of the repository that holds `workdir`.

    InvalidRequest when there is none or it has no commit; SpawnFailed with git's words.
    """
    try:
        repository = _git(workdir, umask, "rev-parse", "--show-toplevel")
        prefix = _git(workdir, umask, "rev-parse", "--show-prefix")
        _git(workdir, umask, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except GitFailed as error:
        why = f" ({error})" if str(error) else ": the repository has no commit"
        raise InvalidRequest(f"There can be no worktree of {workdir}{why}.") from None
    durable.private_dir(paths.worktrees_dir())
    branch, folder = _free_place(repository, name, umask)
    try:
        _git(repository, umask, "worktree", "add", "--quiet", "-b", branch, str(folder), "HEAD")
    except GitFailed as error:
        raise SpawnFailed(f"The worktree for '{name}' could not be made: {error}") from None
    inside = folder / prefix
    return Worktree(repository, branch, str(inside if inside.is_dir() else folder))


def remove(record: AgentRecord, umask: int) -> dict[str, Any]:
    """Remove an agent's worktree and branch when they are clean and merged.

    Returns `{path, branch, removed, reason}`; `reason` says why it was kept.
    """
    folder, repository, branch = folder_of(record), str(record.repository), str(record.branch)
    try:
        reason = _reason_to_keep(repository, folder, branch, umask)
        if reason is None:
            if folder.exists():
                _git(repository, umask, "worktree", "remove", str(folder))
            _git(repository, umask, "worktree", "prune")
            _git(repository, umask, "branch", "--quiet", "-D", branch)
    except GitFailed as error:
        reason = f"git said: {error}"
    return {"path": str(folder), "branch": branch, "removed": reason is None, "reason": reason}


def folder_of(record: AgentRecord) -> Path:
    """The worktree that holds the agent's working directory."""
    root = paths.worktrees_dir()
    return root / Path(record.workdir).relative_to(root).parts[0]


def _free_place(repository: str, name: str, umask: int) -> tuple[str, Path]:
    """A branch and a folder that an earlier agent of the same name has not left behind."""
    number = 1
    while True:
        label = name if number == 1 else f"{name}-{number}"
        branch, folder = BRANCHES + label, paths.worktrees_dir() / label
        taken = _git(repository, umask, "for-each-ref", "--format=%(refname)", f"refs/heads/{branch}")
        if not taken and not folder.exists():
            return branch, folder
        number += 1


def _reason_to_keep(repository: str, folder: Path, branch: str, umask: int) -> str | None:
    tips = [f"refs/heads/{branch}"]
    if folder.exists():
        changed = _git(str(folder), umask, "status", "--porcelain").splitlines()
        if changed:
            return output.counted(len(changed), "uncommitted change")
        tips.append(_git(str(folder), umask, "rev-parse", "HEAD"))
    for tip in tips:
        holders = _git(repository, umask, "for-each-ref", "--format=%(refname)", "--contains", tip).splitlines()
        if not [holder for holder in holders if holder != f"refs/heads/{branch}"]:
            return f"commits on {branch} that are not merged"
    return None


def _git(folder: str, umask: int, *arguments: str) -> str:
    """What git printed, without the last line feed; GitFailed with its message."""
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment.agent_environment({"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0"}),
            umask=umask,
            timeout=GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise GitFailed("git is not installed") from None
    except OSError as error:
        raise GitFailed(f"git could not be started: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise GitFailed(f"git did not end within {GIT_SECONDS:.0f} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise GitFailed(lines[-1].removeprefix("fatal: ") if lines else "")
    return done.stdout.removesuffix("\n")
