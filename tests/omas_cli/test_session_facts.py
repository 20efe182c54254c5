"""From log lines to facts: segments, plan mode, and what must not change a score."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omas_cli.scoring.facts import Facts, facts_of
from omas_cli.scoring.metrics import metrics_of
from shared import transcripts
from shared.transcripts import Detail
from tests.bench.claude_corpus import Recipe, write_corpus
from tests.shared.transcripts.claude_lines import (
    SESSION,
    Json,
    assistant,
    call,
    human,
    line,
    project,
    read,
    write_session,
)


def facts(home: Path, lines: list[Json]) -> Facts:
    write_session(home, list(lines))
    return facts_of(read(Detail.COUNTS))


def work(minutes: float, *ids: str, name: str = "Read") -> Json:
    return assistant(minutes, f"m{minutes}", [call(found, name) for found in ids], {"output_tokens": 1})


def test_a_stretch_runs_from_the_human_message_to_the_last_tool_call_before_the_next(home: Path) -> None:
    found = facts(home, [human(0), work(3, "a"), work(12, "b"), line("system", 30), human(40), work(45, "c")])
    assert (found.longest_stretch_minutes, found.max_calls_between_humans) == (12, 2)
    assert (found.duration_minutes, found.humans, found.longest_response_run) == (45, 2, 2)


def test_a_stretch_before_the_first_human_message_runs_from_the_sessions_start(home: Path) -> None:
    found = facts(home, [line("system", 0), work(20, "a"), human(21), work(22, "b")])
    assert found.longest_stretch_minutes == 20


def test_a_session_without_human_messages_is_one_stretch(home: Path) -> None:
    found = facts(home, [line("system", 0), work(4, "a"), work(9, "b"), line("system", 30)])
    assert (found.longest_stretch_minutes, found.max_calls_between_humans, found.humans) == (9, 2, 0)


def test_no_tool_call_means_no_stretch(home: Path) -> None:
    found = facts(home, [human(0), assistant(50, "m1", []), human(60)])
    assert (found.longest_stretch_minutes, found.longest_response_run) == (0, 1)


def test_a_call_at_the_instant_of_a_human_message_follows_it(home: Path) -> None:
    found = facts(home, [human(0), human(10), work(10, "a")])
    assert (found.longest_stretch_minutes, found.fewest_calls_in_gap) == (0, 0)


def test_gaps_are_those_between_neighbouring_human_messages_only(home: Path) -> None:
    lines = [work(0, "x"), human(1), work(2, "a", "b", "c"), human(3), work(4, "d", "e", "f", "g"), human(5)]
    assert facts(home, lines).fewest_calls_in_gap == 3


def ask(minutes: float, name: str = "AskUserQuestion") -> Json:
    return work(minutes, f"ask{minutes}", name=name)


def test_questions_in_plan_mode_are_counted_but_not_penalised(home: Path) -> None:
    lines = [
        human(0), ask(1), work(2, "p", name="EnterPlanMode"), ask(3), human(4, permissionMode="default"), ask(5),
        work(6, "q", name="ExitPlanMode"), ask(7, "ask_user"),
    ]  # fmt: skip
    found = facts(home, lines)
    assert (found.asks, found.penalised_asks) == (4, 2)


def test_plan_mode_chosen_by_the_person_counts_as_well(home: Path) -> None:
    lines = [human(0, permissionMode="plan"), ask(1), human(2, permissionMode="acceptEdits"), ask(3)]
    found = facts(home, lines)
    assert (found.asks, found.penalised_asks) == (2, 1)


def test_an_unclosed_plan_runs_to_the_end(home: Path) -> None:
    found = facts(home, [human(0), work(1, "p", name="EnterPlanMode"), ask(30)])
    assert (found.asks, found.penalised_asks) == (1, 0)


@pytest.fixture(scope="module")
def some_logs(tmp_path_factory: pytest.TempPathFactory) -> list[list[bytes]]:
    """Lines of a few corpus sessions, broken ones taken out."""
    root = tmp_path_factory.mktemp("corpus") / "c"
    manifest = write_corpus(Recipe(root, sessions=8, mb=0.4, seed="lines"))
    logs = []
    for entry in manifest:
        lines = (root / entry["path"]).read_bytes().split(b"\n")
        logs.append([found for found in lines if _is_object(found)])
    return logs


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except ValueError:
        return False


def scores(home: Path, files: list[list[bytes]]) -> object:
    folder = project(home)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jsonl"):
        old.unlink()
    for index, lines in enumerate(files):
        (folder / (f"{SESSION}.jsonl" if index == 0 else f"part-{index}.jsonl")).write_bytes(b"\n".join(lines))
    found = sorted((folder / name for name in folder.iterdir()), key=lambda path: path.name)
    source = transcripts.Source("claude", SESSION, tuple(_file(path) for path in found))
    [session] = transcripts.read(source, Detail.COUNTS)
    return metrics_of(facts_of(session)), session.total_usage


def _file(path: Path) -> transcripts.LogFile:
    status = path.stat()
    return transcripts.LogFile(str(path), status.st_size, status.st_mtime_ns)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 7), seed=st.integers(0, 2**32), parts=st.integers(1, 4))
def test_order_repetition_and_splitting_of_lines_change_no_score(
    home: Path, some_logs: list[list[bytes]], which: int, seed: int, parts: int
) -> None:
    lines = some_logs[which]
    truth = scores(home, [lines])
    rng = random.Random(seed)
    mixed = [*lines, *rng.choices(lines, k=len(lines) // 3)]
    rng.shuffle(mixed)
    assert scores(home, [mixed[start::parts] for start in range(parts)]) == truth
