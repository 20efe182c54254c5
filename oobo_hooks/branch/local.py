"""This machine's anchors onto the branch, and a colleague's from the branch into the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oobo_hooks import payload, settings
from oobo_hooks.branch import tree
from oobo_hooks.repository import Repository
from oobo_hooks.store import anchors, database
from oobo_hooks.store.anchors import KnownRepository, LocalAnchor
from shared import output, redact
from shared.errors import OmaError

TRIES = 8
LARGEST_ANCHOR = 8 * 1024 * 1024
FROM_GIT = "told by a colleague's anchor on the branch oobo/anchors/v1"


def write(repository: Repository, connection: sqlite3.Connection, known: KnownRepository) -> int:
    """Put the anchors that are not on the branch yet there, in one commit; returns how many there were."""
    for _ in range(TRIES):
        old = tree.tip(repository)
        missing = _missing(connection, known, tree.anchored(repository, old))
        if not missing:
            return 0
        places = payload.places_of([known.worktree, str(repository.main_worktree)])
        config = settings.load(Path(known.common_dir) / "oobo")
        transparent = settings.is_transparent(config, known.transparency)
        files = {tree.path_of(one.commit_hash): metadata(one, places, transparent=transparent) for one in missing}
        count = len(files)
        message = output.counted(count, "anchor") + "\n"
        new = tree.add(repository, files, parents=[old] if old else [], message=message)
        if tree.move(repository, new, old):
            return count
    raise OmaError("Others keep changing the branch oobo/anchors/v1.", hint="Try again.")


def _missing(connection: sqlite3.Connection, known: KnownRepository, there: dict[str, str]) -> Sequence[LocalAnchor]:
    hashes = [name for name in anchors.anchored_commits(connection, known.id) if name not in there]
    found = (anchors.find_anchor(connection, known.id, name) for name in hashes)
    return [one for one in found if one is not None]


def metadata(found: LocalAnchor, places: redact.Places, *, transparent: bool) -> bytes:
    """The anchor as others may see it: like the one that is sent, without secrets, also in its message."""
    anchor = {**found.anchor, "message": redact.clean(found.anchor["message"], places)}
    if not transparent:
        anchor = payload.without_transcripts(anchor)
    text = json.dumps(anchor, ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode("utf-8", "replace") + b"\n"


def read(repository: Repository, connection: sqlite3.Connection, known: KnownRepository) -> int:
    """Take the branch's anchors that the store does not know; returns how many. Broken ones are passed over."""
    there = tree.anchored(repository, tree.tip(repository))
    known_here = set(anchors.anchored_commits(connection, known.id))
    wanted = {commit: blob for commit, blob in there.items() if commit not in known_here}
    bodies = repository.blobs(list(wanted.values()))
    with database.transaction(connection):
        return sum(
            anchors.insert_anchor(connection, known.id, anchor, _explanation(anchor))
            for commit, body in zip(wanted, bodies, strict=True)
            if (anchor := _parsed(commit, body)) is not None
        )


def _parsed(commit: str, body: bytes) -> dict[str, Any] | None:
    """The anchor of a file that others have written; None unless it is whole and about this commit."""
    from pydantic import ValidationError

    from shared.wire.anchors import Anchor

    if len(body) > LARGEST_ANCHOR:
        return None
    try:
        found = Anchor.model_validate_json(body)
    except ValidationError:
        return None
    return found.model_dump() if found.commit_hash == commit else None


def _explanation(anchor: dict[str, Any]) -> dict[str, Any]:
    sessions = [
        {
            "session_id": session["session_id"],
            "agent": session["agent"],
            "link_type": session["link_type"],
            "reason": FROM_GIT,
            "lines": 0,
        }
        for session in anchor["sessions"]
    ]
    return {"caller": None, "sessions": sessions, "not_linked": [], "from_git": True}
