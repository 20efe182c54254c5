"""^C, SIGTERM and a closed terminal while there is something to put away."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Shield = Callable[..., None]


@contextmanager
def interruptible_once() -> Iterator[Shield]:
    """In the block the first of SIGNALS raises KeyboardInterrupt, later ones do nothing. `nohup` stays in force.

    Yields `shield(up=True)`: while it is up, no signal interrupts. So putting away is never cut short.
    """
    state = {"shielded": False}

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            _speak_to_nobody()
        if not state["shielded"]:
            state["shielded"] = True
            raise KeyboardInterrupt

    def shield(up: bool = True) -> None:
        state["shielded"] = up

    before = [(number, signal.signal(number, interrupt)) for number in SIGNALS if _is_heard(number)]
    try:
        yield shield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _is_heard(number: int) -> bool:
    return number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN


def _speak_to_nobody() -> None:
    """The terminal is gone: a word written to it would fail and cut the putting away short."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
