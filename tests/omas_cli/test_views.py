"""What is drawn: report, trend and calendar in the terminal, the page, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from omas_cli import drawing, ledger, trends
from omas_cli.commands import export, leaderboard, report, show, trend
from omas_cli.commands import list as list_command
from omas_cli.record import Record, Tokens
from omas_cli.scoring.facts import Facts
from omas_cli.scoring.metrics import metrics_of
from shared.errors import UsageError
from tests.omas_cli.fake_server import FakeServer

Capture = pytest.CaptureFixture[str]
DAY_MS = 86_400_000
START_MS = 1_772_452_800_000
"""2026-03-02 12:00 UTC, a Monday"""


def record(
    name: str, day: float, *, tools: int = 20, minutes: float = 30.0, project: str | None = "/code/repo"
) -> Record:
    start = START_MS + round(day * DAY_MS)
    facts = Facts(duration_minutes=minutes, tool_calls=tools, humans=2, responses=9, tokens=100, sub_agents=1)
    return Record(
        tool="claude", id=name, project=project, model="m", started_ms=start, ended_ms=start + round(minutes * 60_000),
        modified_ms=start, metrics=metrics_of(facts), tokens=Tokens(1, 2, 3, 4), lines_written=5, responses=9,
        sub_agent_tool_calls=0, skipped_lines=0,
    )  # fmt: skip


@pytest.fixture
def filled(home: Path) -> Iterator[list[Record]]:
    """Two weeks of sessions that get better, and one too small to count."""
    records = [record(f"s{day:02d}", day, tools=20 * (day + 1)) for day in range(14)] + [record("tiny", 3, tools=1)]
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), records)])
    yield records


@pytest.fixture
def from_the_future(filled: list[Record]) -> Record:
    """A session of a machine whose clock was wrong."""
    ahead = record("ahead", 26_660)
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [ahead])])
    return ahead


def run_trend(**options: Any) -> int:
    given = {"since": None, "project": None, "tools": [], "period": "day", "dimension": "all", "json": False}
    return trend.run(**{**given, **options})


def exported(capsys: Capture, **options: Any) -> str:
    given = {"since": None, "project": None, "tools": [], "as_csv": False, "as_html": False, "as_json": False}
    assert export.run(**{**given, "target": None, **options}) == 0
    return capsys.readouterr().out


def test_trend_means_qualified_sessions_per_period_and_tells_the_direction(
    filled: list[Record], capsys: Capture
) -> None:
    run_trend(json=True, period="week")
    found = json.loads(capsys.readouterr().out)
    assert [(one["start"], one["sessions"]) for one in found["buckets"]] == [("2026-03-02", 7), ("2026-03-09", 7)]
    means = [round(sum(r.metrics.z_thread_score for r in filled[a:b]) / 7, 2) for a, b in ((0, 7), (7, 14))]
    assert [one["z_thread_score"] for one in found["buckets"]] == means
    assert found["direction"]["z_thread_score"] == "improving"
    assert found["direction"]["b_thread_score"] == "steady"


def test_trend_draws_a_sparkline_per_dimension_and_bars_for_one(filled: list[Record], capsys: Capture) -> None:
    run_trend()
    told = capsys.readouterr().out
    line = next(line for line in told.splitlines() if line.startswith("fewer questions"))
    assert "improving" in line and re.search("[▁▂▃▄▅▆▇█]{14}", line)
    run_trend(dimension="z", period="week")
    assert capsys.readouterr().out.count("2026-03-") >= 4
    with pytest.raises(UsageError):
        run_trend(dimension="x")
    with pytest.raises(UsageError):
        run_trend(period="hour")


def test_periods_without_sessions_are_kept_and_blank() -> None:
    found = trends.buckets([record("a", 0), record("b", 4)], "day")
    assert [bucket.sessions for bucket in found] == [1, 0, 0, 0, 1]
    values = [bucket.means.get("overall_score") for bucket in found]
    assert drawing.sparkline(values)[1:4] == "   "
    months = trends.buckets([record("a", 0), record("b", 70)], "month")
    assert [bucket.start.month for bucket in months] == [3, 4, 5]


@pytest.mark.parametrize(
    ("values", "told"), [([5, 5.6], "improving"), ([5, 4.4], "declining"), ([5, 5.4], "steady"), ([5], "steady")]
)
def test_a_direction_is_told_from_ten_per_cent_on(values: list[float], told: str) -> None:
    assert trends.direction(values) == told


@pytest.mark.parametrize("width", [20, 80, 140, 400])
def test_a_calendar_fits_the_terminal_and_puts_each_day_in_its_place(width: int) -> None:
    last = date(2026, 3, 4)
    lines = drawing.calendar({last: 4, last - timedelta(days=2): 1, date(2020, 1, 1): 99}, last, width)
    assert len(lines) == 8 and max(map(len, lines)) <= width
    assert [lines[1][-1], lines[2][-1], lines[3][-1]] == ["░", "·", "█"]
    assert len(lines[4]) == len(lines[1]) - 2, "days to come are blank"


def test_report_ends_with_the_days(filled: list[Record], capsys: Capture) -> None:
    report.run(since=None, project=None, tools=[], json=False)
    told = capsys.readouterr().out
    assert "15 sessions, 14 qualified" in told
    assert "Mon" in told and "Wed" in told


def test_json_and_csv_hold_every_session_and_number(filled: list[Record], capsys: Capture) -> None:
    objects = json.loads(exported(capsys))["sessions"]
    rows = list(csv.DictReader(io.StringIO(exported(capsys, as_csv=True))))
    assert len(objects) == len(rows) == 15
    for one, row in zip(objects, rows, strict=True):
        assert row["session_id"] == one["session_id"]
        assert float(row["z_thread_score"]) == one["trust"]["z_thread_score"]
        assert int(row["local_tokens_cache_read"]) == one["local"]["tokens"]["cache_read"] == 3


def test_a_spreadsheet_runs_no_formula_from_a_path(home: Path, capsys: Capture) -> None:
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("a", 0, project="=HYPERLINK(1)")])])
    (row,) = csv.DictReader(io.StringIO(exported(capsys, as_csv=True)))
    assert row["local_project"] == "'=HYPERLINK(1)"


class Page(HTMLParser):
    """Which elements a page has, whether they are closed, and what they fetch."""

    VOID = ("meta", "br", "img", "link", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "action", "onload")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_with_radar_trend_and_a_year_of_days(filled: list[Record], capsys: Capture) -> None:
    text = exported(capsys, as_html=True)
    page = Page(re.sub(r"<(\w+)([^<>]*)/>", r"<\1\2></\1>", text))
    assert page.open == [] and page.fetched == []
    assert "script" not in page.seen and "http" not in text.replace("http-equiv", "")
    assert page.seen.count("svg") == 3 and page.seen.count("polyline") == 5
    assert 52 * 7 < page.seen.count("rect") <= 53 * 7
    assert "2026-03-05: 2 sessions" in text


def test_the_page_shows_a_projects_name_as_text_and_no_path(home: Path, capsys: Capture) -> None:
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("a", 0, project="/secret/<b>x</b>")])])
    text = exported(capsys, as_html=True)
    assert "<b>x" not in text and "secret" not in text
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("a", 0, project="/secret/<i>x")])])
    assert "&lt;i&gt;x" in exported(capsys, as_html=True)


def test_a_page_of_no_sessions_can_be_written(home: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "page.html"
    exported(capsys, as_html=True, target=target)
    assert target.read_text().startswith("<!doctype html>") and target.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError):
        exported(capsys, as_html=True, as_csv=True)


def test_the_leaderboard_refuses_unknown_periods_and_answers_that_are_none(home: Path) -> None:
    from shared import credentials

    with FakeServer() as server:
        credentials.write("omas", f"token@{server.url}", "key")
        with pytest.raises(UsageError):
            leaderboard.show(server_url=server.url, period="decade", limit=0, json=False)
        with pytest.raises(Exception, match="OMAS server"):
            leaderboard.show(server_url=server.url, period="all", limit=0, json=False)


def test_nothing_a_terminal_would_obey_is_in_any_output(home: Path, capsys: Capture) -> None:
    hostile = "/p/\x1b]0;t\x07\x1b[2J\x9b31m\u202eabc\r\n=x"
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("s\x1b[31m1", 0, project=hostile)])])
    for options in ({"as_csv": True}, {"as_json": True}, {"as_html": True}):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", exported(capsys, **options)), options
    assert json.loads(exported(capsys))["sessions"][0]["local"]["project"] == hostile
    list_command.run(since=None, project=None, tools=[], limit=0, json=False)
    show.run(session_id="s", json=False)
    run_trend()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", capsys.readouterr().out)


@pytest.mark.parametrize("path", ["=cmd|' /C calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\n=1", "\x1b[0m=1"])
def test_no_text_of_a_csv_begins_like_a_formula(home: Path, capsys: Capture, path: str) -> None:
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("s1", 0, project=path)])])
    [row] = csv.DictReader(io.StringIO(exported(capsys, as_csv=True)))
    assert row["local_project"].startswith("'")


def test_a_session_dated_decades_ahead_is_said_and_not_drawn(from_the_future: Record, capsys: Capture) -> None:
    note = "1 session dated after tomorrow, up to 2099-02-27: not drawn."
    assert report.run(since=None, project=None, tools=[], json=False) == 0
    shown = capsys.readouterr()
    assert "sessions begun, by day, to 2026-03-15" in shown.out and note in shown.err
    run_trend()
    shown = capsys.readouterr()
    assert "2026-03-02 to 2026-03-15" in shown.out and note in shown.err
    run_trend(json=True)
    assert json.loads(capsys.readouterr().out)["buckets"][-1]["start"] == "2026-03-15"
    page = exported(capsys, as_html=True)
    assert note in page and ">2099-02-27<" not in page
    export_rows = json.loads(exported(capsys, as_json=True))["sessions"]
    assert "ahead" in {row["session_id"] for row in export_rows}, "what is exported is all"


def test_a_ledger_with_sessions_from_the_future_alone_draws_nothing(home: Path, capsys: Capture) -> None:
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("ahead", 26_660)])])
    report.run(since=None, project=None, tools=[], json=False)
    assert "not drawn" in capsys.readouterr().err
    run_trend()
    assert "not drawn" in capsys.readouterr().err
    assert "not drawn" in exported(capsys, as_html=True)


def test_who_has_no_sessions_is_told_what_makes_some_and_who_has_small_ones_what_counts(
    home: Path, capsys: Capture
) -> None:
    run_trend()
    report.run(since=None, project=None, tools=[], json=False)
    assert capsys.readouterr().err.count("`omas scan` reads the logs of your AI tools.") == 2
    with ledger.opened() as book:
        book.save([ledger.Reading("claude", (), [record("tiny", 3, tools=1)])])
    run_trend()
    assert "None of these sessions counts: that takes 5 minutes" in capsys.readouterr().err
