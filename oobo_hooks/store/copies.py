"""Finding the anchors of commits that a new one is made of: picked, squashed, applied again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

_SQUASHED = "squashed:"


def with_patch_id(connection: sqlite3.Connection, repository: int, patch_id: str) -> list[str]:
    """Commits whose change was the same, the newest first."""
    rows = connection.execute(
        "SELECT commit_hash FROM anchors WHERE repository = ? AND patch_id = ? ORDER BY made_at DESC",
        (repository, patch_id),
    )
    return [row["commit_hash"] for row in rows]


def with_author(connection: sqlite3.Connection, repository: int, author: str, author_at: int) -> list[str]:
    """Commits written by `author` in this second: git keeps both in every copy. The newest first."""
    rows = connection.execute(
        "SELECT commit_hash FROM anchors WHERE repository = ? AND json_extract(explanation, '$.author_at') = ?"
        " AND json_extract(anchor, '$.author') = ? ORDER BY made_at DESC",
        (repository, author_at, author),
    )
    return [row["commit_hash"] for row in rows]


def remember_squash(connection: sqlite3.Connection, git_dir: str, onto: str, commits: Sequence[str]) -> None:
    """`merge --squash` has put `commits` into the index of a worktree whose HEAD is `onto`."""
    told = json.dumps({"onto": onto, "commits": list(commits)})
    connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (_SQUASHED + git_dir, told))


def squashed_onto(connection: sqlite3.Connection, git_dir: str, parent: str) -> list[str]:
    """The commits that were squashed on `parent` in this worktree and wait for their commit."""
    row = connection.execute("SELECT value FROM state WHERE name = ?", (_SQUASHED + git_dir,)).fetchone()
    told = json.loads(row["value"]) if row else {}
    return [str(commit) for commit in told["commits"]] if told.get("onto") == parent else []


def forget_squash(connection: sqlite3.Connection, git_dir: str) -> None:
    connection.execute("DELETE FROM state WHERE name = ?", (_SQUASHED + git_dir,))
