"""Writes logs of other tools and reads them back, for the tests of the readers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared import transcripts
from shared.transcripts import Detail, Session

START_MS = 1_772_445_600_000
"""2026-03-02T10:00:00Z"""


def iso(seconds: float) -> str:
    """The instant so many seconds after the start."""
    moment = datetime.fromtimestamp(START_MS / 1000 + seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms(seconds: float) -> int:
    return START_MS + round(seconds * 1000)


def write_lines(path: Path, lines: Iterable[dict[str, Any] | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bodies = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"".join(body + b"\n" for body in bodies))
    return path


def sessions(tool: str, detail: Detail = Detail.FULL) -> list[Session]:
    return [found for source in transcripts.discover((tool,)) for found in transcripts.read(source, detail)]


def only(tool: str, detail: Detail = Detail.FULL) -> Session:
    (found,) = sessions(tool, detail)
    return found
