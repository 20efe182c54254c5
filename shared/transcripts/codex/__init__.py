"""Codex CLI: JSONL roll-outs under ~/.codex/sessions (or CODEX_HOME), from 0.2x to 0.169."""

from __future__ import annotations

from shared.transcripts.codex.layout import discover, peek
from shared.transcripts.codex.reader import read

__all__ = ["discover", "peek", "read"]
