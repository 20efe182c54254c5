"""Texts and key names as X keysyms. Nothing here needs a display.

A keysym is the X protocol's number of a symbol: Latin-1 as it is, all other Unicode at 0x01000000 + code point.
"""

from __future__ import annotations

import functools
import unicodedata

from omar_daemon.computer.errors import InvalidAction

UNICODE_BASE = 0x0100_0000
KEYSYM_GROUPS = (
    "miscellany", "latin1", "latin2", "latin3", "latin4", "greek", "cyrillic", "technical", "publishing", "special",
    "xf86", "xkb",
)  # fmt: skip
_ALIASES = {
    "ctrl": "Control_L", "control": "Control_L", "shift": "Shift_L", "alt": "Alt_L", "option": "Alt_L",
    "meta": "Meta_L", "super": "Super_L", "win": "Super_L", "windows": "Super_L", "cmd": "Super_L",
    "command": "Super_L", "hyper": "Hyper_L", "altgr": "ISO_Level3_Shift",
    "enter": "Return", "return": "Return", "esc": "Escape", "escape": "Escape", "tab": "Tab",
    "backspace": "BackSpace", "del": "Delete", "delete": "Delete", "ins": "Insert", "insert": "Insert",
    "home": "Home", "end": "End", "pageup": "Prior", "page_up": "Prior", "pagedown": "Next", "page_down": "Next",
    "up": "Up", "down": "Down", "left": "Left", "right": "Right", "capslock": "Caps_Lock", "space": "space",
    "printscreen": "Print",
}  # fmt: skip
# Names that python-xlib does not know.
_EXTRA = {"EuroSign": 0x20AC}
_CONTROLS = {"\n": "Return", "\t": "Tab"}


def of_text(text: str) -> list[int]:
    """One keysym per character to type; InvalidAction for control characters other than newline and tab."""
    return [_of_typed(character) for character in text.replace("\r\n", "\n").replace("\r", "\n")]


def of_chord(chord: str) -> list[int]:
    """The keysyms of `ctrl+shift+t`, in the order in which they are pressed; InvalidAction for unknown names."""
    names = _split(chord)
    if not names:
        raise InvalidAction("text must name a key, like Return or ctrl+s.")
    return [_of_name(name) for name in names]


def of_character(character: str) -> int:
    number = ord(character)
    if 0x20 <= number <= 0x7E or 0xA0 <= number <= 0xFF:
        return number
    return UNICODE_BASE + number


def _split(chord: str) -> list[str]:
    """Names between plus signs; a plus sign that stands alone or at the end is the key itself (`ctrl++`)."""
    if chord == "+" or chord.endswith("++"):
        return [*_split(chord[:-2]), "plus"] if chord != "+" else ["plus"]
    return chord.split("+") if chord else []


def _of_typed(character: str) -> int:
    if character in _CONTROLS:
        return _of_name(_CONTROLS[character])
    if unicodedata.category(character) == "Cc":
        raise InvalidAction(
            f"The control character U+{ord(character):04X} cannot be typed; action `key` presses keys by name."
        )
    return of_character(character)


def _of_name(name: str) -> int:
    if len(name) == 1 and unicodedata.category(name) != "Cc":
        return of_character(name)
    number = _known(_ALIASES.get(name.lower(), name)) or _of_code_point(name)
    if not number:
        raise InvalidAction(f"Unknown key: {name!r}. Use X names like Return, F5, Page_Up or ctrl+s.")
    return number


@functools.cache
def _known(name: str) -> int:
    from Xlib import XK

    _load_groups()
    # python-xlib writes the keys of media keyboards with an underscore that X does not.
    spellings = (name, name.replace("XF86", "XF86_", 1), name.upper(), name.capitalize())
    found = (int(XK.string_to_keysym(spelling)) for spelling in spellings)
    return _EXTRA.get(name) or next(filter(None, found), 0)


@functools.cache
def _load_groups() -> None:
    from Xlib import XK

    for group in KEYSYM_GROUPS:
        XK.load_keysym_group(group)


def _of_code_point(name: str) -> int:
    """`U20AC` and the like, as X writes symbols that have no name."""
    digits = name[1:]
    if name[:1] not in "Uu" or not 2 <= len(digits) <= 6:
        return 0
    try:
        number = int(digits, 16)
        return of_character(chr(number)) if number >= 0x20 and not 0xD800 <= number <= 0xDFFF else 0
    except (ValueError, OverflowError):
        return 0
