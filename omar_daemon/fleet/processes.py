"""The processes of a pane: who must be gone when its agent is killed, and whether it waits at its terminal."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class _Calls(NamedTuple):
    """Numbers of the system calls in which a program waits for its terminal."""

    read: int
    select: int


_CALLS = {"x86_64": _Calls(0, 270), "aarch64": _Calls(63, 72)}


@dataclass(frozen=True, slots=True)
class Process:
    """A process told from a later one with the same pid by the time it was started."""

    pid: int
    started: str


def tree(root: int) -> list[Process]:
    """`root` and everything below it or in its session, as far as it can be seen."""
    table = _CENSUS.table()
    members = {root}
    grown = True
    while grown:
        before = len(members)
        members |= {pid for pid, (parent, session, _) in table.items() if parent in members or session == root}
        grown = len(members) > before
    return [Process(pid, table[pid][2]) for pid in sorted(members) if pid in table and pid > 1]


def find(pid: int) -> Process | None:
    """The process that has this pid now."""
    return next((process for process in tree(pid) if process.pid == pid), None)


def living(processes: list[Process]) -> list[Process]:
    """Those that have not ended yet."""
    if not processes:
        return []
    if not _has_proc():
        table = _ps_table()
        return [one for one in processes if one.pid in table and table[one.pid][2] == one.started]
    found = [(one, _stat_fields(PROC / str(one.pid) / "stat")) for one in processes]
    return [one for one, fields in found if fields and fields[0] != "Z" and fields[19] == one.started]


def kill_left(processes: list[Process]) -> int:
    """SIGKILL those that still live; returns how many there were."""
    count = 0
    for process in living(processes):
        if process.pid != os.getpid():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, signal.SIGKILL)
                count += 1
    return count


class _Census:
    """All processes, counted anew for each question; those who ask while one counts share the next count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = float("-inf")
        self._table: dict[int, tuple[int, int, str]] = {}

    def table(self) -> dict[int, tuple[int, int, str]]:
        asked = time.monotonic()
        with self._lock:
            if self._began < asked:
                self._began = time.monotonic()
                self._table = _proc_table() if _has_proc() else _ps_table()
            return self._table


_CENSUS = _Census()


def _has_proc() -> bool:
    return (PROC / "self" / "stat").exists()


def _proc_table() -> dict[int, tuple[int, int, str]]:
    """pid → (parent, session, start time); zombies left out."""
    table: dict[int, tuple[int, int, str]] = {}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        fields = _stat_fields(entry / "stat")
        if fields and fields[0] != "Z":
            table[int(entry.name)] = (int(fields[1]), int(fields[3]), fields[19])
    return table


def _stat_fields(path: Path) -> list[str]:
    """Fields of /proc/<pid>/stat from the state on; the name before it may hold spaces and brackets."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _ps_table() -> dict[int, tuple[int, int, str]]:
    try:
        done = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,pgid=,lstart="], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    table: dict[int, tuple[int, int, str]] = {}
    for line in done.stdout.splitlines():
        words = line.split(None, 3)
        if len(words) == 4 and words[0].isdigit():
            table[int(words[0])] = (int(words[1]), int(words[2]), words[3])
    return table


def waits_at_terminal(root: int) -> bool:
    """Whether a foreground program of the pane sleeps on its terminal with no time limit (Linux).

    Such a program is not about to end: a spawn need not be watched any longer, and it takes input. False whenever
    it cannot be known.
    """
    return any(_sleeps_on_terminal(pid) for pid in _foreground(root))


def _foreground(root: int) -> list[int]:
    """`root` and its descendants that are in the foreground group of its terminal."""
    fields = _stat_fields(PROC / str(root) / "stat")
    if len(fields) < 6:
        return []
    group, found, family = fields[5], [], [root]
    for pid in family:
        if _stat_fields(PROC / str(pid) / "stat")[2:3] == [group]:
            found.append(pid)
        family += [int(word) for word in _words(PROC / str(pid) / "task" / str(pid) / "children") if word.isdigit()]
    return found


def _sleeps_on_terminal(pid: int) -> bool:
    call = _words(PROC / str(pid) / "syscall")
    numbers = _CALLS.get(platform.machine())
    if numbers is None or len(call) < 7 or not call[0].isdigit():
        return False
    number, first, timeout = int(call[0]), int(call[1], 16), int(call[5], 16)
    if number == numbers.read:
        return _is_terminal(pid, first)
    # A line editor selects on its input alone, without a time limit.
    return number == numbers.select and first == 1 and timeout == 0 and _is_terminal(pid, 0)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []


def _is_terminal(pid: int, descriptor: int) -> bool:
    try:
        return str((PROC / str(pid) / "fd" / str(descriptor)).readlink()).startswith(("/dev/pts/", "/dev/tty"))
    except OSError:
        return False
