"""Gemini CLI: chats under ~/.gemini/tmp, JSON (to 0.3x) and JSONL (0.61)."""

from __future__ import annotations

from shared.transcripts.gemini.layout import discover, peek
from shared.transcripts.gemini.reader import read

__all__ = ["discover", "peek", "read"]
