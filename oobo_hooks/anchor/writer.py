"""The one a line belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Writer:
    """The session a line belongs to, and its tool's short name."""

    session_id: str
    tool: str
