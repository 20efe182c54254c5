"""Repositories and their anchors in the local store."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KnownRepository:
    """A repository the hooks have met. `transparency` is its own mode, or None to follow the configuration."""

    id: int
    common_dir: str
    worktree: str
    name: str
    remote: str | None
    transparency: str | None
    ignored: bool


@dataclass(frozen=True)
class LocalAnchor:
    """An anchor as it is kept. `anchor` has the seed's fields, `explanation` says why each session is linked."""

    repository: int
    commit_hash: str
    committed_at: int
    made_at: float
    replaced_by: str | None
    anchor: dict[str, Any]
    explanation: dict[str, Any]


def remember_repository(
    connection: sqlite3.Connection, *, common_dir: str, worktree: str, name: str, remote: str | None
) -> KnownRepository:
    """The repository with this git directory, made or brought up to date."""
    connection.execute(
        "INSERT INTO repositories (common_dir, worktree, name, remote) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (common_dir) DO UPDATE SET worktree = excluded.worktree, name = excluded.name,"
        " remote = excluded.remote",
        (common_dir, worktree, name, remote),
    )
    found = find_repository(connection, common_dir)
    assert found is not None
    return found


def find_repository(connection: sqlite3.Connection, common_dir: str) -> KnownRepository | None:
    row = connection.execute("SELECT * FROM repositories WHERE common_dir = ?", (common_dir,)).fetchone()
    return _repository(row) if row else None


def repository_with(connection: sqlite3.Connection, repository: int) -> KnownRepository | None:
    row = connection.execute("SELECT * FROM repositories WHERE id = ?", (repository,)).fetchone()
    return _repository(row) if row else None


def list_repositories(connection: sqlite3.Connection) -> list[KnownRepository]:
    rows = connection.execute("SELECT * FROM repositories ORDER BY name, common_dir")
    return [_repository(row) for row in rows]


def set_transparency(connection: sqlite3.Connection, repository: int, mode: str | None) -> None:
    connection.execute("UPDATE repositories SET transparency = ? WHERE id = ?", (mode, repository))


def set_ignored(connection: sqlite3.Connection, repository: int, ignored: bool) -> None:
    connection.execute("UPDATE repositories SET ignored = ? WHERE id = ?", (ignored, repository))


def has_anchor(connection: sqlite3.Connection, repository: int, commit: str) -> bool:
    wanted = "SELECT 1 FROM anchors WHERE repository = ? AND commit_hash = ?"
    return connection.execute(wanted, (repository, commit)).fetchone() is not None


def insert_anchor(
    connection: sqlite3.Connection, repository: int, anchor: dict[str, Any], explanation: dict[str, Any]
) -> bool:
    """Keep an anchor and mark those it replaces; False when this commit has one already."""
    added = connection.execute(
        "INSERT OR IGNORE INTO anchors (repository, commit_hash, committed_at, made_at, patch_id, anchor, explanation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            repository,
            anchor["commit_hash"],
            anchor["committed_at"],
            time.time(),
            explanation.get("patch_id"),
            json.dumps(anchor),
            json.dumps(explanation),
        ),
    ).rowcount
    for old in anchor["replaces"]:
        connection.execute(
            "UPDATE anchors SET replaced_by = ? WHERE repository = ? AND commit_hash = ?",
            (anchor["commit_hash"], repository, old),
        )
    return added == 1


def find_anchors(connection: sqlite3.Connection, repository: int, prefix: str) -> list[LocalAnchor]:
    """The anchors whose hash is or begins with `prefix` (hex only), newest first."""
    rows = connection.execute(
        "SELECT * FROM anchors WHERE repository = ? AND commit_hash >= ? AND commit_hash < ? ORDER BY made_at DESC",
        (repository, prefix, prefix + "g"),
    )
    return [_anchor(row) for row in rows]


def find_anchor(connection: sqlite3.Connection, repository: int, commit: str) -> LocalAnchor | None:
    wanted = "SELECT * FROM anchors WHERE repository = ? AND commit_hash = ?"
    row = connection.execute(wanted, (repository, commit)).fetchone()
    return _anchor(row) if row else None


def list_anchors(
    connection: sqlite3.Connection, repository: int | None, *, limit: int, since: float = 0.0, replaced: bool = True
) -> list[LocalAnchor]:
    """The newest anchors of one repository, or of all; `replaced=False` leaves out commits that were rewritten."""
    rows = connection.execute(
        "SELECT * FROM anchors WHERE (? IS NULL OR repository = ?) AND committed_at >= ?"
        " AND (? OR replaced_by IS NULL) ORDER BY committed_at DESC, made_at DESC LIMIT ?",
        (repository, repository, since, replaced, limit),
    )
    return [_anchor(row) for row in rows]


