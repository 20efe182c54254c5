"""The score rules of the contract, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from omas_cli.scoring import agents
from omas_cli.scoring.facts import Facts
from omas_cli.scoring.metrics import metrics_of
from shared.wire import ranking


def facts(**changes: Any) -> Facts:
    """The seed's example (seed 000) with some of its facts changed."""
    example: dict[str, Any] = {
        "duration_minutes": 45.2,
        "tool_calls": 127,
        "humans": 3,
        "responses": 24,
        "tokens": 56_500,
        "max_concurrent_agents": 3,
        "sub_agents": 5,
        "max_depth": 1,
        "peak_parallel_tools": 4,
        "longest_stretch_minutes": 32.5,
        "max_calls_between_humans": 89,
        "longest_response_run": 12,
        "asks": 1,
        "penalised_asks": 1,
    }
    return Facts(**{**example, **changes})


def test_the_seeds_own_example_gives_its_numbers() -> None:
    found = metrics_of(facts())
    assert (found.p_thread_score, found.l_thread_score, found.b_thread_score, found.z_thread_score) == (
        4.0, 7.02, 5.0, 7.46,
    )  # fmt: skip
    assert (found.overall_score, found.thread_type) == (5.87, "L")
    assert (found.tool_calls_per_minute, found.tokens_per_minute) == (2.81, 1250.0)
    assert (found.tool_calls_per_human_message, found.assistant_per_human_ratio) == (42.33, 8.0)
    assert (found.ask_user_count, found.autonomous_tool_call_pct) == (1, 99.21)
    assert (found.max_tool_calls_between_human, found.max_consecutive_assistant_turns) == (89, 12)


@pytest.mark.parametrize(("at_once", "parallel", "score"), [(3, 4, 4.0), (7, 4, 7.0), (0, 1, 1.0), (25, 0, 25.0)])
def test_more_is_the_larger_of_agents_and_tools_at_once_uncapped(at_once: int, parallel: int, score: float) -> None:
    assert metrics_of(facts(max_concurrent_agents=at_once, peak_parallel_tools=parallel)).p_thread_score == score


@pytest.mark.parametrize(("minutes", "score"), [(0, 0.0), (1, 1.39), (30, 6.87), (60, 8.22), (500, 10.0)])
def test_longer_is_twice_the_logarithm_of_the_stretch_up_to_10(minutes: float, score: float) -> None:
    assert metrics_of(facts(longest_stretch_minutes=minutes)).l_thread_score == score


@pytest.mark.parametrize(("count", "depth", "score"), [(0, 0, 0.0), (5, 1, 5.0), (4, 3, 12.0), (20, 0, 20.0)])
def test_thicker_is_agents_times_depth(count: int, depth: int, score: float) -> None:
    assert metrics_of(facts(sub_agents=count, max_depth=depth)).b_thread_score == score


@pytest.mark.parametrize(
    ("tools", "humans", "penalised", "score"),
    [(127, 3, 1, 7.46), (10, 1, 0, 4.80), (10, 1, 10, 1.80), (0, 0, 0, 0.0), (1, 5, 1, 0.0), (1000, 1, 0, 10.0)],
)
def test_fewer_is_tools_per_human_less_a_penalty_of_at_most_3(
    tools: int, humans: int, penalised: int, score: float
) -> None:
    found = metrics_of(facts(tool_calls=tools, humans=humans, asks=penalised, penalised_asks=penalised))
    assert found.z_thread_score == score


def test_overall_is_the_mean_of_the_unrounded_scores_each_capped_at_10() -> None:
    found = metrics_of(facts(max_concurrent_agents=50, sub_agents=40, longest_stretch_minutes=1000, tool_calls=10_000))
    assert found.overall_score == 10.0


def test_without_tools_everything_was_autonomous() -> None:
    assert metrics_of(facts(tool_calls=0, penalised_asks=0)).autonomous_tool_call_pct == 100.0


def test_rates_of_a_session_without_duration_are_per_tenth_of_a_minute() -> None:
    found = metrics_of(facts(duration_minutes=0.0, tool_calls=3, tokens=7))
    assert (found.tool_calls_per_minute, found.tokens_per_minute) == (30.0, 70.0)


