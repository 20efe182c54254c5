"""^C and SIGTERM while there is something to put away."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Shield = Callable[..., None]


@contextmanager
def interruptible_once() -> Iterator[Shield]:
    """In the block the first ^C or SIGTERM raises KeyboardInterrupt, later ones do nothing.

    Yields `shield(up=True)`: while it is up, no signal interrupts. So putting away is never cut short.
    """
    state = {"shielded": False}

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if not state["shielded"]:
            state["shielded"] = True
            raise KeyboardInterrupt

    def shield(up: bool = True) -> None:
        state["shielded"] = up

    before = [(number, signal.signal(number, interrupt)) for number in SIGNALS]
    try:
        yield shield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
