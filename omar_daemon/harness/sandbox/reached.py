"""Folders that an agent can change at any moment, reached by descriptors.

The agent may put a link in the place of any of its folders and files. What the daemon reads, writes and deletes there
it does with the rights of the user: so it never follows such a link, not even one that comes between two steps.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def folder_below(root: Path, path: str) -> Iterator[int]:
    """The folder `path` below `root` as a descriptor. Missing folders are made; what is no folder is replaced by one.

    `root` itself must be out of the agent's reach: the source of a mount.
    """
    folder = os.open(root, _FOLDER)
    try:
        for name in PurePosixPath(path.lstrip("/")).parts:
            inner = _entered(folder, name)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _entered(folder: int, name: str) -> int:
    if name == "..":
        raise ValueError("a path within a sandbox does not lead upwards")
    facts = _facts(folder, name)
    if facts is not None and not stat.S_ISDIR(facts.st_mode):
        os.unlink(name, dir_fd=folder)
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    return os.open(name, _FOLDER, dir_fd=folder)


def exists(folder: int, name: str) -> bool:
    """Whether there is anything of this name, be it a link that leads nowhere."""
    return _facts(folder, name) is not None


def _facts(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def write_new(folder: int, name: str, pieces: Iterator[bytes]) -> None:
    """A new file in the place of whatever had the name; OSError when that is a folder."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    with os.fdopen(os.open(name, _NEW, 0o600, dir_fd=folder), "wb") as target:
        for piece in pieces:
            target.write(piece)


def regular_files(root: Path, path: str) -> Iterator[tuple[str, int, str]]:
    """Each regular file below a folder: its path from there (with a leading `/`), its folder, its name there."""
    with folder_below(root, path) as top:
        for parent, _, names, folder in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            for name in names:
                facts = _facts(folder, name)
                if facts is not None and stat.S_ISREG(facts.st_mode):
                    yield "/" + os.path.normpath(f"{parent}/{name}"), folder, name


def opened(path: Path | str, folder: int | None = None) -> BinaryIO:
    """A regular file, to be read; OSError for anything else, and at once: nobody may ever write to a pipe."""
    descriptor = os.open(path, _READ, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def content_of(folder: int, name: str, most: int) -> bytes | None:
    """The bytes of a regular file of at most `most`; None for anything else and for what cannot be read."""
    try:
        with opened(name, folder) as source:
            if os.fstat(source.fileno()).st_size > most:
                return None
            content = source.read(most + 1)
    except OSError:
        return None
    return content if len(content) <= most else None
