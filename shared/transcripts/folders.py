"""Files of logs below a folder, with size and time, none of them opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from shared.transcripts.model import LogFile

DEEPEST = 8


def listing(folder: str, suffix: str, *, follow_links: bool = False) -> tuple[list[LogFile], list[str]]:
    """The files in `folder` whose names end with `suffix`, and the names of its folders; empty when there is none.

    Folders behind links are named only with `follow_links`.
    """
    files: list[LogFile] = []
    folders: list[str] = []
    try:
        # By descriptor, so that the system need not walk down the whole path again for each file.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError):
        return files, folders
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.name.endswith(suffix):
                    _add_file(files, folder, entry)
                elif entry.is_dir(follow_symlinks=follow_links):
                    folders.append(entry.name)
    except OSError:
        pass
    finally:
        os.close(descriptor)
    return files, folders


def _add_file(files: list[LogFile], folder: str, entry: os.DirEntry[str]) -> None:
    try:
        if entry.is_file():
            status = entry.stat()
            files.append(LogFile(f"{folder}/{entry.name}", status.st_size, status.st_mtime_ns))
    except OSError:
        # Gone in between, or a link that leads nowhere.
        pass


def files_below(folder: str | os.PathLike[str], suffix: str, depth: int = DEEPEST) -> Iterator[LogFile]:
    """Every file whose name ends with `suffix`, in order of path; folders behind links are left out."""
    path = os.fspath(folder)
    files, folders = listing(path, suffix)
    found: dict[str, LogFile | None] = {file.path: file for file in files}
    if depth:
        found.update(dict.fromkeys(f"{path}/{name}" for name in folders))
    for name in sorted(found):
        file = found[name]
        if file is not None:
            yield file
        else:
            yield from files_below(name, suffix, depth - 1)


def folders_in(folder: str | os.PathLike[str]) -> list[str]:
    """Paths of the folders in `folder`, also of those behind links, in order."""
    path = os.fspath(folder)
    return sorted(f"{path}/{name}" for name in listing(path, "/", follow_links=True)[1])


def file_at(path: str | os.PathLike[str]) -> LogFile | None:
    """The file at `path`, None when there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return LogFile(os.fspath(path), status.st_size, status.st_mtime_ns)
