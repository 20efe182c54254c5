"""Whether a request to the daemon comes out of a sandbox.

Tools of an unrestricted environment share the network of this machine, so they reach the daemon's port. Routes that
ask nobody on this machine for a key would let them start programs outside of their sandbox. Linux only: elsewhere
there is no isolation that could be left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from omar_daemon.harness.sandbox import process

_NET = ("tcp", "tcp6")
_PROC = Path("/proc")
_KEPT = 1024

_judge = ThreadPoolExecutor(1, "callers")
"""Looks through the machine's programs off the event loop. One thread only, so `_outside` needs no lock."""
_outside: dict[tuple[int, int, int], None] = {}
"""Connections (inode, ports) that a program of the user was seen to hold: one that is kept alive is judged once."""


@dataclass(frozen=True)
class _Socket:
    """One end of a connection: its number in the kernel (0 when no program holds it any more) and its user."""

    inode: int
    user: int


async def is_sandboxed(client_port: int, server_port: int) -> bool:
    """Whether a program that holds this connection may be a tool. Costs nothing while no tool runs.

    A connection of our own user whose holder cannot be found counts as a tool's: one that sends and then closes, or
    that hides its descriptors, must not pass for a program of the user.
    """
    if process.running == 0 or not _PROC.joinpath("self/ns/pid").exists():
        return False
    return await asyncio.get_running_loop().run_in_executor(_judge, _is_tools, client_port, server_port)


def _is_tools(client_port: int, server_port: int) -> bool:
    found = _socket(client_port, server_port)
    if found is None or not found.inode:
        return True
    if found.user != os.getuid():
        return False
    # What was closed and what is a new connection from the same port has another inode, or none.
    connection = (found.inode, client_port, server_port)
    if connection in _outside:
        return False
    if not _is_held_outside(found.inode):
        return True
    _outside[connection] = None
    if len(_outside) > _KEPT:
        del _outside[next(iter(_outside))]
    return False


def _socket(local_port: int, remote_port: int) -> _Socket | None:
    wanted = (f":{local_port:04X}", f":{remote_port:04X}")
    for name in _NET:
        try:
            lines = _PROC.joinpath("net", name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[1].endswith(wanted[0]) and fields[2].endswith(wanted[1]):
                return _Socket(int(fields[9]), int(fields[7]))
    return None


def _is_held_outside(inode: int) -> bool:
    """Whether a program in our own PID namespace has this socket open, and none in another namespace."""
    own = _PROC.joinpath("self/ns/pid").stat().st_ino
    outside: list[Path] = []
    inside: list[Path] = []
    for entry in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            (outside if (entry / "ns" / "pid").stat().st_ino == own else inside).append(entry)
    # The few in other namespaces first: any of them settles it. Then the youngest: who calls has often just begun.
    outside.sort(key=lambda entry: int(entry.name), reverse=True)
    return not _one_holds(inside, inode) and _one_holds(outside, inode)


def _one_holds(entries: Iterable[Path], inode: int) -> bool:
    return any(_holds(entry, inode) for entry in entries)


def _holds(entry: Path, inode: int) -> bool:
    try:
        with os.scandir(entry / "fd") as descriptors:
            return any(_is_socket(descriptor, inode) for descriptor in descriptors)
    except OSError:
        return False


def _is_socket(descriptor: os.DirEntry[str], inode: int) -> bool:
    try:
        facts = descriptor.stat()
    except FileNotFoundError:
        # Closed since it was listed; the others still count.
        return False
    return stat.S_ISSOCK(facts.st_mode) and facts.st_ino == inode
