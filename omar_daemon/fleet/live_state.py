"""Claude Code's own word on what it does: `sessions/<pid>.json` in its configuration directory.

Quicker and surer than the screen, and therefore asked first when the pid is the pane's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Reported = Literal["busy", "idle", "waiting"]
_WORDS: dict[str, Reported] = {"busy": "busy", "idle": "idle", "waiting": "waiting"}
MAX_BYTES = 65_536


def directory(environment: Mapping[str, str]) -> str:
    """Where a Claude Code started with `environment` keeps its live state."""
    moved = environment.get("CLAUDE_CONFIG_DIR", "").split(",")[0].strip()
    base = Path(moved).expanduser() if moved else Path(environment.get("HOME", "/")) / ".claude"
    return str(base / "sessions")


def read(state_dir: str, pid: int) -> Reported | None:
    """What the program with this pid says; None when it says nothing that is understood."""
    try:
        with (Path(state_dir) / f"{pid}.json").open("rb") as stream:
            found = json.loads(stream.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("pid", pid) != pid:
        return None
    return _WORDS.get(str(found.get("status")))
