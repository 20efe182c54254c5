"""Screenshots as PNG, shrunk on request; the sizes told are the image's own, and the scale goes with them."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

from omar_daemon.computer.errors import InvalidAction, NoDisplay

QUICK_COMPRESSION = 3


@dataclass(frozen=True)
class Limits:
    """The largest image wanted; each may be given alone."""

    max_width: int | None = None
    max_height: int | None = None

    def check(self) -> None:
        for name, value in (("max_width", self.max_width), ("max_height", self.max_height)):
            if value is not None and value < 1:
                raise InvalidAction(f"{name} must be at least 1.")


def take(display_name: str, limits: Limits) -> dict[str, Any]:
    """`{image_base64, width, height, format, screen_width, screen_height, scale}`; scale = image / screen, ≤ 1."""
    import mss
    from mss.exception import ScreenShotError
    from PIL import Image

    try:
        with mss.MSS(display=display_name) as camera:
            shot = camera.grab(camera.monitors[0])
    except (ScreenShotError, OSError) as error:
        raise NoDisplay(f"The display {display_name} gave no screenshot: {error}.") from error
    screen_width, screen_height = shot.size
    image = Image.frombytes("RGB", (screen_width, screen_height), bytes(shot.bgra), "raw", "BGRX")
    scale = scale_for(screen_width, screen_height, limits)
    if scale < 1.0:
        size = max(1, round(screen_width * scale)), max(1, round(screen_height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return {
        "image_base64": _png(image),
        "width": image.width,
        "height": image.height,
        "format": "png",
        "screen_width": screen_width,
        "screen_height": screen_height,
        "scale": scale,
    }


def scale_for(width: int, height: int, limits: Limits) -> float:
    """How much the screen must shrink to fit; never more than 1, the proportions stay."""
    return min(1.0, (limits.max_width or width) / width, (limits.max_height or height) / height)


def _png(image: Any) -> str:
    body = io.BytesIO()
    image.save(body, "png", compress_level=QUICK_COMPRESSION)
    return base64.b64encode(body.getvalue()).decode("ascii")
