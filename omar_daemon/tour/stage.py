"""The throw-away place of a tour: its folders, the environment its commands see, and how all of it goes again."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from omar_daemon.tour.demo_job import GREETING
from omar_daemon.tour.runner import Runner
from shared import output, paths
from shared.errors import OmaError

README = "# Greetings\n\nKind words for people. A throw-away repository of `omar tour`.\n"
# Neither the agent from within which the tour may be started nor the user's own servers have a part in it.
FOREIGN = re.compile(r"(CLAUDE|CODEX_|OPENCODE|GEMINI_|CURSOR_|AIDER|OMAR_(AGENT|PARENT|URL)|OOBO_|OMAS_|GIT_)")
FOREIGN_NAMES = frozenset({"AI_AGENT", "AGENT", "CI", "GITHUB_ACTIONS", "TMUX", "TMUX_PANE"})
KEPT = re.compile(r"GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|EXEC_PATH|(AUTHOR|COMMITTER)_(NAME|EMAIL))\Z")
GONE_SECONDS = 10.0
WORKER = b"oobo_hooks.hook.worker"


class Stage:
    """Everything that lies in the temporary folder. The daemon is the user's own; oobo's and omas's homes are not."""

    def __init__(self, *, demo: bool) -> None:
        """With `demo` the session logs lie here too; a real agent writes where its user's settings say."""
        self.name = f"tour-{secrets.token_hex(3)}"
        self._demo = demo
        self.root = Path(tempfile.mkdtemp(prefix="omar-tour-")).resolve()
        # An anchor knows its project by the folder's name: this one is nobody else's.
        self.repository = self.root / self.name
        self.claude_dir = self.root / "claude"
        self.runner = Runner(self.environment(), self.root)
        self._undo: list[tuple[str, Callable[[], None]]] = []

    def homes(self) -> dict[str, str]:
        """The variables that keep the tour's state in the throw-away folder."""
        moved = {"OOBO_HOME": str(self.root / "oobo"), "OMAS_HOME": str(self.root / "omas")}
        own = os.environ.get("CLAUDE_CONFIG_DIR")
        if self._demo:
            moved["CLAUDE_CONFIG_DIR"] = str(self.claude_dir)
        elif own:
            moved["CLAUDE_CONFIG_DIR"] = own
        return moved

    def environment(self) -> dict[str, str]:
        """The user's environment with the homes moved; the daemon's home stays where it is."""
        own = {name: value for name, value in os.environ.items() if not self._is_foreign(name)}
        omar = paths.moved_home("omar")
        kept = {"OMAR_HOME": str(omar)} if omar is not None else {}
        return {**own, **kept, **self.homes(), "PATH": self._path()}

    @staticmethod
    def _is_foreign(name: str) -> bool:
        return name in FOREIGN_NAMES or (FOREIGN.match(name) is not None and KEPT.match(name) is None)

    @staticmethod
    def _path() -> str:
        """This environment's commands first: the hook and the agent find the suite that gives the tour."""
        return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"

    def make_repository(self) -> list[list[str]]:
        """A git repository with one commit by a person; returns the command lines that made it."""
        self.repository.mkdir()
        (self.repository / "README.md").write_text(README, encoding="utf-8")
        (self.repository / "greeting.py").write_text(GREETING, encoding="utf-8")
        first = [
            ["git", "init", "-q", "--template=", "-b", "main"],
            ["git", "add", "-A"],
            ["git", "commit", "-q", "-m", "Greet by name"],
        ]
        self._git(first[0])
        self._settle_git()
        for words in first[1:]:
            self._git(words)
        return first

    def _settle_git(self) -> None:
        """Settings of the user that would stop or change the tour are overruled in this repository alone."""
        settings = {"commit.gpgSign": "false", "core.hooksPath": str(self.repository / ".git" / "hooks")}
        if not self._git(["git", "config", "user.email"], accept=(0, 1)).strip():
            settings |= {"user.name": "You", "user.email": "you@example.org"}
        for key, value in settings.items():
            self._git(["git", "config", key, value])

    def _git(self, words: list[str], accept: tuple[int, ...] = (0,)) -> str:
        return self.runner.run(words, folder=self.repository, accept=accept)

    def commits(self) -> list[str]:
        """Commit hashes of the repository, newest first."""
        return self._git(["git", "log", "--format=%H"]).split()

    def on_leaving(self, what: str, undo: Callable[[], None]) -> None:
        """Have `undo` called when the tour is cleared away; the last one added is called first."""
        self._undo.append((what, undo))

    @property
    def is_clear(self) -> bool:
        return not self._undo and not self.root.exists()

    def clear(self) -> list[str]:
        """Undo everything and remove the folder; returns what could not be undone, in words."""
        left = []
        for what, undo in reversed(self._undo):
            try:
                undo()
            except OmaError as error:
                left.append(f"{what}: {error.message}")
        self._undo.clear()
        if not self.remove_folder():
            left.append(f"the folder {self.root}")
        return left

    def remove_folder(self) -> bool:
        """Remove the folder. A worker of the hook may write into it once more, one that begins makes it anew."""
        deadline = time.monotonic() + GONE_SECONDS
        while (self.root.exists() or self._is_worked_in()) and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                shutil.rmtree(self.root)
            time.sleep(0.02)
        return not self.root.exists()

    def _is_worked_in(self) -> bool:
        """Whether a worker of the hook lives: its command line names the repository."""
        try:
            listed = subprocess.run(["ps", "-A", "-o", "args="], check=False, capture_output=True)
        except OSError:
            return False
        return any(WORKER in line and os.fsencode(self.root) in line for line in listed.stdout.splitlines())


def tell_left(left: list[str]) -> None:
    for entry in left:
        output.warn(f"could not be cleared away: {entry}")
