"""A window on an X display that writes down what is done to it, one JSON object per line on stdout.

`{"event": "ready"}` once it is shown; then button (number, x, y of the screen, down), key (keysym, down) and motion.
Opened at (100, 50), 300 by 200 pixels, filled with pure red, with the keyboard's focus.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from Xlib import X, display

LEFT, TOP, WIDTH, HEIGHT = 100, 50, 300, 200


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


def main() -> None:
    opened = display.Display()
    window = opened.screen().root.create_window(
        LEFT, TOP, WIDTH, HEIGHT, 0, X.CopyFromParent,
        background_pixel=0xFF0000, override_redirect=True,
        event_mask=X.ButtonPressMask | X.ButtonReleaseMask | X.KeyPressMask | X.KeyReleaseMask | X.ExposureMask
        | X.Button1MotionMask,
    )  # fmt: skip
    window.map()
    opened.sync()
    while True:
        event = opened.next_event()
        if event.type == X.Expose:
            window.set_input_focus(X.RevertToParent, X.CurrentTime)
            opened.sync()
            say(event="ready")
        elif event.type == X.MappingNotify:
            opened.refresh_keyboard_mapping(event)
        elif event.type in (X.ButtonPress, X.ButtonRelease):
            say(event="button", number=event.detail, x=event.root_x, y=event.root_y, down=event.type == X.ButtonPress)
        elif event.type == X.MotionNotify:
            say(event="motion", x=event.root_x, y=event.root_y)
        elif event.type in (X.KeyPress, X.KeyRelease):
            shifted = bool(event.state & X.ShiftMask)
            symbol = opened.keycode_to_keysym(event.detail, 1 if shifted else 0)
            if event.state & X.LockMask and chr(symbol & 0xFFFF).isalpha():
                symbol = opened.keycode_to_keysym(event.detail, 0 if shifted else 1)
            say(event="key", keysym=symbol, state=event.state, down=event.type == X.KeyPress)


if __name__ == "__main__":
    sys.exit(main())
