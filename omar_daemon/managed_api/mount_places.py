"""Where a session's files and repositories may lie in its sandbox."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from omar_daemon.harness.sandbox.layout import PLACES, SYSTEM
from omar_daemon.managed_api.errors import bad

_KERNEL = ("/proc", "/dev", "/sys", "/run/oma")


def file_place(path: str) -> str:
    """The path without detours; 400 where nothing can be mounted: every tool of the session would fail."""
    plain = posixpath.normpath(path)
    if plain in ("/", "//") or any(_is_within(plain, place) for place in (*_KERNEL, *SYSTEM)):
        raise bad(f"resources: nothing can be mounted at {path}.")
    if any(_is_within(place, plain) for place in PLACES.values()):
        raise bad(f"resources: {path} is a folder of every session.")
    return plain


def repository_place(path: str) -> str:
    """The same for a repository: it lies where tools can write, and never in the place of such a folder."""
    plain = posixpath.normpath(path)
    if not any(plain.startswith(place + "/") for place in PLACES.values()):
        raise bad(f"resources: a repository lies below one of {', '.join(PLACES.values())}, not at {path}.")
    return file_place(plain)


def check_apart(resources: Sequence[dict[str, Any]]) -> None:
    """400 when two resources have one place, or one lies within a file."""
    places = [resource["mount_path"] for resource in resources]
    if len(set(places)) < len(places):
        raise bad("resources: two of them have the same mount_path.")
    for file in (resource["mount_path"] for resource in resources if resource["type"] == "file"):
        inner = next((place for place in places if place.startswith(file + "/")), None)
        if inner is not None:
            raise bad(f"resources: {inner} lies within the file {file}.")


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")
