"""`omar logs`: what the daemon wrote."""

from __future__ import annotations

import time
from collections import deque
from typing import TextIO

from shared import output, paths
from shared.errors import UnavailableError

POLL_SECONDS = 0.2


def run(*, lines: int, follow: bool) -> int:
    """Print the last `lines` lines; with `follow`, what comes after them until ^C."""
    path = paths.daemon_log()
    try:
        log = path.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise UnavailableError(f"There is no log yet at {path}.", hint="Start the daemon with `omar up`.") from None
    with log:
        for line in deque(log, maxlen=max(lines, 0)):
            output.print_text(output.printable(line))
        if follow:
            _follow(log)
    return 0


def _follow(log: TextIO) -> None:
    import sys

    while True:
        line = log.readline()
        if line:
            output.print_text(output.printable(line))
            sys.stdout.flush()
        else:
            time.sleep(POLL_SECONDS)
