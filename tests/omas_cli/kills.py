"""Rounds of `kill -9` of an upload against a server that answers as it likes; what must hold after each.

    python -m tests.omas_cli.kills [ROUNDS] [SEED]

Each round gives the ledger new sessions, makes what waits due, starts `omas upload` and kills it at a random moment.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from omas_cli import ledger
from omas_cli.record import Record, Tokens
from omas_cli.scoring.facts import Facts
from omas_cli.scoring.metrics import metrics_of
from omas_cli.server import Target
from omas_cli.upload.queue import QueueFile, instant_text, parse_instant
from omas_cli.upload.sender import MOST_ATTEMPTS
from shared import credentials, durable, paths
from tests.omas_cli.fake_server import DROP_AFTER_STORING, RESET, Answer, FakeServer

PER_ROUND = 3
HANG_SECONDS = 1.0
WORK_SECONDS = 0.9
"""What a run does beyond its start; kills fall into both."""
WAIT_SECONDS = 1
REFUSED_SHARE = 150
"""One session of so many is one the server refuses for good."""


@dataclass
class Run:
    """What happened so far. `counted` are requests that cost their sessions an attempt, `not_before` a promise kept."""

    rng: random.Random
    refused: set[str] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)
    not_before: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    too_early: list[str] = field(default_factory=list)

    def script(self, sessions: list[dict[str, Any]]) -> Answer | str | None:
        """The server's mood for one request."""
        ids = [session["session_id"] for session in sessions]
        if time.time() < self.not_before - 0.02:
            self.too_early.extend(ids)
        kind = self.rng.choice(["good", "good", "good", "401", "429", "500", "reset", "hang", "drop", "conflict"])
        if kind not in ("401", "429") and self.refused & set(ids):
            kind = "422"
        self.answers[kind] += 1
        if kind in ("500", "reset", "hang", "drop"):
            self.counted.update(ids)
        return self._answer(kind)

    def _answer(self, kind: str) -> Answer | str | None:
        if kind == "429":
            return Answer(429, {"error": "slow"}, Retry_After=str(WAIT_SECONDS))
        if kind in ("401", "500", "422"):
            return Answer(int(kind), {"error": kind})
        if kind == "hang":
            time.sleep(HANG_SECONDS)
            return RESET
        return {"reset": RESET, "drop": DROP_AFTER_STORING}.get(kind)


def add_sessions(ids: list[str]) -> None:
    facts = Facts(duration_minutes=20.0, tool_calls=20, humans=2, responses=20, tokens=1000)
    made = 1_772_445_600_000
    with ledger.opened() as book:
        records = [
            Record(
                tool="claude", id=name, project="/repo", model=None, started_ms=made, ended_ms=made + 1_200_000,
                modified_ms=made, metrics=metrics_of(facts), tokens=Tokens(0, 0, 0, 0), lines_written=0, responses=20,
                sub_agent_tool_calls=0, skipped_lines=0,
            )
            for name in ids
        ]  # fmt: skip
        book.save([ledger.Reading("claude", (), records)])


