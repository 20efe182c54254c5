"""Where a session's files lie on this machine, and which paths its tools see them under (seed 001)."""

from __future__ import annotations

import posixpath
import shutil
from dataclasses import dataclass
from pathlib import Path

from omar_daemon.harness.sandbox.reached import folder_below
from shared import durable, paths

PLACES = {
    "workspace": "/workspace",
    "outputs": "/mnt/session/outputs",
    "uploads": "/mnt/session/uploads",
    "memory": "/mnt/memory",
    "home": "/home/user",
    "tmp": "/tmp",  # noqa: S108
}
"""The folder of the session's directory for each path that its tools see."""
WORKSPACE = PLACES["workspace"]
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix")
"""What tools see of this machine, to be read only."""


def folder_of(session_id: str) -> Path:
    return paths.tool_home("omar") / "sandboxes" / session_id


@dataclass(frozen=True)
class Layout:
    """The directory of one session. `home/files` is the seed's /home/user/files."""

    root: Path

    @classmethod
    def of(cls, session_id: str) -> Layout:
        return cls(folder_of(session_id))

    def prepare(self) -> None:
        """Make what is missing."""
        for name in PLACES:
            durable.private_dir(self.root / name)
        durable.private_dir(self.state)
        durable.private_dir(self.marks)
        durable.private_dir(self.base)
        with folder_below(self.root / "home", "files"):
            pass

    @property
    def state(self) -> Path:
        """What tools keep between calls (the shell's variables and place); not part of the agent's world."""
        return self.root / "state"

    @property
    def marks(self) -> Path:
        """What the daemon remembers of what it placed; out of the agent's reach."""
        return self.root / "marks"

    @property
    def base(self) -> Path:
        """An empty folder over which unshare builds the root of the sandbox."""
        return self.root / "base"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    def host_path(self, inside: str) -> Path:
        """Where the path that a tool sees lies on this machine; one outside of the session's places is itself."""
        place, path = self.place_of(inside)
        return place / path

    def place_of(self, inside: str) -> tuple[Path, str]:
        """The same in two parts: a folder the agent cannot replace, and the path below it that it can."""
        plain = posixpath.normpath(posixpath.join(WORKSPACE, inside))
        for name, place in PLACES.items():
            if plain == place or plain.startswith(place + "/"):
                return self.root / name, plain[len(place) :].lstrip("/")
        return Path("/"), plain.lstrip("/")

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
