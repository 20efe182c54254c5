"""Request bodies of the computer's routes (seed 002). Unknown keys are ignored."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, FiniteFloat


class Body(BaseModel):
    """Built when the first one arrives: the daemon's start does not wait for it."""

    model_config = ConfigDict(defer_build=True)


class LockBody(Body):
    """POST and DELETE /api/computer/lock."""

    agent: str


class ReleaseBody(Body):
    """DELETE /api/computer/lock; `?agent=` may stand in its place."""

    agent: str | None = None


class ScreenshotBody(Body):
    """POST /api/computer/screenshot."""

    agent: str
    max_width: int | None = None
    max_height: int | None = None


class MouseBody(Body):
    """POST /api/computer/mouse."""

    agent: str
    action: str
    x: int
    y: int
    button: int = 1
    to_x: int | None = None
    to_y: int | None = None
    scroll_direction: str | None = None
    scroll_amount: int = 3
    scale: FiniteFloat | None = None


class KeyboardBody(Body):
    """POST /api/computer/keyboard."""

    agent: str
    action: str
    text: str
