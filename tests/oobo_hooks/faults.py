"""Events through a bad proxy into a real daemon, while their sender is killed again and again.

Also a program: `python -m tests.oobo_hooks.faults URL` is the sender, the key comes on stdin.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import sha1

from oobo_hooks import delivery
from oobo_hooks.settings import Server
from oobo_hooks.store import anchors, database, outbox
from tests.bench.ingest import event
from tests.daemon import Daemon
from tests.fakes.bad_proxy import BadProxy


@dataclass
class Fate:
    """What became of the events: how many arrived, how many the outbox still holds, what was done to them."""

    sent: int
    arrived: int
    left: int
    kills: int
    met: Counter[str]
    seconds: float


def queue(count: int) -> None:
    """Put events of `count` commits into the outbox."""
    with database.opened() as connection, database.transaction(connection):
        known = anchors.remember_repository(connection, common_dir="/r/.git", worktree="/r", name="r", remote=None)
        for number in range(count):
            commit = commit_of(number)
            outbox.put(connection, "git.commit", event(commit), repository=known.id, once=commit, commit=commit)


def commit_of(number: int) -> str:
    return sha1(f"commit {number}".encode()).hexdigest()


def left() -> int:
    with database.opened() as connection:
        return len(outbox.items(connection))


def run(daemon: Daemon, count: int, *, kill_after: tuple[float, float], limit_seconds: float, seed: int = 1) -> Fate:
    """Send `count` events; each sender lives a random time between the two of `kill_after` (seconds)."""
    queue(count)
    dice, kills, started = random.Random(seed), 0, time.monotonic()
    key = daemon.key("anchors")
    with BadProxy(daemon.port, seed) as proxy:
        while left() and time.monotonic() - started < limit_seconds:
            kills += _one_sender(proxy.url, key, dice.uniform(*kill_after))
        fate = Fate(count, 0, left(), kills, proxy.met, time.monotonic() - started)
    fate.arrived = arrived(daemon)
    return fate


def _one_sender(url: str, key: str, seconds: float) -> bool:
    """Start a sender and kill it -9 a while after it has begun; False when it had finished before."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.oobo_hooks.faults", url]
    sender = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert sender.stdin is not None and sender.stdout is not None and sender.stderr is not None
    with sender.stdin as asked:
        asked.write(key)
    with sender.stdout as answered:
        # On a busy machine it takes seconds to be there.
        answered.readline()
    try:
        sender.wait(seconds)
    except subprocess.TimeoutExpired:
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        return True
    finally:
        told = sender.stderr.read()
        sender.stderr.close()
    assert sender.returncode == 0, told
    return False


def arrived(daemon: Daemon) -> int:
    """How many anchors the server holds; a commit that came twice would count twice."""
    answer = daemon.owner.get("/anchors", params={"limit": 1})
    return int(answer.json()["totals"]["count"])


def send(url: str, key: str) -> None:
    """Send until nothing waits, as `oobo sync` does it over and over."""
    while left():
        delivery.drain(Server(url, key, "test", True), force=True)


if __name__ == "__main__":
    given = sys.stdin.read()
    print("ready", flush=True)
    send(sys.argv[1], given)
