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
    try:
        yield made
        assert "Traceback" not in made.daemon.log
    finally:
        made.close()


def test_a_flat_team_is_spawned_told_and_ended_while_the_daemon_is_killed_three_times(house: House) -> None:
    stress_runs.flat(house, 24, kill=True)


def test_a_tree_that_stands_still_is_said_with_its_reason_and_leaves_nothing_running(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    idle = tmp_path / "idle.py"
    idle.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(stress_runs, "STANDSTILL_SECONDS", 3)
    monkeypatch.setattr(stress_runs, "TREE_AGENT", idle)
    with pytest.raises(AssertionError, match=r"nothing happens any more\. 0 agents started"):
        stress_runs.tree(house, 3, kill=True)
    house.close()
    assert house.kills == 0 and house.daemon.process.poll() is not None


def test_a_tree_reports_and_cleans_up_while_the_daemon_is_killed_three_times(house: House) -> None:
    assert stress_runs.tree(house, 15, kill=True)["reports"] == 14
