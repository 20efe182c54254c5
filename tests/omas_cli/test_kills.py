"""Uploads killed at random moments against a server that fails at random.

`python -m tests.omas_cli.kills` runs 200 rounds.
"""

from __future__ import annotations

from pathlib import Path

from tests.omas_cli.kills import rounds

ROUNDS = 8


def test_kills_at_random_moments_lose_and_double_nothing(home: Path) -> None:
    run = rounds(ROUNDS, seed=7)
    assert run.too_early == []
