"""Drafts that were taken out of an input and do not stand there again yet: kept on the disk against `kill -9`."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from omar_daemon.fleet import screen
from shared import durable, paths


def path_of(name: str) -> Path:
    """Where the draft of one agent is kept."""
    return paths.agent_dir(name) / "draft.txt"


def keep(name: str, draft: str) -> None:
    durable.write_atomic(path_of(name), draft)


def load(name: str) -> str | None:
    """The draft that is kept for an agent; None when there is none."""
    try:
        return path_of(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def drop(name: str) -> None:
    """It stands in its place again."""
    with contextlib.suppress(OSError):
        path_of(name).unlink()


def leave(name: str) -> Path | None:
    """Put the draft of an agent away for the person, out of the way of the next one; where it is then."""
    path = path_of(name).with_name(f"draft-{time.strftime('%Y%m%dT%H%M%S')}-{os.urandom(2).hex()}.txt")
    try:
        path_of(name).rename(path)
    except OSError:
        return None
    return path


def files(name: str) -> list[Path]:
    """Every draft of an agent that does not stand in its input."""
    return sorted(paths.agent_dir(name).glob("draft*.txt"))


def rest(draft: str, standing: str) -> str | None:
    """What of a draft is missing behind its beginning that still stands; None when something else stands there.

    White space is left out, for the screen breaks lines and drops blanks at their ends.
    """
    whole, begun = screen.squeezed(draft), screen.squeezed(standing)
    if begun.endswith(whole):
        # Behind the prompt of a shell.
        return ""
    if not whole.startswith(begun):
        return None
    left = len(begun)
    for place, letter in enumerate(draft):
        if not left:
            return draft[place:]
        left -= not letter.isspace()
    return ""
