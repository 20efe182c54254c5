"""10 000 events through a bad proxy while the sender is killed -9 again and again: none lost, none twice (contract)."""

from __future__ import annotations

from pathlib import Path

from tests.bench.figures import Figure
from tests.daemon import Daemon
from tests.oobo_hooks import faults

COUNT = 10_000
LIMIT_SECONDS = 1800.0


def measure(home: Path) -> list[Figure]:
    with Daemon() as daemon:
        fate = faults.run(daemon, COUNT, kill_after=(0.5, 10.0), limit_seconds=LIMIT_SECONDS)
    met = ", ".join(f"{count} × {way}" for way, count in fate.met.most_common())
    done = f"{fate.kills} kills; {met}"
    return [
        Figure("events lost", COUNT - fate.arrived, "", 0, done),
        Figure("events twice or left over", max(0, fate.arrived - COUNT) + fate.left, "", 0, done),
        Figure("events a second through it all", COUNT / fate.seconds, "/s", 10, "no promise", at_least=True),
    ]
