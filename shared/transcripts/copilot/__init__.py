"""GitHub Copilot Chat in Visual Studio Code: chatSessions/*.json (to 1.10x) and *.jsonl (since)."""

from __future__ import annotations

from shared.transcripts.copilot.layout import discover, peek
from shared.transcripts.copilot.reader import read

__all__ = ["discover", "peek", "read"]
