"""Rows, words and orders: what the dashboard knows without drawing or asking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omar_daemon.dashboard import orders, tree, words
from omar_daemon.dashboard.agent_list import line_of, name_width
from omar_daemon.dashboard.panels import event_line
from omar_daemon.dashboard.tree import Agent, View
from shared.errors import UsageError


def lines(agents: list[Agent], view: View | None = None) -> list[str]:
    return [f"{row.guide}{row.agent.name}" for row in tree.rows(agents, view or View())]


FAMILY = [
    Agent("b", "working", parent="a"),
    Agent("c", "idle", parent="a", task="write the docs"),
    Agent("d", "stuck", parent="b"),
    Agent("a", "idle"),
    Agent("z", "dead", parent="gone"),
    Agent("ea", "idle"),
]


def test_the_tree_shows_parents_before_children_and_the_manager_first() -> None:
    assert lines(FAMILY) == ["ea", "a", "├ b", "│ └ d", "└ c", "z"]


def test_a_folded_agent_tells_how_many_it_hides() -> None:
    rows = tree.rows(FAMILY, View(folded={"a"}))
    assert [(row.agent.name, row.hidden) for row in rows] == [("ea", 0), ("a", 3), ("z", 0)]


def test_only_what_is_below_the_chosen_root_is_shown() -> None:
    assert lines(FAMILY, View(root="b")) == ["b", "└ d"]
    assert lines(FAMILY, View(root="nobody")) == lines(FAMILY)


def test_a_search_shows_what_fits_with_those_above_it_folded_or_not() -> None:
    assert lines(FAMILY, View(words="DOCS")) == ["a", "└ c"]
    assert lines(FAMILY, View(words="stuck", folded={"a"})) == ["a", "└ b", "  └ d"]
    assert lines(FAMILY, View(words="stuck", root="b")) == ["b", "└ d"]
    assert lines(FAMILY, View(words="write idle")) == ["a", "└ c"]
    assert lines(FAMILY, View(words="nothing like it")) == []


@given(parents=st.lists(st.one_of(st.none(), st.integers(0, 11)), min_size=1, max_size=12))
def test_every_agent_is_shown_once_whatever_the_parents_say(parents: list[int | None]) -> None:
    agents = [Agent(f"n{i}", "idle", parent=None if p is None else f"n{p}") for i, p in enumerate(parents)]
    shown = [row.agent.name for row in tree.rows(agents, View())]
    assert sorted(shown) == sorted(agent.name for agent in agents)


def test_what_needs_a_person_is_counted_first() -> None:
    assert tree.counts(FAMILY) == [("stuck", 1), ("dead", 1), ("working", 1), ("idle", 3)]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (90_000, "1d")],
)
def test_spans_take_four_columns(seconds: float | None, shown: str) -> None:
    assert words.span(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "now"), (0, "now"), (0.2, "0:01"), (7, "0:07"), (750, "12:30"), (10_800, "3:00:00"), (187_200, "2d 4h")],
)
def test_a_countdown_is_read_at_a_glance(seconds: float, shown: str) -> None:
    assert words.countdown(10**18 + int(seconds * 10**9), 10**18) == shown


def test_every_health_has_a_mark_of_its_own_beside_its_word() -> None:
    shown = [words.health(health) for health in tree.HEALTH_ORDER]
    assert len({one[0] for one in shown}) == 5 and all(
        one.endswith(h) for one, h in zip(shown, tree.HEALTH_ORDER, strict=True)
    )


@given(text=st.text(max_size=30), width=st.integers(0, 20))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int) -> None:
    from rich.cells import cell_len

    assert cell_len(words.fitted(text, width)) == width
    assert "\x1b" not in words.fitted(text, width)


def test_times_are_written_as_people_write_them() -> None:
    spans = ["30", "30s", " 5M", "1.5h", "2d"]
    assert [orders.span_ns(one) // 10**9 for one in spans] == [30, 30, 300, 5400, 172_800]
    for wrong in ("", "soon", "-5", "5 weeks", "1e9"):
        with pytest.raises(UsageError):
            orders.span_ns(wrong)


def test_what_is_below_a_last_child_is_drawn_below_it() -> None:
    family = [Agent(name, "idle", parent=above) for name, above in zip("abcd", (None, *"abc"), strict=True)]
    drawn = [line_of(row, 60, 20).plain for row in tree.rows(family, View())]
    assert [line[:12].rstrip() for line in drawn] == ["a", "└ b", "  └ c", "    └ d"]


@pytest.mark.parametrize(
    ("lengths", "room", "width"),
    [
        ([4, 6, 8, 8, 9, 9, 15, 17, 66], 37, 17),  # a deep name is whole beside shorter tasks
        ([4, 6, 8, 8, 9, 9, 15, 17, 66], 73, 48),  # where there is much room the longest gets it
        ([4, 6, 8, 8, 9, 9, 9, 9, 9, 9, 9, 66], 28, 10),  # one long name does not take the tasks of all others
        ([20, 21, 22], 22, 22),  # no room for tasks
        ([0], 5, 5),
    ],
)
def test_a_name_is_whole_while_some_of_the_task_can_be_read(lengths: list[int], room: int, width: int) -> None:
    assert name_width(lengths, room) == width


def test_the_text_of_an_event_is_seen_however_long_the_names_are() -> None:
    event = {"timestamp": 7 * 10**9, "sender": "s" * 64, "receiver": "r" * 64, "payload": "[red]Status?[/red]"}
    line = event_line(event, 0, 60).plain
    assert "[red]Status?" in line and "sss…→rrr" in line and len(line) <= 60
    assert event_line({**event, "sender": "ea", "receiver": "w"}, 0, 60).plain == "   0:07 ea→w [red]Status?[/red]"
