"""Finding the X11 display, and opening it; every failure is a NoDisplay that says why."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from omar_daemon.computer.errors import NoDisplay
from shared import extras, paths

HIGHEST_DISPLAY = 99
LIBRARIES = {"Xlib": "python-xlib", "mss": "mss", "PIL": "pillow"}


@dataclass(frozen=True)
class Facts:
    """What a display offers: its name, size in pixels, the pointer's place, and whether input can be injected."""

    name: str
    width: int
    height: int
    pointer: tuple[int, int]
    input_works: bool


def find(wanted: str) -> Facts:
    """The facts of the display `wanted`, else of DISPLAY, else of the first X socket that answers; NoDisplay."""
    _check_platform()
    candidates = _candidates(wanted)
    if not candidates:
        raise NoDisplay("There is no X11 display: DISPLAY is not set and no X server runs here.")
    problem: NoDisplay | None = None
    for name in candidates:
        try:
            return _look(name)
        except NoDisplay as error:
            problem = problem or error
    assert problem is not None
    raise problem


@contextlib.contextmanager
def failures(name: str) -> Iterator[None]:
    """Everything an X connection may die of, as NoDisplay."""
    from Xlib import error as x_errors

    try:
        yield
    except (x_errors.DisplayError, x_errors.XError, x_errors.ConnectionClosedError, x_errors.XauthError) as error:
        raise NoDisplay(f"The display {name} cannot be used: {_reason(error)}.") from error
    except OSError as error:
        raise NoDisplay(f"The display {name} cannot be reached: {error.strerror or error}.") from error


def connect(name: str) -> Any:
    """An open Xlib display; the caller closes it."""
    from Xlib import display

    _offer_authority()
    with failures(name):
        return display.Display(name)


def _look(name: str) -> Facts:
    opened = connect(name)
    try:
        with failures(name):
            if opened.query_extension("XWAYLAND") is not None:
                raise NoDisplay(f"The display {name} belongs to a Wayland desktop; computer use needs X11.")
            root = opened.screen().root
            size, pointer = root.get_geometry(), root.query_pointer()
            place = (int(pointer.root_x), int(pointer.root_y))
            return Facts(name, int(size.width), int(size.height), place, opened.has_extension("XTEST"))
    finally:
        with contextlib.suppress(Exception):
            opened.close()


def _check_platform() -> None:
    if sys.platform != "linux":
        raise NoDisplay(f"Computer use needs Linux with X11; this is {sys.platform}.")
    missing = [project for module, project in LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing:
        needed = f"Computer use needs what is not installed: {', '.join(missing)}."
        raise NoDisplay(needed, hint=extras.installation("computer"))


def _candidates(wanted: str) -> list[str]:
    named = wanted or os.environ.get("DISPLAY", "")
    if named:
        return [named]
    found = []
    for number in range(HIGHEST_DISPLAY + 1):
        with contextlib.suppress(OSError):
            entry = (paths.x11_socket_dir() / f"X{number}").stat()
            if stat.S_ISSOCK(entry.st_mode):
                found.append((entry.st_uid != os.getuid(), number))
    # The person's own desktop comes before another user's.
    return [f":{number}" for _, number in sorted(found)]


def _offer_authority() -> None:
    """Both libraries look for the cookie in XAUTHORITY only, which a daemon often does not inherit."""
    if "XAUTHORITY" not in os.environ:
        for path in paths.x11_authority_files():
            if os.access(path, os.R_OK):
                os.environ["XAUTHORITY"] = str(path)
                return


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
