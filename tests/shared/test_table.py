from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from shared.table import Table

ID = "aa2a8c74-08a1-4d6a-9934-5bca7f1778a4"
AGENTS = ("agent", "health", "idle", "parent", "backend", "last output")
SETTINGS = ("setting", "value", "from", "what it is")


def drawn(columns: tuple[str, ...], rows: list[list[str]], width: int, *, cut_last: bool = False) -> list[str]:
    shown = io.StringIO()
    Table(columns, rows, {}, cut_last).print(Console(file=shown, width=width))
    lines = [line.rstrip() for line in shown.getvalue().splitlines()]
    assert all(len(line) <= width for line in lines)
    return lines


def test_only_the_last_column_of_a_list_is_cut_when_it_is_too_long() -> None:
    rows = [["tour-97d62b", "working", "3 s", "ea", "claude", "Done: farewell() is there, tested and committed"]]
    lines = drawn(AGENTS, rows, 80, cut_last=True)
    assert " agent         health    idle   parent   backend   last output" in lines
    assert " tour-97d62b   working   3 s    ea       claude    Done: farewell() is there, …" in lines


def test_prose_is_folded_beside_words_that_stay_whole() -> None:
    rows = [["api.allowed_hosts", "[]", "default", "further Host names under which the daemon may be reached"]]
    lines = drawn(SETTINGS, rows, 70)
    assert " api.allowed_hosts   []      default   further Host names under which" in lines
    assert lines[-2].strip() == "the daemon may be reached"


def test_of_two_columns_of_prose_the_short_one_leaves_its_room_to_the_other() -> None:
    rows = [["an-id", "twenty-three characters", "word " * 20]]
    lines = drawn(("id", "short", "long"), rows, 80)
    assert any("an-id   twenty-three characters   word word" in line for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_where_words_leave_no_room_each_row_is_a_block_below_its_id(width: int) -> None:
    columns = ("session", "tool", "when", "model", "about")
    rows = [[ID, "claude", "2026-11-28 10:05", "claude-haiku-4-5-20251001", "Add a farewell to the greeting " * 4]]
    lines = drawn(columns, rows, width)
    assert lines[0] == ID
    text = re.sub(r"\s+", " ", " ".join(lines))
    assert "tool claude" in text and "when 2026-11-28 10:05" in text and "model claude-haiku-4-5-20251001" in text
    assert text.endswith("about " + ("Add a farewell to the greeting " * 4).strip())


def test_a_block_of_a_list_cuts_its_last_fact_and_leaves_out_what_is_empty() -> None:
    lines = drawn(("id", "parent", "about"), [[ID, "", "word " * 30]], 40, cut_last=True)
    assert lines == [ID, "  about word word word word word word w…"]


def test_wide_characters_take_their_two_columns() -> None:
    lines = drawn(("agent", "last output"), [["a", "漢" * 60]], 40, cut_last=True)
    assert lines[3] == " a       " + "漢" * 14 + " …"


def test_prose_that_would_be_folded_into_a_ribbon_makes_blocks_too() -> None:
    setting = ["managed.requests_per_minute", '["error", "failed"]', "user /home/somebody/.config/omar/config.toml"]
    rows = [[*setting, "how many requests to /v1 a key may send in a minute"]] * 2
    lines = drawn(SETTINGS, rows, 80)
    assert lines[0] == lines[4] == "managed.requests_per_minute" and len(lines) == 8
    assert drawn(SETTINGS, rows, 200)[1].split() == ["setting", "value", "from", "what", "it", "is"]


def test_the_column_that_may_be_cut_gives_way_before_a_list_becomes_blocks() -> None:
    columns = ("commit", "when", "by", "AI", "lines", "sessions", "message")
    rows = [["e4c0e6db88", "2026-11-28 11:04", "agent", "100 %", "+16 -0", "claude", "Say goodbye, too"]]
    lines = drawn(columns, rows, 80, cut_last=True)
    assert lines[3] == " e4c0e6db88   2026-11-28 11:04   agent   100 %   +16 -0   claude     Say goodb…"


def test_a_column_of_nothing_takes_no_room() -> None:
    lines = drawn(("week of", "AI", ""), [["2026-11-23", "–", ""]], 80)
    assert lines[1:4] == [" week of      AI", " " + "─" * (len(lines[2]) - 1), " 2026-11-23   –"]
