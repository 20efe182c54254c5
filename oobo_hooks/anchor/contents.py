"""The versions of a commit's files: before it, in it, and in the worktree as it is now."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from oobo_hooks.anchor.facts import FileFacts
from oobo_hooks.repository import Repository

LARGEST = 4 * 1024 * 1024
"""Bytes; of a larger file only the lines that a commit changed are looked at."""


@dataclass
class Contents:
    """Reads what is asked for, all blobs at once. None stands for a version that is not there or too large."""

    repository: Repository
    commit: str
    worktree: str
    _blobs: dict[str, bytes] = field(default_factory=dict)

    def load(self, files: Iterable[FileFacts]) -> None:
        """Read the blobs of `files` in one go."""
        names = {name for file in files for name in (file.old_blob, file.new_blob) if name is not None}
        sizes = self.repository.blob_sizes(sorted(names))
        wanted = [name for name, size in sizes.items() if size <= LARGEST]
        self._blobs = dict(zip(wanted, self.repository.blobs(wanted), strict=True))

    def before(self, file: FileFacts) -> bytes | None:
        return b"" if file.old_blob is None else self._blobs.get(file.old_blob)

    def committed(self, file: FileFacts) -> bytes | None:
        return b"" if file.new_blob is None else self._blobs.get(file.new_blob)

    def in_worktree(self, file: FileFacts) -> bytes | None:
        """The file as it lies there; of a link what it points to by name, as git keeps it.

        None also when something else than what came of this commit is checked out by now.
        """
        if not self._is_checked_out:
            return None
        place = Path(self.worktree) / file.path
        try:
            if place.is_symlink():
                return os.fsencode(place.readlink())
            return place.read_bytes() if place.is_file() and place.stat().st_size <= LARGEST else None
        except (OSError, ValueError):
            return None

    @cached_property
    def _is_checked_out(self) -> bool:
        head = self.repository.try_git("rev-parse", "--verify", "--quiet", "HEAD")
        if head is None or head == self.commit:
            return True
        return self.repository.try_git("merge-base", "--is-ancestor", self.commit, head) is not None
