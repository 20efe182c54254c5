"""Meeting the remote's branch: fetch, join, push, and again when somebody else was quicker."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time
from dataclasses import dataclass

from oobo_hooks import repository as repositories
from oobo_hooks.branch import REF, local, tree
from oobo_hooks.repository import GitError, Repository
from oobo_hooks.store.anchors import KnownRepository
from shared.errors import OmaError, UnavailableError

TRIES = 5
NETWORK_SECONDS = 120.0
FIRST_WAIT = 0.1
_KEPT = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_SSL_CAINFO")


@dataclass(frozen=True)
class Exchanged:
    """What one exchange did: anchors written to the branch here, taken from it, and whether the remote was changed."""

    remote: str
    written: int
    taken: int
    pushed: bool


def exchange(repository: Repository, connection: sqlite3.Connection, known: KnownRepository) -> Exchanged:
    """Bring this machine's branch and the remote's together. UnavailableError when the remote cannot be reached."""
    remote = remote_name(repository)
    written = local.write(repository, connection, known)
    for attempt in range(TRIES):
        theirs = _fetch(repository, remote)
        _join(repository, theirs)
        mine = tree.tip(repository)
        pushed = mine is not None and mine != theirs
        if mine is None or mine == theirs or _push(repository, remote, mine, theirs):
            return Exchanged(remote, written, local.read(repository, connection, known), pushed)
        time.sleep(FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, hides nothing
    raise UnavailableError(f"Others keep changing oobo/anchors/v1 of {remote}.", hint="Run `oobo sync --git` again.")


def remote_name(repository: Repository) -> str:
    """`origin`, else the only remote there is."""
    names = [name for name in (repository.try_git("remote") or "").split("\n") if name]
    if "origin" in names:
        return "origin"
    if len(names) == 1:
        return names[0]
    if names:
        raise OmaError(f"There are several remotes and none is called origin: {', '.join(names)}.")
    raise OmaError("This repository has no remote.", hint="`git remote add origin …`")


def _fetch(repository: Repository, remote: str) -> str | None:
    """The tip of the remote's branch with its objects here, or None when it has no such branch."""
    listed = _network(repository, "ls-remote", "--refs", remote, REF)
    theirs = listed.split("\t", 1)[0].strip()
    if not theirs:
        return None
    options = ("--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet")
    kept = f"refs/oobo/remotes/{remote}/anchors-v1"
    _network(repository, "fetch", *options, remote, f"+{REF}:{kept}")
    return tree.tip(repository, kept)


def _join(repository: Repository, theirs: str | None) -> None:
    """Let our branch hold everything of theirs; of two anchors for one commit the one shared first stays."""
    for _ in range(TRIES):
        mine = tree.tip(repository)
        if theirs is None or mine == theirs or (mine is not None and tree.is_ancestor(repository, theirs, mine)):
            return
        if mine is None or tree.is_ancestor(repository, mine, theirs):
            joined = theirs
        else:
            joined = _merged(repository, mine, theirs)
        if tree.move(repository, joined, mine):
            return
    raise OmaError("Others keep changing the branch oobo/anchors/v1.", hint="Try again.")


def _merged(repository: Repository, mine: str, theirs: str) -> str:
    there, here = tree.anchored(repository, theirs), tree.anchored(repository, mine)
    own = {commit: blob for commit, blob in here.items() if commit not in there}
    bodies = repository.blobs(list(own.values()))
    files = {tree.path_of(commit): body for commit, body in zip(own, bodies, strict=True)}
    return tree.add(repository, files, parents=[theirs, mine], message="Anchors of two machines\n")


def _push(repository: Repository, remote: str, mine: str, theirs: str | None) -> bool:
    """Compare-and-swap on the remote; False when its branch is not `theirs` any more."""
    lease = f"--force-with-lease={REF}:{theirs or ''}"
    try:
        # The user's own pre-push is about his code; ours would count this as his push.
        _network(repository, "push", "--no-verify", "--quiet", "--porcelain", lease, remote, f"{mine}:{REF}")
    except GitError as error:
        if _is_race(error.stderr):
            return False
        raise UnavailableError(f"{remote} does not take oobo/anchors/v1: {error.stderr}") from error
    return True


def _is_race(words: str) -> bool:
    return any(
        word in words for word in ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "failed to lock")
    )


def _network(repository: Repository, *arguments: str) -> str:
    """stdout of a git command that talks to the remote, with the user's ways to reach it. It never asks anything."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            ["git", f"--git-dir={repository.git_dir}", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=repositories.git_environment() | kept,
            timeout=NETWORK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"The remote did not answer within {NETWORK_SECONDS:.0f} s.") from None
    words = (done.stderr + (done.stdout if arguments[0] == "push" else b"")).decode("utf-8", "replace").strip()
    if done.returncode != 0 and arguments[0] != "push":
        raise UnavailableError(f"The remote cannot be read: {words}")
    if done.returncode != 0:
        raise GitError(f"git push failed: {words}", status=done.returncode, stderr=words)
    return done.stdout.decode("utf-8", "replace")
