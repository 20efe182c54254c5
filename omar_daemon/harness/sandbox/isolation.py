"""What keeps a sandbox apart on this machine: bubblewrap, else Linux namespaces, else nothing (contract 12)."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import Literal

Isolation = Literal["bubblewrap", "unshare", "none"]
_SECONDS = 10
_NAMESPACES = ("--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child")

POWERLESS = "setpriv --no-new-privs --inh-caps=-all --bounding-set=-all"
"""What is started so has no capabilities: with them a tool could mount anew, for writing, what it is to read only."""


@cache
def isolation() -> Isolation:
    """The strongest kind that works here; tried once by running a program in it."""
    if _works("bwrap", "--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"):
        # Answered with this question, in its thread: a tool's start asks it again on the event loop.
        bubblewrap_sizes()
        return "bubblewrap"
    script = f"mount -t tmpfs tmpfs /mnt && exec {POWERLESS} true"
    if shutil.which("pivot_root") and _works("unshare", *_NAMESPACES, "/bin/sh", "-c", script):
        return "unshare"
    return "none"


@cache
def bubblewrap_sizes() -> bool:
    """Whether this bubblewrap can bound a tmpfs (0.7 or newer)."""
    return _works("bwrap", "--size", "4096", "--tmpfs", "/", "--ro-bind", "/", "/", "true")


def _works(program: str, *arguments: str) -> bool:
    path = shutil.which(program)
    if path is None:
        return False
    try:
        done = subprocess.run(
            [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
