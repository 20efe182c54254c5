"""The contract's stress runs with fake agents: flat 100 and 300, a tree of 127, and both with the daemon killed."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.figures import Figure
from tests.omar_daemon import stress_runs
from tests.omar_daemon.stress_runs import House

TREE = 127
TREE_SECONDS = 240.0


def measure(home: Path) -> list[Figure]:
    os.environ["SHELL"] = "/bin/sh"
    figures: list[Figure] = []
    for kill in (False, True):
        for count in (100, 300):
            figures += _flat(home, count, kill)
        figures.append(_tree(home, kill))
    return figures


def _house(home: Path, name: str) -> House:
    own = home / name
    own.mkdir()
    os.environ.update(HOME=str(own), OMA_HOME=str(own / "oma"))
    return House(own)


def _said(kill: bool) -> str:
    return "daemon killed 3 times" if kill else "undisturbed"


def _flat(home: Path, count: int, kill: bool) -> list[Figure]:
    house = _house(home, f"flat-{count}-{kill}")
    try:
        seconds = stress_runs.flat(house, count, kill=kill)
    finally:
        house.close()
    scale = count / 100
    reference = f"{_said(kill)}, none lost, none doubled unmarked"
    slack = 15.0 if kill else 0.0
    return [
        Figure(f"flat {count}: spawned", seconds["spawned"], "s", 4.0 * scale + slack, reference),
        Figure(
            f"flat {count}: events heard after they were due", seconds["heard"], "s", 2.0 * scale + slack, reference
        ),
        Figure(f"flat {count}: ended", seconds["ended"], "s", 4.0 * scale + slack, reference),
    ]


def _tree(home: Path, kill: bool) -> Figure:
    house = _house(home, f"tree-{kill}")
    try:
        found = stress_runs.tree(house, TREE, kill=kill, patience=2 * TREE_SECONDS)
    finally:
        house.close()
    reference = f"{_said(kill)}, {found['reports']:.0f} reports, 0 stragglers"
    return Figure(f"tree of {TREE} until it cleaned up", found["seconds"], "s", TREE_SECONDS, reference)
