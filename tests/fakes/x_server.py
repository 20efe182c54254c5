"""A real X server without a screen (Xvfb), and programs on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

WIDTH, HEIGHT = 1200, 800
DEADLINE_SECONDS = 10.0
MISSING = [program for program in ("Xvfb", "xterm") if shutil.which(program) is None]
WHY_SKIPPED = f"COMPUTER USE IS NOT TESTED: {' and '.join(MISSING)} missing; apt-get install xvfb xterm"


def until(holds: Callable[[], Any], what: str, seconds: float = DEADLINE_SECONDS) -> Any:
    """The first true value of `holds`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.02)
    return found


class XServer:
    """An X server on a display of its own choice, or on the given one."""

    def __init__(self, display: str | None = None) -> None:
        read, write = os.pipe()
        argv = ["Xvfb", *([display] if display else []), "-displayfd", str(write), "-screen", "0",
                f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-noreset"]  # fmt: skip
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as answer:
            # The number comes when the server listens.
            self.display = f":{answer.readline().strip()}"

    def window(self) -> Window:
        return Window(self)

    def __enter__(self) -> XServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()


class Window:
    """The recording window of `x_window.py`."""

    def __init__(self, server: XServer) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("x_window.py"))],
            stdout=subprocess.PIPE, env={**os.environ, "DISPLAY": server.display},
        )  # fmt: skip
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._rest = b""
        self._seen: list[dict[str, Any]] = []
        until(lambda: self.seen("ready"), "the window is shown")

    def seen(self, event: str) -> list[dict[str, Any]]:
        """Everything of this kind since the start or `forget`."""
        assert self._process.stdout is not None
        self._rest += self._process.stdout.read() or b""
        *whole, self._rest = self._rest.split(b"\n")
        self._seen += [json.loads(line) for line in whole]
        return [one for one in self._seen if one["event"] == event]

    def pressed(self) -> list[int]:
        """The keysyms of the keys that were pressed."""
        return [one["keysym"] for one in self.seen("key") if one["down"]]

    def forget(self) -> None:
        self.seen("")
        self._seen.clear()

    def __enter__(self) -> Window:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
