"""Files of logs below a folder, with size and time, none of them opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from shared.transcripts.model import LogFile

DEEPEST = 8


def files_below(folder: str | os.PathLike[str], suffix: str, depth: int = DEEPEST) -> Iterator[LogFile]:
    """Every file whose name ends with `suffix`, in order of path; folders behind links are left out."""
    for entry in sorted(_entries(folder), key=lambda entry: entry.name):
        if entry.name.endswith(suffix):
            file = log_file(entry)
            if file is not None:
                yield file
        elif depth and entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path, suffix, depth - 1)


def folders_in(folder: str | os.PathLike[str]) -> list[str]:
    return sorted(entry.path for entry in _entries(folder) if entry.is_dir())


def log_file(entry: os.DirEntry[str]) -> LogFile | None:
    try:
        if not entry.is_file():
            return None
        status = entry.stat()
    except OSError:
        return None
    return LogFile(entry.path, status.st_size, status.st_mtime_ns)


def file_at(path: str | os.PathLike[str]) -> LogFile | None:
    """The file at `path`, None when there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return LogFile(os.fspath(path), status.st_size, status.st_mtime_ns)


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