def anchored_commits(connection: sqlite3.Connection, repository: int) -> list[str]:
    """Every commit of a repository that has an anchor, the oldest anchor first."""
    rows = connection.execute("SELECT commit_hash FROM anchors WHERE repository = ? ORDER BY made_at", (repository,))
    return [row["commit_hash"] for row in rows]


def commits_of(connection: sqlite3.Connection, session_ids: Collection[str]) -> dict[str, list[str]]:
    """Session id → the commits, newest first, that it stands behind in any repository; rewritten ones are left out.

    One look at the anchors for all of the sessions: each look reads every anchor.
    """
    found: dict[str, list[str]] = {session_id: [] for session_id in session_ids}
    rows = connection.execute(
        "SELECT linked.value AS session_id, commit_hash"
        " FROM anchors, json_each(anchors.anchor, '$.session_ids') AS linked"
        " WHERE replaced_by IS NULL AND linked.value IN (SELECT value FROM json_each(?)) ORDER BY committed_at DESC",
        (json.dumps(list(found)),),
    )
    for row in rows:
        found[row["session_id"]].append(row["commit_hash"])
    return found


def count_anchors(connection: sqlite3.Connection, repository: int) -> int:
    found = connection.execute("SELECT count(*) FROM anchors WHERE repository = ?", (repository,)).fetchone()
    return int(found[0])


def taken_lines(connection: sqlite3.Connection, repository: int, session_id: str) -> dict[str, set[int]]:
    """Edit id → the indexes of its lines that earlier anchors have taken, for one session."""
    rows = connection.execute(
        "SELECT edit_id, lines FROM taken_edits WHERE repository = ? AND session_id = ?", (repository, session_id)
    )
    return {row["edit_id"]: _expanded(json.loads(row["lines"])) for row in rows}


def take_lines(connection: sqlite3.Connection, repository: int, session_id: str, taken: dict[str, set[int]]) -> None:
    """Add to what was taken of these edits; an edit with no line taken is marked as seen by an anchor."""
    before = taken_lines(connection, repository, session_id)
    rows = [
        (repository, session_id, edit_id, json.dumps(_ranges(lines | before.get(edit_id, set()))))
        for edit_id, lines in taken.items()
    ]
    connection.executemany("INSERT OR REPLACE INTO taken_edits VALUES (?, ?, ?, ?)", rows)


def last_usage(connection: sqlite3.Connection, repository: int, session_id: str) -> dict[str, int] | None:
    """The session's token totals at its newest anchor, or None when it has none."""
    row = connection.execute(
        "SELECT total FROM session_usage WHERE repository = ? AND session_id = ? ORDER BY made_at DESC LIMIT 1",
        (repository, session_id),
    ).fetchone()
    return json.loads(row["total"]) if row else None


def insert_usage(
    connection: sqlite3.Connection,
    repository: int,
    session_id: str,
    commit: str,
    total: dict[str, int],
    since_last_anchor: dict[str, int],
) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO session_usage VALUES (?, ?, ?, ?, ?, ?)",
        (repository, session_id, commit, time.time(), json.dumps(total), json.dumps(since_last_anchor)),
    )


def usage_since_last_anchor(connection: sqlite3.Connection, repository: int, commit: str) -> dict[str, dict[str, int]]:
    """Session id → tokens spent between its anchor before this commit and this one."""
    rows = connection.execute(
        "SELECT session_id, since_last_anchor FROM session_usage WHERE repository = ? AND commit_hash = ?",
        (repository, commit),
    )
    return {row["session_id"]: json.loads(row["since_last_anchor"]) for row in rows}


def _repository(row: sqlite3.Row) -> KnownRepository:
    return KnownRepository(
        row["id"],
        row["common_dir"],
        row["worktree"],
        row["name"],
        row["remote"],
        row["transparency"],
        bool(row["ignored"]),
    )


def _anchor(row: sqlite3.Row) -> LocalAnchor:
    return LocalAnchor(
        row["repository"],
        row["commit_hash"],
        row["committed_at"],
        row["made_at"],
        row["replaced_by"],
        json.loads(row["anchor"]),
        json.loads(row["explanation"]),
    )


def _ranges(numbers: set[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def _expanded(ranges: list[list[int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}
