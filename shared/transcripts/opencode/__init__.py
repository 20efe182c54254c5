"""OpenCode: the database opencode.db (1.x), and the JSON files of the versions before it (0.x, 1.0)."""

from __future__ import annotations

from shared.transcripts.opencode.layout import discover, peek
from shared.transcripts.opencode.reader import read, read_wanted

__all__ = ["discover", "peek", "read", "read_wanted"]
