"""The processes above a git command, as far as they still live when the worker looks."""

from __future__ import annotations

from pathlib import Path

LEVELS = 16


def climb(pid: int, levels: int = LEVELS) -> tuple[list[tuple[int, str]], bool]:
    """Number and name of the process `pid` and of those above it, nearest first; and whether the top was reached.

    Nothing, and False, where the process is gone or the system has no /proc.
    """
    chain: list[tuple[int, str]] = []
    while pid > 1 and len(chain) < levels:
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes().decode("utf-8", "replace")
        except OSError:
            return chain, False
        name = stat.partition("(")[2].rpartition(")")[0]
        chain.append((pid, name))
        pid = int(stat.rpartition(")")[2].split()[1])
    return chain, True
