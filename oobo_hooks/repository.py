"""Finding a repository and asking git by plumbing, with nothing inherited that could point git elsewhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import OmaError, UnavailableError, UsageError

GIT_SECONDS = 120.0
_SETTINGS = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_STEADY = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "-c", "color.ui=false")


class GitError(OmaError):
    """git left with a status other than 0; `status` and `stderr` are its own."""

    def __init__(self, message: str, *, status: int, stderr: str) -> None:
        super().__init__(message)
        self.status = status
        self.stderr = stderr


class RepositoryGoneError(OmaError):
    """A repository that was met before is not there any more."""


@dataclass(frozen=True)
class Repository:
    """One checkout. `git_dir` is that of this worktree, `common_dir` is shared by all of them; both absolute.

    `worktree` is None in a bare repository.
    """

    git_dir: Path
    common_dir: Path
    worktree: Path | None

    @property
    def state_dir(self) -> Path:
        """Where the hooks leave their spool: `<git-common-dir>/oobo`."""
        return self.common_dir / "oobo"

    @property
    def main_worktree(self) -> Path:
        """The folder the repository is known by: that of the main worktree, or the bare repository itself."""
        if self.common_dir.name == ".git":
            return self.common_dir.parent
        if self.git_dir == self.common_dir and self.worktree is not None:
            return self.worktree
        return self.common_dir

    def git(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """stdout of `git <arguments>` in this repository; GitError when it fails."""
        where = [f"--git-dir={self.git_dir}"]
        if self.worktree is not None:
            where.append(f"--work-tree={self.worktree}")
        return run_git([*where, *arguments], stdin=stdin)

    def git_text(self, *arguments: str) -> str:
        return self.git(*arguments).decode("utf-8", "surrogateescape").removesuffix("\n")

    def try_git(self, *arguments: str) -> str | None:
        """Like `git_text`, but None when git fails."""
        try:
            return self.git_text(*arguments)
        except GitError:
            return None

    def blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """The contents of blobs, in order; GitError when one is not there."""
        if not names:
            return
        out = self.git("cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
        position = 0
        for name in names:
            end = out.index(b"\n", position)
            told = out[position:end].split(b" ")
            if len(told) != 3:
                raise GitError(f"git has no object {name}.", status=0, stderr=out[position:end].decode())
            size = int(told[2])
            yield out[end + 1 : end + 1 + size]
            position = end + 1 + size + 1

    def blob_sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Bytes of each of these blobs that is there."""
        if not names:
            return {}
        out = self.git("cat-file", "--batch-check", stdin="".join(f"{name}\n" for name in names).encode())
        answers = [line.split(b" ") for line in out.splitlines()]
        return {name: int(told[2]) for name, told in zip(names, answers, strict=True) if told[1] == b"blob"}


def git_environment() -> dict[str, str]:
    """The process's environment without GIT_*, in the C locale, and never asking for anything.

    Only where a person's settings stand is kept: that says nothing of a repository.
    """
    kept = {name: value for name, value in os.environ.items() if name in _SETTINGS or not name.startswith("GIT_")}
    return kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def run_git(arguments: Sequence[str], *, stdin: bytes | None = None, cwd: Path | None = None) -> bytes:
    """stdout of git; UnavailableError without git, GitError with its own words when it fails."""
    try:
        done = subprocess.run(
            ["git", *_STEADY, *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            cwd=cwd,
            env=git_environment(),
            timeout=GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise UnavailableError("git was not found on PATH.", hint="Install git.") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"git did not answer within {GIT_SECONDS:.0f} s.") from None
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip()
        raise GitError(f"git {arguments[-1]} failed: {words}", status=done.returncode, stderr=words)
    return done.stdout


def discover(start: Path) -> Repository:
    """The repository that `start` is in; UsageError when it is in none."""
    return _discover_at_once(start) or _discover(start)


def _discover_at_once(start: Path) -> Repository | None:
    """All questions in one, for a worktree whose paths hold no newline, as nearly all are; else None."""
    try:
        answers = _rev_parse(
            start, "--absolute-git-dir", "--git-common-dir", "--is-bare-repository", "--show-toplevel"
        ).split("\n")
    except GitError:
        return None
    if len(answers) != 4 or answers[2] != "false":
        return None
    return Repository(Path(answers[0]), Path(answers[1]), Path(answers[3]))


def _discover(start: Path) -> Repository:
    try:
        # One question each: a path may hold newlines.
        git_dir = _rev_parse(start, "--absolute-git-dir")
        common_dir = _rev_parse(start, "--git-common-dir")
        bare = _rev_parse(start, "--is-bare-repository")
    except GitError as error:
        reason = "git refuses it: " + error.stderr if "dubious" in error.stderr else "there is no git repository"
        raise UsageError(
            f"{start.absolute()}: {reason}.", hint="Go into a repository or make one with `git init`."
        ) from None
    worktree = None
    if bare == "false":
        try:
            worktree = Path(_rev_parse(start, "--show-toplevel"))
        except GitError:
            worktree = _worktree_of(Path(git_dir))
    return Repository(Path(git_dir), Path(common_dir), worktree)


def from_git_dir(git_dir: Path, worktree: Path | None) -> Repository:
    """The repository of a hook's record, read from its files without asking git."""
    git_dir = Path(os.path.realpath(git_dir))
    common_dir = git_dir
    try:
        pointer = (git_dir / "commondir").read_text(encoding="utf-8", errors="surrogateescape").strip()
        common_dir = Path(os.path.realpath(git_dir / pointer))
    except OSError:
        pass
    return Repository(git_dir, common_dir, worktree)


def hooks_dir(repository: Repository) -> Path:
    """Where git looks for hooks: right for worktrees, submodules and `core.hooksPath`."""
    start = repository.worktree or repository.git_dir
    return Path(_rev_parse(start, "--git-path", "hooks"))


def _rev_parse(start: Path, *what: str) -> str:
    out = run_git(["rev-parse", "--path-format=absolute", *what], cwd=start)
    return out.decode("utf-8", "surrogateescape").removesuffix("\n")


def _worktree_of(git_dir: Path) -> Path | None:
    """The worktree when the caller stands inside the git directory itself."""
    return git_dir.parent if git_dir.name == ".git" else None
