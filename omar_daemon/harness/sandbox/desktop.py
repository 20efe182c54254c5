"""Doors of the person's desktop that a sandbox cannot close as long as it shares the network of this machine.

A Unix socket with an abstract name has no file that could be hidden: it belongs to the network namespace. Behind an
X server's whoever may connect sees every window and types into each; a message bus starts programs.
"""

from __future__ import annotations

from pathlib import Path

_SOCKETS = Path("/proc/net/unix")
_LISTENS = 0x10000
_DOORS = ("/.X11-unix/X", "dbus")


def open_doors() -> list[str]:
    """The abstract sockets (`@…`) of X servers and message buses that take connections here; Linux only."""
    try:
        lines = _SOCKETS.read_text(errors="replace").splitlines()[1:]
    except OSError:
        return []
    # Num, RefCount, Protocol, Flags, Type, St, Inode and, where it has one, the name.
    rows = [fields for fields in (line.split(maxsplit=7) for line in lines) if len(fields) == 8]
    listening = {fields[7] for fields in rows if int(fields[3], 16) & _LISTENS}
    return sorted(name for name in listening if name.startswith("@") and any(door in name for door in _DOORS))
