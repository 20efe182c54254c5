"""`doctor` of the three commands: a list of checks, each with a line that says how to mend it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from shared import __version__, output, paths
from shared.config import Setting
from shared.errors import ConfigError
from shared.paths import Tool

Outcome = Literal["ok", "warning", "failed"]
PROGRAM_SECONDS = 5
LEAST_GIT = (2, 31)
INSTALL_GIT = "sudo apt-get install git   (or: brew install git)"
_MARKS: dict[Outcome, str] = {"ok": "ok  ", "warning": "warn", "failed": "FAIL"}


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it stands, and how to mend it when it does not."""

    name: str
    outcome: Outcome
    detail: str
    fix: str | None = None


def run(tool: Tool, checks: Sequence[Check], *, json: bool) -> int:
    """Print the checks; 1 when one failed."""
    failed = [check for check in checks if check.outcome == "failed"]
    if json:
        rows = [{"name": c.name, "outcome": c.outcome, "detail": c.detail, "fix": c.fix} for c in checks]
        output.print_json({"tool": tool, "version": __version__, "ok": not failed, "checks": rows})
        return 1 if failed else 0
    for check in checks:
        output.print_text(f"{_MARKS[check.outcome]}  {check.name}: {output.cell(check.detail)}")
        if check.fix and check.outcome != "ok":
            output.print_text(f"      {check.fix}")
    return 1 if failed else 0


def home_check(tool: Tool) -> Check:
    """Whether the tool's directory is private and can be written."""
    home = paths.tool_home(tool)
    if not home.exists():
        parent = next(folder for folder in home.parents if folder.exists())
        if os.access(parent, os.W_OK):
            return Check("home", "ok", f"{home} will be made when needed")
        return Check("home", "failed", f"{parent} cannot be written", f"set {tool.upper()}_HOME to a place that can")
    if not os.access(home, os.W_OK | os.X_OK):
        return Check("home", "failed", f"{home} cannot be written", f"chmod u+rwx {home}")
    if home.stat().st_mode & 0o077:
        return Check("home", "warning", f"{home} can be read by others", f"chmod 700 {home}")
    return Check("home", "ok", str(home))


def config_check(tool: Tool, settings: Sequence[Setting], tables: Collection[str] = ()) -> Check:
    """Whether the configuration file can be used; `tables` are those in which any key may stand.

    A key that is no setting changes nothing: who mistyped one would never know.
    """
    from shared import config

    path = paths.config_file(tool)
    try:
        config.load(tool, settings)
        unknown = config.unknown_keys(config.read_toml(path), settings, tables)
    except ConfigError as error:
        return Check("config", "failed", error.message, error.hint)
    if unknown:
        words = "is no setting" if len(unknown) == 1 else "are no settings"
        return Check("config", "warning", f"{path}: {', '.join(unknown)} {words}", f"{tool} config show lists them")
    return Check("config", "ok", str(path) if path.exists() else f"{path} (not there, defaults hold)")


def program_check(program: str, least: tuple[int, int], fix: str, *, flag: str = "--version") -> Check:
    """Whether `program` is on PATH, and of version `least` or newer as `flag` makes it say."""
    import shutil

    found = shutil.which(program)
    if found is None:
        return Check(program, "failed", "not found on PATH", fix)
    said = _said(found, flag)
    version = re.search(r"(\d+)\.(\d+)", said)
    if version is not None and (int(version[1]), int(version[2])) < least:
        needed = ".".join(map(str, least))
        return Check(program, "failed", f"{said} at {found} is too old: {needed} or newer is needed", fix)
    return Check(program, "ok", f"{said or program} at {found}")


def _said(program: str, flag: str) -> str:
    import subprocess

    try:
        done = subprocess.run([program, flag], capture_output=True, text=True, check=False, timeout=PROGRAM_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return output.cell(done.stdout)


def daemon_check() -> Check:
    """Whether the local daemon runs, answers and has this version."""
    from shared import local_daemon

    record = local_daemon.running()
    if record is None:
        return Check("daemon", "warning", "not running", "omar up")
    if local_daemon.health(record) is None:
        return Check(
            "daemon", "failed", f"pid {record.pid} does not answer on port {record.port}", "omar down && omar up"
        )
    if record.version != __version__:
        return Check("daemon", "warning", f"runs version {record.version}, this is {__version__}", "omar up")
    return Check("daemon", "ok", f"pid {record.pid} on {record.base_url}")
