"""A bad network and a sender that dies: nothing is lost, nothing arrives twice. (`make bench` does it with 10 000.)"""

from __future__ import annotations

from tests.daemon import Daemon
from tests.fakes.bad_proxy import WAYS
from tests.oobo_hooks import faults


def test_through_a_bad_proxy_with_the_sender_killed_none_is_lost_and_none_comes_twice() -> None:
    with Daemon() as daemon:
        fate = faults.run(daemon, 150, kill_after=(0.4, 1.2), limit_seconds=40)
        assert (fate.arrived, fate.left) == (150, 0)
        assert set(fate.met) == set(WAYS), "the proxy has done everything it can"
        for number in (0, 75, 149):
            shown = daemon.owner.get(f"/anchors/{faults.commit_of(number)}").json()
            assert shown["anchor"]["commit_hash"] == faults.commit_of(number)
