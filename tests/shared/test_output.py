from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest

from shared import output


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07 back\x08 nul\x00 c1\x9b", "bell back nul c1"),
        ("right\u202eleft", "rightleft"),
        ("tab\tline\n", "tab\tline\n"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
    ],
)
def test_foreign_text_cannot_move_the_cursor_or_the_reading_direction(hostile: str, shown: str) -> None:
    assert output.printable(hostile) == shown


def test_a_table_in_a_pipe_is_plain_aligned_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("name", "note"), [["a", "x\x1b[1m\ny"], ["longer", ""]])
    assert capsys.readouterr().out == "NAME    NOTE\na       x y\nlonger\n"


def test_json_is_the_only_thing_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("talk")
    output.print_json({"é": 1})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"é": 1}
    assert captured.err == "talk\n"


def run_on_a_terminal(program: str, **environment: str) -> str:
    parent, child = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=child, stderr=child, stdin=child, env=env)
    os.close(child)
    collected = io.BytesIO()
    while True:
        try:
            chunk = os.read(parent, 4096)
        except OSError:
            break
        if not chunk:
            break
        collected.write(chunk)
    os.close(parent)
    assert process.wait() == 0
    return collected.getvalue().decode()


TABLE = "from shared import output; output.print_table(('name',), [['value']])"


def test_a_terminal_gets_a_drawn_table_and_a_dumb_one_plain_text() -> None:
    assert "─" in run_on_a_terminal(TABLE)
    assert "─" not in run_on_a_terminal(TABLE, TERM="dumb")


def test_no_color_means_no_colour_codes() -> None:
    assert "\x1b[3" not in run_on_a_terminal(TABLE, NO_COLOR="1")


def test_an_ascii_pipe_gets_json_and_talk_it_can_hold() -> None:
    program = "from shared import output; output.print_json({'é': '☃'}); output.say('schön')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=True,
    )
    assert json.loads(done.stdout) == {"é": "☃"}
    assert done.stderr == b"sch?n\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_write_a_character_gets_a_question_mark_and_a_plain_table(encoding: str) -> None:
    program = (
        "from shared import output; output.print_text('● done'); "
        "output.print_table(('agent', 'last output'), [['tour', '● done']], cut_last=True)"
    )
    shown = run_on_a_terminal(program, PYTHONIOENCODING=encoding, PYTHONUTF8="0").splitlines()
    assert shown == ["? done", "AGENT  LAST OUTPUT", "tour   ? done"]


def test_a_terminal_gets_numbers_to_the_right_and_colours_where_it_shows_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda _stream=None: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    rows = [["one", "##..", "1.50", "(3.0)"], ["two", "####", "12", "41 %"]]
    output.print_table(("name", "", "mean", "share"), rows, colors={1: ["blue", "green"]})
    shown = capsys.readouterr().out
    assert "\x1b[34m##..\x1b[0m" in shown and "\x1b[32m####\x1b[0m" in shown
    plain = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()]
    assert " one    ##..   1.50   (3.0)" in plain and " two    ####     12    41 %" in plain
    monkeypatch.setenv("NO_COLOR", "1")
    output.print_table(("name", "", "mean", "share"), rows, colors={1: ["blue", "green"]})
    assert "\x1b[34m" not in capsys.readouterr().out


@pytest.mark.parametrize("value", ["\x9b31m", "\u202e", "\u2066", "\u2028", "\ud800", "\x7f", "\x1b[2J"])
def test_json_holds_no_character_that_a_terminal_obeys_and_reads_back_the_same(value: str) -> None:
    text = output.json_text({"é": f"a{value}é"})
    assert value not in text and "é" in text
    assert json.loads(text) == {"é": f"a{value}é"}
