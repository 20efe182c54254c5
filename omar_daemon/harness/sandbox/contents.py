"""What lies in a session's sandbox before its tools run: files and skills. Blocking; run it in a thread."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from omar_daemon.harness.sandbox.launch import Mount
from omar_daemon.harness.sandbox.layout import PLACES, Layout
from omar_daemon.harness.sandbox.reached import exists, folder_below, write_new
from omar_daemon.harness.setup import FileMount, SkillMount
from omar_daemon.store.managed import files as file_room
from omar_daemon.store.managed.skill_archives import read_files

_PIECE = 1024 * 1024


def place_files(layout: Layout, files: Iterable[FileMount]) -> list[Mount]:
    """Copy files to the seed's path, link the other, and return what must be mounted elsewhere (contract 8)."""
    mounts = []
    for file in files:
        inside = f"{PLACES['home']}/files/{file.file_id}/{file.filename}"
        _copy(layout, file.sha256, inside)
        with folder_below(layout.root / "uploads", "") as uploads:
            if not exists(uploads, file.file_id):
                os.symlink(inside, file.file_id, dir_fd=uploads)
        if file.mount_path and file.mount_path != inside:
            mounts += _mounted(layout, file, file.mount_path)
    return mounts


def _mounted(layout: Layout, file: FileMount, target: str) -> list[Mount]:
    """The file under another path: a copy within the session's places, a mount outside of them."""
    if layout.host_path(target).is_relative_to(layout.root):
        _copy(layout, file.sha256, target)
        return []
    # The blob and not the copy: in the place of that one the agent could put a link.
    return [Mount(file_room.blob(file.sha256), target)]


def _copy(layout: Layout, sha256: str, inside: str) -> None:
    """Put a blob where tools see it as `inside`, unless something is there."""
    source = file_room.blob(sha256)
    place, path = layout.place_of(inside)
    parent, _, name = path.rpartition("/")
    if not source.is_file() or not name:
        return
    with folder_below(place, parent) as folder:
        if not exists(folder, name):
            write_new(folder, name, _pieces(source))


def _pieces(source: Path) -> Iterator[bytes]:
    with source.open("rb") as content:
        while piece := content.read(_PIECE):
            yield piece


def place_skills(layout: Layout, skills: Iterable[SkillMount]) -> None:
    """Unpack each skill to /home/user/.skills/<name>, anew when its version changed."""
    home = layout.root / "home"
    for skill in skills:
        mark = layout.marks / f"skill-{skill.name}"
        with folder_below(home, ".skills") as folder:
            if exists(folder, skill.name) and mark.is_file() and mark.read_text() == skill.sha256:
                continue
            shutil.rmtree(skill.name, ignore_errors=True, dir_fd=folder)
        for path, content in read_files(file_room.blob(skill.sha256).read_bytes()).items():
            parent, _, name = path.rpartition("/")
            # A folder the agent made in the place of a file of the skill is its own affair.
            with contextlib.suppress(IsADirectoryError), folder_below(home, f".skills/{parent}") as folder:
                write_new(folder, name, iter([content]))
        mark.write_text(skill.sha256)
