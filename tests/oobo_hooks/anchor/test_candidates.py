"""Looking for the sessions behind commits: what is not there costs a commit no time."""

from __future__ import annotations

import time

from oobo_hooks.anchor.candidates import Candidates
from tests.oobo_hooks.scene import Repository

WAIT_SECONDS = 3.0


def seconds_for_missing(candidates: Candidates, session_id: str, seconds_left: float) -> float:
    start = time.monotonic()
    assert candidates.by_id(session_id, "codex", wait_until=time.time() + seconds_left) is None
    return time.monotonic() - start


def test_a_log_that_is_missing_is_waited_for_once_and_for_no_old_commit(repository: Repository) -> None:
    candidates = Candidates(str(repository.path), ("codex",), repository.state_dir)
    assert seconds_for_missing(candidates, "old", -60.0) < WAIT_SECONDS
    assert seconds_for_missing(candidates, "none", WAIT_SECONDS) >= WAIT_SECONDS
    assert seconds_for_missing(candidates, "none", WAIT_SECONDS) < WAIT_SECONDS
