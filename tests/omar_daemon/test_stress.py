"""Small versions of the stress runs; `make bench BENCH=stress` has the large ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.omar_daemon import stress_runs
from tests.omar_daemon.stress_runs import House

pytestmark = pytest.mark.stress


@pytest.fixture
def house(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SHELL", "/bin/sh")
    made = House(home)
    yield made
    assert "Traceback" not in made.daemon.log
    made.close()


def test_a_flat_team_is_spawned_told_and_ended_while_the_daemon_is_killed_three_times(house: House) -> None:
    stress_runs.flat(house, 24, kill=True)


def test_a_tree_reports_and_cleans_up_while_the_daemon_is_killed_three_times(house: House) -> None:
    assert stress_runs.tree(house, 15, kill=True)["reports"] == 14
