"""Claude Code: JSONL logs under ~/.claude/projects (or CLAUDE_CONFIG_DIR), versions 1.0 to 2.1.x."""

from __future__ import annotations

from shared.transcripts.claude.copies import line_times
from shared.transcripts.claude.layout import discover, peek
from shared.transcripts.claude.reader import read

__all__ = ["discover", "line_times", "peek", "read"]
