"""Lines as formatters break them: the same text is found however it is broken, and looking costs what it must."""

from __future__ import annotations

import pytest

from oobo_hooks.anchor import layout
from tests.oobo_hooks.anchor.growth import growth

Numbered = list[tuple[int, bytes]]


def calls(count: int) -> Numbered:
    return [
        (number, b"value_%d = compute(first_%d, 'x', third_%d,)\n" % (number, number, number))
        for number in range(count)
    ]


def rewrapped(lines: Numbered) -> Numbered:
    text = b"".join(line for _, line in lines).replace(b"(", b"(\n    ").replace(b",)", b"\n)").replace(b"'", b'"')
    return list(enumerate(text.splitlines(keepends=True)))


def replaced(lines: Numbered) -> Numbered:
    return [(number, b"other_%d = %d\n" % (number, number)) for number, _ in lines]


def runs(ours: Numbered, theirs: Numbered) -> list[dict[int, list[int]]]:
    return list(layout.equal_runs(layout.without(ours), layout.without(theirs)))


def test_a_comma_before_a_bracket_says_nothing_wherever_the_line_ends() -> None:
    assert layout.without([(1, b"f(a,\n"), (2, b"  b,\n"), (3, b"\n"), (5, b") , ]\n")]) == [
        (1, b"f(a,"),
        (2, b"b"),
        (5, b")]"),
    ]


def test_runs_are_the_shortest_and_share_no_line() -> None:
    ours = [(0, b"f(a, b)\n"), (1, b"g(\n"), (2, b"c)\n"), (3, b"f(a, b)\n")]
    theirs = [
        (10, b"f(\n"),
        (11, b"a, b)\n"),
        (12, b"g(c)\n"),
        (13, b"new()\n"),
        (14, b"f(a, b)\n"),
        (15, b"f(a, b)\n"),
    ]
    assert runs(ours, theirs) == [{10: [0], 11: [0]}, {12: [1, 2]}, {14: [3]}]


def test_all_lines_of_a_rewrapped_file_are_found() -> None:
    lines = calls(300)
    assert sorted(index for run in runs(lines, rewrapped(lines)) for index in run) == list(range(900))


@pytest.mark.parametrize("changed", [rewrapped, replaced])
def test_the_cost_grows_as_the_lines(changed: object) -> None:
    assert callable(changed)
    assert growth(lambda count: runs(calls(count), changed(calls(count))), 300, 4) < 10
