"""Aider: .aider.chat.history.md of a project (0.5x to 0.86)."""

from __future__ import annotations

from shared.transcripts.aider.layout import discover, peek
from shared.transcripts.aider.reader import read, read_wanted

__all__ = ["discover", "peek", "read", "read_wanted"]
