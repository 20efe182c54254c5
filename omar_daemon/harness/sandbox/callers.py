"""Whether a request to the daemon comes out of a sandbox.

Tools of an unrestricted environment share the network of this machine, so they reach the daemon's port. Routes that
ask nobody on this machine for a key would let them start programs outside of their sandbox. Linux only: elsewhere
there is no isolation that could be left.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import stat
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from omar_daemon.harness.sandbox import process

Address = tuple[str, int]

_NET = ("tcp", "tcp6")
_PROC = Path("/proc")
_KEPT = 1024

_judge = ThreadPoolExecutor(1, "callers")
"""Looks through the machine's programs off the event loop. One thread only, so `_outside` needs no lock."""
_outside: dict[tuple[int, Address, Address], None] = {}
"""Connections (inode, both ends) that a program of the user was seen to hold: one that is kept alive is judged once."""


@dataclass(frozen=True)
class _Socket:
    """One end of a connection: its number in the kernel (0 when no program holds it any more) and its user."""

    inode: int
    user: int


async def is_sandboxed(client: Address, server: Address) -> bool:
    """Whether a program that holds this connection may be a tool. Costs nothing while no tool runs.

    A connection of our own user whose holder cannot be found counts as a tool's: one that sends and then closes, or
    that hides its descriptors, must not pass for a program of the user.
    """
    if process.running == 0 or not _PROC.joinpath("self/ns/pid").exists():
        return False
    return await asyncio.get_running_loop().run_in_executor(_judge, _is_tools, client, server)


def _is_tools(client: Address, server: Address) -> bool:
    found = _socket(client, server)
    if found is None or not found.inode:
        return True
    if found.user != os.getuid():
        return False
    # What was closed and what is a new connection from the same port has another inode, or none.
    connection = (found.inode, client, server)
    if connection in _outside:
        return False
    if not _is_held_outside(found.inode):
        return True
    _outside[connection] = None
    if len(_outside) > _KEPT:
        del _outside[next(iter(_outside))]
    return False


def _socket(local: Address, remote: Address) -> _Socket | None:
    # Whole addresses: from 127.0.0.2 a tool can connect with the very port that a program of the user has on 127.0.0.1.
    wanted = [_as_listed(local), _as_listed(remote)]
    for name in _NET:
        try:
            lines = _PROC.joinpath("net", name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[1:3] == wanted:
                return _Socket(int(fields[9]), int(fields[7]))
    return None


def _as_listed(address: Address) -> str:
    """An address as the kernel's tables write it: words of 32 bits in the machine's own order."""
    host, port = address
    packed = ipaddress.ip_address(host).packed
    words = (int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


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
