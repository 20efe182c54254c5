"""What the tools may take of this machine (contract 12)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from shared.config import Config

_MB = 1024 * 1024
_BLOCK = 512
"""The unit of `ulimit -f` (POSIX)."""


@dataclass(frozen=True)
class Limits:
    """The table `[sandbox]` of the settings. Processes and memory are those of all running tools together."""

    processes: int = 1024
    memory_mb: int = 0
    file_mb: int = 10_240
    open_files: int = 4096

    @classmethod
    def of(cls, settings: Config) -> Limits:
        return cls(**{name: settings.integer(f"sandbox.{name}") for name in cls.__dataclass_fields__})

    @property
    def memory(self) -> int:
        """Bytes; half of what the machine has unless a number is set."""
        if self.memory_mb:
            return self.memory_mb * _MB
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2

    @property
    def shared_memory(self) -> int:
        """Bytes for /dev/shm, which no process is seen to hold: a quarter of the bound."""
        return self.memory // 4

    @property
    def as_commands(self) -> str:
        """Shell commands before a tool begins. They only lower: where the user has less, less it is.

        When the machine runs out of memory nevertheless, the kernel is to end a tool and not the daemon.
        """
        lowered = f"ulimit -c 0; ulimit -n {self.open_files}; ulimit -f {self.file_mb * _MB // _BLOCK}; "
        return f"{{ echo 1000 > /proc/self/oom_score_adj; {lowered}{self._wall()}}} 2>/dev/null; "

    def _wall(self) -> str:
        """RLIMIT_NPROC: dash calls it `-p`, other shells `-u`.

        The kernel counts every thread of the user, so the bound is above those that live already. It stops what is
        faster than the watch; root it does not stop.
        """
        others = _tasks()
        bound = others + 2 * self.processes
        return f"ulimit -u {bound} || ulimit -p {bound}; " if others else ""


def _tasks() -> int:
    """How many threads live on this machine; 0 where nobody tells."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, IndexError, ValueError):
        return 0


current = Limits()
"""Those of this daemon; set once, before any tool runs."""


def apply(limits: Limits) -> None:
    global current
    current = limits
