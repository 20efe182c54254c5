"""What a key took away is known to the last blank, and what cannot be read is said."""

from __future__ import annotations

import pytest

from omar_daemon.fleet import drafts, kept
from omar_daemon.fleet.boxes import Box


def box(*rows: str, at: tuple[int, int] | None, is_whole: bool = True) -> Box:
    return Box(rows, at, is_whole=is_whole, is_open=True)


@pytest.mark.parametrize(
    ("before", "after", "piece"),
    [
        (box("one", "two", at=(1, 5)), box("one", "", at=(1, 0)), "two  "),
        (box("one", "", at=(1, 0)), box("one", at=(0, 5)), "\n"),
        (box("one", at=(0, 5)), box("", at=(0, 0)), "one  "),
        (box("日本 x", at=(0, 6)), box("日本", at=(0, 4)), " x"),
        # Claude Code erases the row of a line that it broke, and stands behind the blanks at which it did.
        (box("a long", "line", at=(1, 4)), box("a long", at=(0, 8)), "line"),
        # Codex and opencode erase the whole line.
        (box("a long", "line", at=(1, 4)), box("", at=(0, 0)), "a long line"),
        (box("xxxxxx", "xxx y", at=(1, 5)), box("", at=(0, 0)), "xxxxxxxxx y"),
        (box("a", "xxxxxxx", "xxx y", at=(2, 5)), box("", at=(0, 0)), "a xxxxxxxxxx y"),
        (box("one", "a long", "line", at=(2, 4)), box("one", "", at=(1, 0)), "a long line"),
        # Nothing, or something else, has happened.
        (box("one", at=(0, 3)), box("one", at=(0, 3)), None),
        (box("one", "two", at=(1, 3)), box("zero", "one", "", at=(1, 3)), None),
        (box("one", "two", at=(1, 3)), box("one", "", at=None), None),
        (box("one", "", at=(1, 0)), box("", at=(0, 0)), None),
    ],
)
def test_what_was_taken_away_is_told_by_the_cursor(before: Box, after: Box, piece: str | None) -> None:
    assert drafts.taken_away(before, after) == piece


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (box("half a thought", at=(0, 5)), None),
        (box("before [Pasted text #1 +29 lines] after", at=(0, 39)), "collapsed paste"),
        (box("[Pasted Content 1639 chars]", at=(0, 27)), "collapsed paste"),
        (box("[Pasted ~30 lines] ", at=(0, 19)), "collapsed paste"),
        (box("[Image #1] what is it?", at=(0, 22)), "image"),
        (box("a [...Truncated text #1 +40 lines...] b", at=(0, 39)), "collapsed"),
        (box(*["line"] * 16, at=(15, 4)), "too long"),
        (box("line", at=(0, 4), is_whole=False), "too long"),
        (box("one", "two", at=(0, 2)), "cursor"),
        (box("one", at=None), "cursor"),
    ],
)
def test_what_cannot_be_read_off_the_screen_is_said(found: Box, why: str | None) -> None:
    said = drafts.unreadable(found)
    assert (said is None) if why is None else (said is not None and why in said)


def test_the_sign_of_a_paste_is_that_of_a_text_of_its_size() -> None:
    text = "\n".join(f"line {number}" for number in range(30))
    signs = ["[Pasted text #1 +29 lines]", f"[Pasted Content {len(text)} chars]", "[Pasted ~30 lines] "]
    assert all(drafts.is_sign_of(sign, text) and drafts.shows_sign_of([f"❯ {sign}"], text) for sign in signs)
    assert not drafts.is_sign_of("[Pasted text #1 +12 lines]", text)
    assert not drafts.is_sign_of("and [Pasted text #1 +29 lines]", text)


@pytest.mark.parametrize(
    ("before", "start", "end", "text"),
    [
        (["$ echo half"], (2, 0), (11, 0), "echo half"),
        (["$ one", "two", "three"], (2, 0), (5, 2), "one\ntwo\nthree"),
        (["$ " + "x" * 18, "xx y"], (2, 0), (4, 1), "x" * 20 + " y"),
        (["$ half"], (6, 0), (6, 0), ""),
    ],
)
def test_what_a_line_editor_took_away(
    before: list[str], start: tuple[int, int], end: tuple[int, int], text: str
) -> None:
    assert drafts.removed(before, end, start, 20) == text


@pytest.mark.parametrize(
    ("standing", "missing"),
    [
        ("", "one  two\nthree "),
        ("one", "  two\nthree "),
        ("one two", "\nthree "),
        ("one two\nthree", ""),
        ("$ one two\nthree", ""),
        ("something else", None),
    ],
)
def test_what_is_missing_of_a_draft_that_was_half_put_back(standing: str, missing: str | None) -> None:
    assert kept.rest("one  two\nthree ", standing) == missing
