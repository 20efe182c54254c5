"""Ends the tool that takes too much of this machine: too many processes, or too much memory.

No rlimit does it. RLIMIT_NPROC counts every process of the user, and none of root's; RLIMIT_AS and RLIMIT_DATA are per
process and stop programs that only reserve addresses. So a thread counts what runs. It reads /proc, so on Linux only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omar_daemon.harness.sandbox import limits

log = logging.getLogger("omar.harness")

_PROC = Path("/proc")
_SECONDS = 0.05
_FAMILY = re.compile(rb"^(?:PPid|NSsid):\s+(\d+)", re.M)
_HELD = re.compile(rb"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB", re.M)
_SHARED_OUT = re.compile(rb"^(?:Pss_Anon|Pss_Shmem|SwapPss):\s+(\d+) kB", re.M)


@dataclass(eq=False)
class Watched:
    """One running tool. `mark` is in the environment it was started with; `pid` is known once it was started.

    One that `leaves_orphans` has no PID namespace, whose first process would become their parent.
    """

    mark: bytes
    leaves_orphans: bool
    pid: int = 0
    ended_because: str = ""
    members: set[int] = field(default_factory=set)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        # Those that left the group. In a PID namespace they die with its first process anyway.
        for pid in self.members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


class Watch:
    """Looks at all running tools twenty times a second; sleeps while there is none."""

    def __init__(self) -> None:
        self._tools: list[Watched] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._seen: set[int] = set()

    @contextlib.contextmanager
    def over(self, mark: str, *, leaves_orphans: bool) -> Iterator[Watched]:
        """Watch a tool that is started within the block."""
        tool = Watched(mark.encode(), leaves_orphans)
        with self._changed:
            if self._thread is None and _PROC.joinpath("self/stat").exists():
                # Where no thread can be started no tool runs: it would have no bounds.
                thread = threading.Thread(target=self._run, name="sandbox-watch", daemon=True)
                thread.start()
                self._thread = thread
            self._tools.append(tool)
            self._changed.notify()
        try:
            yield tool
        finally:
            with self._changed:
                self._tools.remove(tool)

    def _run(self) -> None:
        with contextlib.suppress(PermissionError, AttributeError):
            # Among thousands of programs that want to run, this thread must have its turn, and the event loop's too,
            # for either waits for the other. Root may ask for it, and root is whom RLIMIT_NPROC does not stop.
            for thread in (0, os.getpid()):
                os.sched_setscheduler(thread, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        while True:
            with self._changed:
                if not self._tools:
                    self._seen = set()
                    self._changed.wait()
            time.sleep(_SECONDS)
            with self._changed:
                tools = list(self._tools)
            try:
                self._look([tool for tool in tools if tool.pid], all_known=all(tool.pid for tool in tools))
            except Exception:
                log.exception("the tools could not be looked at")

    def _look(self, tools: list[Watched], *, all_known: bool) -> None:
        """`all_known`: no tool has begun whose process is not told yet. Else what is new may be its child."""
        there = {int(name) for name in os.listdir(_PROC) if name.isdigit()}  # noqa: PTH208 -- no object for each of many
        for tool in tools:
            tool.members.add(tool.pid)
            tool.members &= there
        new = {pid: _parent_and_session(pid) for pid in there - self._seen}
        # A parent that is not listed began while the list was read: its child is judged the next time.
        self._seen = {pid for pid in there if pid not in new or (all_known and new[pid][0] in there)}
        self._assign(new, tools)
        for tool in tools:
            if tool.ended_because:
                tool.kill()
        self._bound_memory([tool for tool in tools if not tool.ended_because])

    def _assign(self, new: Mapping[int, tuple[int, int]], tools: list[Watched]) -> None:
        """Find whose each new process is; each is judged once, while its parent is likely to be there still."""
        left = dict(new)
        found = True
        while found:
            found = False
            for pid, (parent, session) in list(left.items()):
                tool = next((tool for tool in tools if parent in tool.members or session == tool.pid), None)
                if tool is not None:
                    self._add(pid, tool, tools)
                    del left[pid]
                    found = True
        for pid in left:
            tool = next((tool for tool in tools if tool.leaves_orphans and tool.mark in _content(pid, "environ")), None)
            if tool is not None:
                self._add(pid, tool, tools)

    def _add(self, pid: int, tool: Watched, tools: list[Watched]) -> None:
        """At once over the bound or not: a fork bomb is faster than any loop over all."""
        tool.members.add(pid)
        most = limits.current.processes
        running = {other: len(other.members) for other in tools if not other.ended_because}
        if sum(running.values()) > most:
            greatest = max(running, key=lambda other: running[other])
            greatest.ended_because = (
                f"The command was killed: tools may run {most} processes at once, and it ran {running[greatest]} "
                "or more (setting sandbox.processes)."
            )
            greatest.kill()

    def _bound_memory(self, tools: list[Watched]) -> None:
        most = limits.current.memory
        held = {tool: _bytes(tool, "status", _HELD) for tool in tools}
        if sum(held.values()) > most:
            # What a process shares with its parent since it was forked was counted twice.
            held = {tool: _bytes(tool, "smaps_rollup", _SHARED_OUT) or held[tool] for tool in tools}
        for tool, count in _in_excess(held, most):
            tool.ended_because = (
                f"The command was killed: tools may use {_megabytes(most)} of memory, and it used {_megabytes(count)} "
                "(setting sandbox.memory_mb)."
            )
            tool.kill()


def _in_excess(amounts: Mapping[Watched, int], most: int) -> list[tuple[Watched, int]]:
    """Which tools must end, the greatest first, until the rest keeps within the bound."""
    total = sum(amounts.values())
    ending = []
    for tool, amount in sorted(amounts.items(), key=lambda entry: entry[1], reverse=True):
        if total <= most:
            break
        total -= amount
        ending.append((tool, amount))
    return ending


def _bytes(tool: Watched, name: str, pattern: re.Pattern[bytes]) -> int:
    return 1024 * sum(int(found) for pid in tool.members for found in pattern.findall(_content(pid, name)))


def _megabytes(count: int) -> str:
    return f"{count / 1024**2:.0f} MB"


def _parent_and_session(pid: int) -> tuple[int, int]:
    # Of what tells a process's family only `status` is read without waiting until the process has started its
    # program; one of a fork bomb may keep us waiting for seconds.
    found = _FAMILY.findall(_content(pid, "status"))
    return (int(found[0]), int(found[1])) if len(found) == 2 else (0, 0)


def _content(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


watch = Watch()
"""The one of this process: the bounds are the machine's, not a session's."""
