"""Request bodies of the computer's routes (seed 002). See `body_models` for what they share."""

from __future__ import annotations

from pydantic import FiniteFloat

from omar_daemon.body_models import Body, Integer


class LockBody(Body):
    """POST and DELETE /api/computer/lock."""

    agent: str


class ReleaseBody(Body):
    """DELETE /api/computer/lock; `?agent=` may stand in its place."""

    agent: str | None = None


class ScreenshotBody(Body):
    """POST /api/computer/screenshot."""

    agent: str
    max_width: Integer | None = None
    max_height: Integer | None = None


class MouseBody(Body):
    """POST /api/computer/mouse."""

    agent: str
    action: str
    x: Integer
    y: Integer
    button: Integer = 1
    to_x: Integer | None = None
    to_y: Integer | None = None
    scroll_direction: str | None = None
    scroll_amount: Integer = 3
    scale: FiniteFloat | None = None


class KeyboardBody(Body):
    """POST /api/computer/keyboard."""

    agent: str
    action: str
    text: str
