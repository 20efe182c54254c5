"""Aligning lines: as many pairs as can be, in order, and slides that change no text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oobo_hooks.anchor import alignment
from oobo_hooks.anchor.alignment import matches, pair_up, slid

texts = st.lists(st.sampled_from([b"a\n", b"b\n", b"}\n", b"\n"]), max_size=12)


def longest_common(old: list[bytes], new: list[bytes]) -> int:
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(old):
        for j, right in enumerate(new):
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(texts, texts, st.data())
def test_matches_are_the_longest_there_are_and_sliding_keeps_them_so(
    old: list[bytes], new: list[bytes], data: st.DataObject
) -> None:
    found = matches(old, new)
    owners = [data.draw(st.sampled_from([None, "one", "two"])) for _ in old]
    for pairs in (found, slid(found, old, new, owners)):
        assert len(pairs) == longest_common(old, new)
        assert all(old[left] == new[right] for left, right in pairs)
        assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(pairs))


def test_lines_that_are_left_out_were_one_owners() -> None:
    old = [b"#\n", b"by the agent\n", b"#\n", b"by hand\n"]
    new = [b"#\n", b"by hand\n"]
    assert slid([(0, 0), (3, 1)], old, new, ["agent", "agent", None, None]) == [(2, 0), (3, 1)]


def test_what_is_put_in_parts_no_ones_lines() -> None:
    old = [b"f\n", b"}\n"]
    new = [b"f\n", b"}\n", b"g\n", b"}\n"]
    assert slid([(0, 0), (1, 3)], old, new, ["agent", "agent"]) == [(0, 0), (1, 1)]


def test_a_bracket_counts_only_beside_a_line_that_says_something() -> None:
    offered = [(0, b"f(1)"), (1, b"}"), (2, b"}")]
    assert pair_up(offered, [(7, b"}"), (8, b"f(1)"), (9, b"}"), (12, b"}")]) == [(0, 8), (1, 9)]
    assert pair_up([(0, b"}")], [(5, b"}")]) == [(0, 5)]


@given(texts, texts)
def test_the_approximate_way_pairs_equal_lines_in_order(old: list[bytes], new: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "MOST_CHANGES", 0)
        patch.setattr(alignment, "MOST_CHANGES_BETWEEN", 1)
        found = matches(old, new)
    assert all(old[left] == new[right] for left, right in found)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(found))


def test_lines_that_stand_once_keep_their_places_in_a_file_with_much_new() -> None:
    functions = [[b"def f%d\n" % number, b"    body %d\n" % number, b"}\n"] for number in range(1500)]
    old = [line for function in functions[::2] for line in function]
    new = [line for function in functions for line in function]
    assert len(new) - len(old) > alignment.MOST_CHANGES
    assert len(matches(old, new)) == len(old)
