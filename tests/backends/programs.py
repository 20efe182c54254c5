"""The real agent CLIs: where they are kept, and how they are fetched from npm.

    python -m tests.backends.programs            installs what is missing, says what there is

They live outside the checkout, in $OMA_BACKENDS_DIR, else in the user's cache (`oma-suite-backends`), and are
installed once. The places are taken when this module is imported, before a test moves the home.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = dict(os.environ)
INSTALL_SECONDS = 900


def backends_dir() -> Path:
    chosen = ENVIRONMENT.get("OMA_BACKENDS_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    cache = ENVIRONMENT.get("XDG_CACHE_HOME") or Path(ENVIRONMENT.get("HOME", "/")) / ".cache"
    return Path(cache) / "oma-suite-backends"


@dataclass(frozen=True)
class Program:
    """One program: `name` is the executable's (and omar's backend name), `package` npm's."""

    name: str
    package: str

    @property
    def folder(self) -> Path:
        return backends_dir() / self.name

    @property
    def bin_dir(self) -> Path:
        return self.folder / "node_modules" / ".bin"

    @property
    def executable(self) -> Path:
        return self.bin_dir / self.name

    def version(self) -> str | None:
        """The first line of `--version`, None when the program is missing or does not run."""
        if not self.executable.exists():
            return None
        try:
            done = subprocess.run([self.executable, "--version"], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return None
        lines = done.stdout.strip().splitlines()
        return lines[0] if done.returncode == 0 and lines else None

    def install(self) -> str | None:
        """Fetch the program unless it is there; None, or one sentence saying why it could not be had."""
        with _alone(self.folder):
            if self.version() is not None:
                return None
            reason = self._fetch()
            if reason is None and self.version() is None:
                reason = f"{self.package} was installed, but `{self.name} --version` does not run."
            return reason

    def _fetch(self) -> str | None:
        npm = shutil.which("npm", path=ENVIRONMENT.get("PATH"))
        if npm is None:
            return "npm is not installed (Debian: apt-get install nodejs npm)."
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(self.folder), self.package]
        try:
            done = subprocess.run(
                command, env=ENVIRONMENT, cwd=self.folder, capture_output=True, text=True, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"npm install {self.package} took more than {INSTALL_SECONDS} s."
        if done.returncode:
            return f"npm install {self.package} failed: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}"
        return None


CLAUDE = Program("claude", "@anthropic-ai/claude-code")
CODEX = Program("codex", "@openai/codex")
OPENCODE = Program("opencode", "opencode-ai")
# Counts tokens in logs. Newer versions need a native part per platform that a registry may lack.
CCUSAGE = Program("ccusage", "ccusage@18.0.11")
PROGRAMS = (CLAUDE, CODEX, OPENCODE, CCUSAGE)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two test runs install one after the other."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    missing = 0
    for program in PROGRAMS:
        reason = program.install()
        missing += reason is not None
        print(f"{program.name}: {reason or program.version()}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
