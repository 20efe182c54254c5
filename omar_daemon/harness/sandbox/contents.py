"""What lies in a session's sandbox before its tools run: files and skills. Blocking; run it in a thread."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from omar_daemon.harness.sandbox.launch import Mount
from omar_daemon.harness.sandbox.layout import PLACES, Layout
from omar_daemon.harness.setup import FileMount, SkillMount
from omar_daemon.store.managed import files as file_room
from omar_daemon.store.managed.skill_archives import read_files
from shared import durable


def place_files(layout: Layout, files: Iterable[FileMount]) -> list[Mount]:
    """Copy files to the seed's path, link the other, and return what must be mounted elsewhere (contract 8)."""
    mounts = []
    for file in files:
        inside = f"{PLACES['home']}/files/{file.file_id}/{file.filename}"
        place = layout.host_path(inside)
        if not place.exists():
            _copy(file_room.blob(file.sha256), place)
        _link(layout.host_path(f"{PLACES['uploads']}/{file.file_id}"), inside)
        if file.mount_path and file.mount_path != inside:
            mounts += _mounted(layout, place, file.mount_path)
    return mounts


def _mounted(layout: Layout, place: Path, target: str) -> list[Mount]:
    """The file under another path: a copy within the session's places, a mount outside of them."""
    there = layout.host_path(target)
    if not there.is_relative_to(layout.root):
        return [Mount(place, target)]
    if not there.exists() and not there.is_symlink() and _safe(layout, there):
        _copy(place, there)
    return []


def _safe(layout: Layout, path: Path) -> bool:
    """Whether no link that the agent made leads the path out of the session's directory."""
    existing = next(parent for parent in path.parents if parent.exists())
    return existing.resolve().is_relative_to(layout.root.resolve())


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        return
    durable.private_dir(target.parent)
    beside = target.with_name(f".{target.name[:200]}.new")
    shutil.copyfile(source, beside)
    beside.replace(target)


def _link(place: Path, inside: str) -> None:
    if not place.is_symlink() and not place.exists():
        durable.private_dir(place.parent)
        place.symlink_to(inside)


def place_skills(layout: Layout, skills: Iterable[SkillMount]) -> None:
    """Unpack each skill to /home/user/.skills/<name>, anew when its version changed."""
    for skill in skills:
        folder = layout.root / "home" / ".skills" / skill.name
        mark = layout.state / f"skill-{skill.name}"
        if folder.is_dir() and mark.is_file() and mark.read_text() == skill.sha256:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        for path, content in read_files(file_room.blob(skill.sha256).read_bytes()).items():
            target = folder.parent / path
            durable.private_dir(target.parent)
            target.write_bytes(content)
        mark.write_text(skill.sha256)
