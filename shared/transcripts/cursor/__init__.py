"""Cursor: the editor's chats in globalStorage/state.vscdb (0.45 to 2.x), and its agent's transcripts."""

from __future__ import annotations

from shared.transcripts.cursor.layout import discover, peek
from shared.transcripts.cursor.reader import read, read_wanted

__all__ = ["discover", "peek", "read", "read_wanted"]
