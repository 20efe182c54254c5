"""What stands in an input box is read off the screens of the real programs: text, cursor, suggestion, whether all."""

from __future__ import annotations

import pytest

from omar_daemon.fleet import boxes
from omar_daemon.fleet.backends import BUILT_IN, Backend
from omar_daemon.fleet.boxes import Box, Capture

CLAUDE, CODEX, OPENCODE = (
    next(backend for backend in BUILT_IN if backend.name == name) for name in ("claude", "codex", "opencode")
)
RULE = "─" * 60
STATUS = "  ? for shortcuts"


def read(
    rows: list[str], backend: Backend, cursor: tuple[int, int] = (0, 39), *, shown: bool = False, height: int = 40
) -> Box | None:
    return boxes.read(Capture(tuple(rows), cursor, shown, 62, height), backend)


@pytest.mark.parametrize(
    ("rows", "draft"),
    [
        ([RULE, "❯ one", "  two", RULE, STATUS], "one\ntwo"),
        ([RULE, "❯\xa0one", "", "    > indented", RULE, STATUS], "one\n\n  > indented"),
        ([RULE, "❯", "  * wait for it", RULE, STATUS], "\n* wait for it"),
        ([RULE, "❯ \x1b[2mTry this\x1b[0m", RULE], ""),
        ([RULE, "❯ \x1b[38;5;244mTry this\x1b[39m", RULE], ""),
        ([RULE, "❯ \x1b[7mT\x1b[27m\x1b[2mry this\x1b[22m", RULE], ""),
        ([RULE, "❯ \x1b[31mred is typed\x1b[39m", RULE], "red is typed"),
        ([RULE, "\x1b[1m❯\x1b[22m typed \x1b[2mand suggested\x1b[22m", RULE], "typed"),
    ],
)
def test_what_stands_in_a_box_is_told_from_what_it_suggests(rows: list[str], draft: str) -> None:
    found = read(rows, CLAUDE)
    assert found is not None and found.draft == draft and found.is_whole


@pytest.mark.parametrize(
    "rows",
    [
        ["nothing here"],
        ["❯ an old message", "", "● An answer."],
        ["❯ an old message", "● An answer.", RULE, "! ls -la", RULE, "  ! for shell mode"],
        ["  line 23", "  line 24", RULE, "  ⏵⏵ bypass permissions on (shift+tab to cycle)"],
    ],
)
def test_an_old_message_or_the_end_of_a_box_higher_than_the_screen_is_no_box(rows: list[str]) -> None:
    assert read(rows, CLAUDE) is None


def test_a_box_without_a_frame_ends_one_row_above_the_status_lines() -> None:
    status = ["  stub default · ~/project", "  ← for agents · ? for shortcuts"]
    whole = read(["› an old message", "", "• An answer.", "", "› new", "  and more", "", "", *status], CODEX, (2, 6))
    assert whole == Box(("new", "and more", ""), (2, 0), is_whole=True, is_open=True)
    # Codex shows no status below a draft that fills the screen.
    high = read(["", "› line 23", "  line 24", "  line 25"], CODEX, (9, 3))
    assert high is not None and not high.is_whole and high.draft.startswith("line 23")


def test_a_box_with_a_bar_is_what_stands_between_its_blank_rows_and_it_scrolls_in_a_third_of_the_screen() -> None:
    def barred(count: int) -> list[str]:
        rows = ["  ┃", *(f"  ┃  line {number}" for number in range(count)), "  ┃", "  ┃  Plan · Stub Fake"]
        return ["  ┃", "  ┃  an old message", "  ┃", "", *rows, "  ╹▀▀▀▀▀", "   ~/project   8.8K  ctrl+p commands"]

    assert read(barred(2), OPENCODE, (11, 6)) == Box(("line 0", "line 1"), (1, 6), is_whole=True, is_open=True)
    full = read(barred(13), OPENCODE)
    assert full is not None and not full.is_whole


def test_a_cursor_that_is_seen_elsewhere_says_that_the_box_is_not_open() -> None:
    rows = [RULE, "❯ half", RULE, STATUS]
    asides = [((6, 1), True, True), ((40, 0), True, False), ((40, 0), False, True)]
    for cursor, shown, is_open in asides:
        found = read(rows, CLAUDE, cursor, shown=shown)
        assert found is not None and found.is_open == is_open


@pytest.mark.parametrize(
    ("backend", "rows"),
    [
        (CLAUDE, ["❯ old", "● answer", RULE, "! ls -la", RULE, "  ! for shell mode            ● high · /effort"]),
        (CLAUDE, ["❯ old", "● answer", RULE, "  Showing detailed transcript · ctrl+o to toggle · ctrl+e to show all"]),
        (CODEX, ["› old", "! ls -la", "", "  stub default · ~/project", "     Shell mode · ⚠ 1 warning · f2 to view"]),
        (CODEX, ["› old", " ↑/↓ to scroll · pgup/pgdn to page · home/end to jump", " q close · f3 find"]),
        (OPENCODE, ["  ┃", "  ┃  ls -la", "  ┃", "  ┃  Shell", "  ╹▀▀▀▀", "   ~/project        esc exit shell mode"]),
    ],
)
def test_a_view_in_which_a_text_would_be_run_or_lost_is_no_place_for_a_message(
    backend: Backend, rows: list[str]
) -> None:
    assert boxes.is_diverted(rows, backend) and not boxes.is_asked(rows, backend)
