"""Whether a request to the daemon comes out of a sandbox.

Tools of an unrestricted environment share the network of this machine, so they reach the daemon's port. Routes that
ask nobody on this machine for a key would let them start programs outside of their sandbox. Linux only: elsewhere
there is no isolation that could be left.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from omar_daemon.harness.sandbox import process

_NET = ("tcp", "tcp6")
_PROC = Path("/proc")


@dataclass(frozen=True)
class _Socket:
    """One end of a connection: its number in the kernel (0 when no program holds it any more) and its user."""

    inode: int
    user: int


def is_sandboxed(client_port: int, server_port: int) -> bool:
    """Whether a program that holds this connection may be a tool. Costs nothing while no tool runs.

    A connection of our own user whose holder cannot be found counts as a tool's: one that sends and then closes, or
    that hides its descriptors, must not pass for a program of the user.
    """
    if process.running == 0 or not _PROC.joinpath("self/ns/pid").exists():
        return False
    found = _socket(client_port, server_port)
    if found is None:
        return True
    if found.inode and found.user != os.getuid():
        return False
    return not found.inode or not _is_held_outside(found.inode)


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
    outside = False
    for entry in _PROC.glob("[0-9]*"):
        try:
            if any(_is_socket(descriptor, inode) for descriptor in os.scandir(entry / "fd")):
                if (entry / "ns" / "pid").stat().st_ino != own:
                    return False
                outside = True
        except OSError:
            continue
    return outside


def _is_socket(descriptor: os.DirEntry[str], inode: int) -> bool:
    facts = descriptor.stat()
    return stat.S_ISSOCK(facts.st_mode) and facts.st_ino == inode
