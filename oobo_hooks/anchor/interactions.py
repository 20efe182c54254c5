"""Files that more than one session used: who wrote, who read, and who is whose peer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from shared.wire.anchors import FileInteraction, FileRole, InteractionSession

Use = Mapping[str, tuple[Collection[str], Collection[str]]]
"""Session id → (paths it edited, paths it read)."""


def file_interactions(uses: Use, committed: Iterable[str]) -> list[FileInteraction] | None:
    """One entry per committed file that two sessions or more used and one at least wrote; None without any."""
    entries = []
    for path in sorted(committed):
        roles = [
            InteractionSession(session_id=session_id, role=_role(path in edited, path in read))
            for session_id, (edited, read) in sorted(uses.items())
            if path in edited or path in read
        ]
        if len(roles) > 1 and any(session.role != "reader" for session in roles):
            entries.append(FileInteraction(path=path, sessions=roles))
    return entries or None


def _role(wrote: bool, read: bool) -> FileRole:
    if wrote and read:
        return "both"
    return "writer" if wrote else "reader"


def peers(interactions: Iterable[FileInteraction]) -> dict[str, list[str]]:
    """Session id → the sessions it met on a file, sorted."""
    met: dict[str, set[str]] = defaultdict(set)
    for entry in interactions:
        ids = {session.session_id for session in entry.sessions}
        for session_id in ids:
            met[session_id] |= ids - {session_id}
    return {session_id: sorted(others) for session_id, others in met.items()}