def upload(url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "omas_cli.main", "upload", "--server", url, "--quiet"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def start_seconds(url: str) -> float:
    """How long an upload with nothing to send takes on this machine, now."""
    begun = time.monotonic()
    upload(url).wait()
    return time.monotonic() - begun


def make_due(not_before: float) -> None:
    """The time to back off has passed; what the server asked for has not."""
    with QueueFile().changing() as queue:
        for entry in queue.pending:
            if parse_instant(entry.next_attempt_at).timestamp() > not_before + 0.5:
                entry.next_attempt_at = instant_text(datetime.now(UTC) - timedelta(seconds=1))


def told_to_wait() -> float:
    """Until when the server asked to wait, as the last process that heard it kept it; 0 when none did.

    A process that was killed before it kept the answer cannot have told it to the next one.
    """
    with suppress(FileNotFoundError):
        told = json.loads(paths.upload_queue().read_text()).get("paused_until")
        return parse_instant(told).timestamp() if told else 0.0
    return 0.0


def check_queue(sent: set[str], stored: set[str]) -> None:
    """The file can be read by anybody, holds each session once, and none is lost."""
    with suppress(FileNotFoundError):
        body = json.loads(paths.upload_queue().read_text())
        ids = [entry["session"]["session_id"] for entry in body["pending"] + body["parked"]]
        assert len(ids) == len(set(ids)), "a session stands twice in the queue"
        assert set(ids) <= sent
        assert all(entry["attempts"] <= MOST_ATTEMPTS for entry in body["pending"] + body["parked"])
    assert not list(paths.upload_queue().parent.glob("*.corrupt-*")), "the queue could not be read"
    assert stored <= sent


def rounds(count: int, seed: int, tell: Callable[[str], None] = lambda _line: None) -> Run:
    """Run `count` rounds in the current home, then let everything come to rest; raises AssertionError on a loss."""
    run = Run(random.Random(seed))
    durable.write_atomic(paths.config_file("omas"), "[upload]\nbackoff_seconds = 0.001\n")
    sent: set[str] = set()
    with FakeServer(run.script) as server:
        credentials.write("omas", Target(server.url).credential, "key")
        start = start_seconds(server.url)
        for number in range(count):
            new = [f"r{number:03d}-{place}" for place in range(PER_ROUND)]
            run.refused |= {name for name in new if run.rng.randrange(REFUSED_SHARE) == 0}
            add_sessions(new)
            sent |= set(new)
            two_at_once = run.rng.random() < 0.1
            run.not_before = told_to_wait()
            processes = [upload(server.url) for _ in range(2 if two_at_once else 1)]
            time.sleep(run.rng.uniform(0.5 * start, start + WORK_SECONDS))
            for process in processes:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            check_queue(sent, set(server.stored))
            make_due(run.not_before)
            tell(f"{number + 1}/{count}: {len(server.stored)} of {len(sent)} stored, {dict(run.answers)}")
        come_to_rest(run, server)
        parked = {entry.session_id for entry in QueueFile().read().parked}
        check_end(run, sent, set(server.stored), parked, server)
    return run


def come_to_rest(run: Run, server: FakeServer) -> None:
    """The server behaves from now on but for what it refuses."""
    run.rng = random.Random()
    server.script = lambda sessions: (
        Answer(422, {"error": "422"}) if run.refused & {one["session_id"] for one in sessions} else None
    )
    run.not_before = 0.0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        make_due(0.0)
        with QueueFile().changing() as queue:
            queue.paused_until = None
        assert upload(server.url).wait(timeout=60) in (0, 1, 75)
        with ledger.opened() as book:
            queue = QueueFile().read()
            # A fifth answer that was dropped leaves a session parked that the server has.
            done = book.settled(Target(server.url).name) | queue.ids()
            if not queue.pending and done >= set(server.stored):
                return
    raise AssertionError("the queue did not come to rest")


def check_end(run: Run, sent: set[str], stored: set[str], parked: set[str], server: FakeServer) -> None:
    assert stored | parked == sent, f"lost: {sorted(sent - stored - parked)[:5]}"
    assert not run.refused & stored
    used_up = parked - run.refused
    # Only what used up five attempts may be parked beside what was refused; a drop may have stored it all the same.
    attempts = {entry.session_id: entry.attempts for entry in QueueFile().read().parked}
    assert all(attempts[name] >= MOST_ATTEMPTS for name in used_up)
    assert max(run.counted.values(), default=0) <= MOST_ATTEMPTS, "a sixth attempt"
    assert run.too_early == [], "asked before Retry-After had passed"
    assert len(server.stored) == len(stored)


def main(arguments: list[str]) -> int:
    count, seed = int(arguments[0]) if arguments else 200, int(arguments[1]) if len(arguments) > 1 else 1
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(HOME=home, OMA_HOME=str(Path(home) / "oma"))
        begun = time.monotonic()
        run = rounds(count, seed, lambda line: print(line, flush=True))
        took = time.monotonic() - begun
        print(f"{count} kills in {took:.0f} s: nothing lost, nothing doubled; answers: {dict(run.answers)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
