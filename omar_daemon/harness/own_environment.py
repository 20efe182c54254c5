"""Keeping the daemon's own secrets out of sight of the tools it runs.

A tool gets none of them in its environment. But without namespaces a program of the same user can read the
environment a process was started with in /proc; so at start the values of secret-looking variables are moved away
from there. The daemon itself, and agents it spawns in tmux, still have them.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTH", re.I)


def hide_secrets() -> list[str]:
    """Blank the secrets in the memory that /proc shows; returns the names of the variables. Linux only."""
    if not sys.platform.startswith("linux"):
        return []
    names = [name for name in os.environ if _SECRET.search(name) and os.environ[name]]
    for place, size in _places(names):
        ctypes.memset(place, 0, size)
    return names


def _places(names: list[str]) -> list[tuple[int, int]]:
    """Where the values of these variables lay when the process was started, after giving each a new place."""
    library = ctypes.CDLL(None)
    block = ctypes.POINTER(ctypes.c_void_p).in_dll(library, "environ")
    wanted = {os.fsencode(name) for name in names}
    found: list[tuple[int, int]] = []
    index = 0
    while (address := block[index]) is not None:
        variable, _, value = ctypes.string_at(address).partition(b"=")
        if variable in wanted:
            found.append((address + len(variable) + 1, len(value)))
        index += 1
    for name in names:
        # Setting a variable gives it new memory; the old one is ours to blank.
        os.environ[name] = os.environ[name]
    return found
