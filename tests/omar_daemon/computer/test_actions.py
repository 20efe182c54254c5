"""What needs no display: key names, places, scales."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omar_daemon.computer import keysyms
from omar_daemon.computer.actions import KeyboardAction, MouseAction
from omar_daemon.computer.errors import InvalidAction, TooMuchText
from omar_daemon.computer.screenshot import Limits, scale_for

CONTROL, SHIFT, ALT = 0xFFE3, 0xFFE1, 0xFFE9


@pytest.mark.parametrize(
    ("chord", "symbols"),
    [
        ("ctrl+s", [CONTROL, ord("s")]),
        ("Ctrl+Shift+T", [CONTROL, SHIFT, ord("T")]),
        ("alt+F4", [ALT, 0xFFC1]),
        ("Return", [0xFF0D]),
        ("enter", [0xFF0D]),
        ("Page_Up", [0xFF55]),
        ("ctrl++", [CONTROL, ord("+")]),
        ("+", [ord("+")]),
        ("ctrl+plus", [CONTROL, ord("+")]),
        ("ctrl+-", [CONTROL, ord("-")]),
        ("-", [ord("-")]),
        (" ", [0x20]),
        ("ß", [0xDF]),
        ("U20AC", [0x010020AC]),
        ("EuroSign", [0x20AC]),
        ("XF86AudioMute", [0x1008FF12]),
        ("super", [0xFFEB]),
    ],
)
def test_keys_have_their_x_names_and_those_that_people_write(chord: str, symbols: list[int]) -> None:
    assert keysyms.of_chord(chord) == symbols


@pytest.mark.parametrize(
    "chord", ["", "nokey", "ctrl+", "ctrl+nokey", "+a", "a++b", "\n", "\x00", "UD800", "U110000", "--help"]
)
def test_an_unknown_key_is_refused(chord: str) -> None:
    with pytest.raises(InvalidAction):
        keysyms.of_chord(chord)


def test_a_text_is_its_characters_and_control_characters_are_refused() -> None:
    assert keysyms.of_text("-a\r\n\tß€😀") == [0x2D, 0x61, 0xFF0D, 0xFF09, 0xDF, 0x010020AC, 0x0101F600]
    for character in "\x00\x03\x1b\x7f\x9b":
        with pytest.raises(InvalidAction, match="control character"):
            keysyms.of_text(f"a{character}")
    with pytest.raises(TooMuchText):
        KeyboardAction("type", "x" * 20_001).symbols()
    with pytest.raises(InvalidAction, match="Unknown keyboard action: 'press'"):
        KeyboardAction("press", "x").symbols()


SIZES = st.integers(1, 8000)


@given(width=SIZES, height=SIZES, limit=st.integers(1, 2000), data=st.data())
def test_every_pixel_of_a_scaled_screenshot_leads_back_to_its_place(
    width: int, height: int, limit: int, data: st.DataObject
) -> None:
    scale = scale_for(width, height, Limits(max_width=limit, max_height=limit))
    shown = max(1, round(width * scale)), max(1, round(height * scale))
    assert max(shown) <= max(limit, 1)
    x, y = data.draw(st.integers(0, shown[0] - 1)), data.draw(st.integers(0, shown[1] - 1))
    place = MouseAction("move", x, y, scale=scale).start(width, height)
    assert 0 <= place[0] < width and 0 <= place[1] < height
    assert abs((place[0] + 0.5) * scale - (x + 0.5)) <= 1 and abs((place[1] + 0.5) * scale - (y + 0.5)) <= 1


@given(x=st.integers(0, 1199), y=st.integers(0, 799))
def test_without_a_scale_a_place_is_the_screen_s_own(x: int, y: int) -> None:
    assert MouseAction("move", x, y).start(1200, 800) == (x, y)
    assert MouseAction("move", x, y, scale=1.0).start(1200, 800) == (x, y)


OFF = [(1200, 0, None), (0, 800, None), (-1, 0, None), (0, -1, None), (600, 0, 0.5), (10**12, 0, 0.001)]


@pytest.mark.parametrize(("x", "y", "scale"), OFF)
def test_a_place_off_the_screen_is_refused(x: int, y: int, scale: float | None) -> None:
    with pytest.raises(InvalidAction, match="not on the screen of 1200x800"):
        MouseAction("move", x, y, scale=scale).start(1200, 800)


def test_a_screen_is_only_ever_shrunk_and_one_limit_is_enough() -> None:
    assert scale_for(1200, 800, Limits()) == 1.0
    assert scale_for(1200, 800, Limits(max_width=5000)) == 1.0
    assert scale_for(1200, 800, Limits(max_width=600)) == 0.5
    assert scale_for(1200, 800, Limits(max_height=200)) == 0.25
    assert scale_for(1200, 800, Limits(max_width=600, max_height=200)) == 0.25