TYPES: list[tuple[dict[str, Any], str]] = [
    ({"humans": 1, "tool_calls": 10, "max_depth": 2}, "Z"),
    ({"humans": 1, "tool_calls": 9, "max_depth": 2}, "B"),
    ({"humans": 0, "tool_calls": 10}, "Z"),
    ({"longest_stretch_minutes": 30.0, "tool_calls": 50}, "L"),
    ({"longest_stretch_minutes": 29.99, "has_similar_prompts": True}, "F"),
    ({"longest_stretch_minutes": 30.0, "tool_calls": 49, "has_similar_prompts": True}, "F"),
    ({"longest_stretch_minutes": 1, "max_concurrent_agents": 2}, "P"),
    ({"longest_stretch_minutes": 1, "max_concurrent_agents": 1, "fewest_calls_in_gap": 3}, "C"),
    ({"longest_stretch_minutes": 1, "max_concurrent_agents": 1, "fewest_calls_in_gap": 2}, "Base"),
    ({"longest_stretch_minutes": 1, "max_concurrent_agents": 1, "fewest_calls_in_gap": 3, "humans": 2}, "Base"),
]


@pytest.mark.parametrize(("changes", "kind"), TYPES)
def test_the_first_matching_thread_type_wins(changes: dict[str, Any], kind: str) -> None:
    assert metrics_of(facts(**changes)).thread_type == kind


@pytest.mark.parametrize(
    ("intervals", "peak"),
    [
        ([], 0),
        ([(5, 5)], 1),
        ([(0, 10), (10, 20)], 2),
        ([(0, 10), (11, 20)], 1),
        ([(0, 100), (10, 20), (15, 30), (40, 50)], 3),
    ],
)
def test_agents_at_once_count_a_start_before_an_end_at_the_same_instant(
    intervals: list[tuple[int, int]], peak: int
) -> None:
    assert agents.peak_overlap(intervals) == peak


@pytest.mark.parametrize(
    ("prompts", "similar"),
    [
        (["a b c d e f g h i j", "a b c d e f g h i x"], True),  # 9 of 11
        (["a b c d e f g", "a b c d e f x"], True),  # 6 of 8
        (["a b c d e f g", "a b c d e x y"], False),  # 5 of 9
        (["a b c d e f g x y z", "a b c d e f g"], True),  # 7 of 10, exactly the limit
        (["Review THIS", "review this"], True),
        (["same words", None, "", "other text"], False),
        (["x" * 200 + " tail one", "x" * 200 + " another end"], True),
        ([], False),
    ],
)
def test_prompts_are_similar_from_seven_tenths_of_their_words_on(prompts: list[str | None], similar: bool) -> None:
    assert agents.has_similar_pair(prompts) is similar


@pytest.mark.parametrize(
    ("minutes", "tools", "humans", "counts"),
    [(5, 10, 1, True), (4.99, 10, 1, False), (5, 9, 1, False), (5, 10, 0, False)],
)
def test_a_session_qualifies_by_length_tools_and_a_human(minutes: float, tools: int, humans: int, counts: bool) -> None:
    assert ranking.is_qualified(minutes, tools, humans) is counts


def scored(score: float, order: int, tools: int = 50, minutes: float = 30) -> ranking.Scored:
    return ranking.Scored(score, tools, minutes, (order, str(order)))


def test_weights_are_the_product_of_two_logarithms() -> None:
    assert [round(ranking.weight(*pair), 2) for pair in ((10, 5), (50, 30), (200, 60), (500, 120))] == [
        4.3, 13.5, 21.8, 29.81,
    ]  # fmt: skip


def test_the_composite_rank_weighs_score_and_consistency_four_to_one() -> None:
    standing = ranking.rank([scored(4, 1), scored(6, 2)])
    assert (standing.weighted_score, standing.consistency) == (5.0, 6.67)
    assert standing.composite_rank == round(0.8 * 5 + 0.2 * 6.67, 2)


def test_consistency_is_neutral_below_two_and_looks_at_the_newest_70() -> None:
    assert ranking.rank([scored(9, 1)]).consistency == 5.0
    early = [scored(0, order) for order in range(30)]
    late = [scored(8, order) for order in range(100, 170)]
    assert ranking.rank(late + early).consistency == 10.0
    assert ranking.rank([]).composite_rank == 0.0
