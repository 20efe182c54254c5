"""Runs the command lines of the tour as a user would type them, and says what went wrong when one fails."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.errors import OmaError, UnavailableError

MODULES = {"omar": "omar_daemon", "oobo": "oobo_hooks", "omas": "omas_cli"}
SECONDS = 60.0
VERB_WORDS = 3
"""How much of a command line an error names; the step above it shows all of it."""


class CommandFailed(OmaError):
    """A command line of the tour left with a status that was not expected."""

    def __init__(self, shown: str, status: int, said: str) -> None:
        lines = [line for line in said.strip().splitlines() if line.strip()]
        reason = lines[0] if lines else "it said nothing"
        reason = re.sub(r"\A(omar|oobo|omas): ", "", reason)
        super().__init__(f"`{shown}` left with status {status}: {reason}", hint=" ".join(lines[1:3]).strip() or None)
        self.status = status


class Runner:
    """`environment` is what the commands of the tour see; the suite's three run in this very Python.

    `omar` alone sees the user's own: a daemon started with the tour's variables would hand them to later agents.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._folder = folder

    def run(
        self,
        words: Sequence[str],
        *,
        folder: Path | None = None,
        typed: str | None = None,
        accept: Sequence[int] = (0,),
    ) -> str:
        """Run one command line and return its stdout; `typed` goes into its stdin.

        Raises CommandFailed when its status is not in `accept`, UnavailableError when it hangs.
        """
        shown = shlex.join(words[:VERB_WORDS]) + (" …" if len(words) > VERB_WORDS else "")
        try:
            done = subprocess.run(
                _program(words),
                cwd=folder or self._folder,
                env=None if words[0] == "omar" else self._environment,
                input=typed if typed is not None else "",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnavailableError(f"`{shown}` did not end within {SECONDS:.0f} s.") from None
        except FileNotFoundError:
            raise UnavailableError(f"{words[0]} is not installed.") from None
        if done.returncode not in accept:
            raise CommandFailed(shown, done.returncode, done.stderr or done.stdout)
        return done.stdout


def _program(words: Sequence[str]) -> list[str]:
    if words[0] in MODULES:
        return [sys.executable, "-P", "-m", MODULES[words[0]], *words[1:]]
    return list(words)
