"""Stress with fake agents: many at once, a tree that grows and cleans up, and `kill -9` of the daemon in both."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from shared import paths
from tests.daemon import Daemon

TREE_AGENT = Path(__file__).parents[1] / "fakes" / "tree_agent.py"
REPEATED = "(possibly repeated)"
THREADS = 16
SECOND = 10**9
AWAY_SECONDS = 6
"""How long a killed daemon may be away, at most."""
STANDSTILL_SECONDS = 45
"""A tree in which nothing happens for so long will not go on."""


class House:
    """A daemon on one port that is killed and started again at given moments of a run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.daemon = Daemon()
        self.port = self.daemon.port
        self.url = self.daemon.url
        self.kills = 0
        self._over = threading.Event()
        self._killing = threading.Lock()
        limits = httpx.Limits(max_connections=THREADS)
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=60, limits=limits)

    def kill_and_start(self) -> None:
        with self._killing:
            if not self._over.is_set():
                self.daemon.kill()
                self.daemon.close()
                self.daemon = Daemon("--port", str(self.port))
                self.kills += 1

    def kill_when(self, moments: Sequence[Callable[[], bool]]) -> threading.Thread:
        """In the background: `kill -9` and a new daemon, each time the next of these comes true."""

        def run() -> None:
            for moment in moments:
                while not moment():
                    if self._over.wait(0.01):
                        return
                self.kill_and_start()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request, repeated while the daemon is away."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._client.request(method, path, json=body)
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the daemon did not come back"
                time.sleep(0.05)

    def names(self) -> list[str]:
        return [agent["id"] for agent in self.ask("GET", "/api/agents").json()["agents"]]

    def close(self) -> None:
        """Nothing is left, whatever the run came to."""
        self._over.set()
        with self._killing:
            self._client.close()
            self.daemon.close()
        subprocess.run(["tmux", "-L", paths.tmux_socket(), "kill-server"], capture_output=True, check=False)


def flat(house: House, count: int, *, kill: bool) -> dict[str, float]:
    """`count` agents are spawned, told one thing each at one instant, and ended; seconds of each part.

    With `kill` the daemon is killed in the middle of each part. AssertionError when anything was lost, or came twice
    without saying so.
    """
    heard, done = house.home / "heard", Counter[str]()
    heard.mkdir()
    parts = {"spawned": count // 2, "scheduled": count // 2, "ended": count // 2}
    moments = [lambda part=part, limit=limit: done[part] >= limit for part, limit in parts.items()]
    killer = house.kill_when(moments) if kill else None
    seconds = {
        "spawned": _each(house, count, done, "spawned", lambda n: _spawn(n, heard)),
        "heard": _tell_all(house, count, done, heard, lead=AWAY_SECONDS if kill else 0),
        "ended": _each(house, count, done, "ended", lambda n: ("DELETE", f"/api/agents/f{n}", None)),
    }
    if killer is not None:
        killer.join(30)
        assert house.kills == len(parts)
    _check_heard(heard, count)
    assert house.names() == []
    return seconds


def _spawn(number: int, heard: Path) -> tuple[str, str, Any]:
    return "POST", "/api/agents", {"name": f"f{number}", "command": f"exec cat > {heard}/f{number}"}


def _each(
    house: House, count: int, done: Counter[str], part: str, request: Callable[[int], tuple[str, str, Any]]
) -> float:
    """One request for each agent, from many threads; seconds until all were answered."""
    # An answer that was lost with its daemon makes the next one "there already" or "there no more".
    fine = {"spawned": (200, 409), "scheduled": (200,), "ended": (200, 404)}[part]

    def send(number: int) -> None:
        answer = house.ask(*request(number))
        assert answer.status_code in fine, answer.text
        done[part] += 1

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(count)))
    return time.perf_counter() - began


def _tell_all(house: House, count: int, done: Counter[str], heard: Path, *, lead: int) -> float:
    """One event each, due at one instant; seconds from that instant until all have arrived."""
    due = time.time_ns() + (2 + count // 30 + lead) * SECOND

    def event(number: int) -> tuple[str, str, Any]:
        body = {"id": f"e{number}", "sender": "ea", "receiver": f"f{number}", "payload": "go", "timestamp": due}
        return "POST", "/api/events", body

    _each(house, count, done, "scheduled", event)
    deadline = time.monotonic() + 60
    while sum((heard / f"f{number}").stat().st_size > 0 for number in range(count)) < count:
        assert time.monotonic() < deadline, "an event was lost"
        time.sleep(0.02)
    arrived = (time.time_ns() - due) / SECOND
    while house.ask("GET", "/api/events").json()["events"]:
        assert time.monotonic() < deadline, "an event stays on the list"
        time.sleep(0.05)
    assert house.ask("GET", "/api/events?state=dead").json()["events"] == []
    return arrived


def _check_heard(heard: Path, count: int) -> None:
    for number in range(count):
        heads = [line for line in (heard / f"f{number}").read_text().splitlines() if line.startswith("[")]
        assert heads, f"f{number} heard nothing"
        assert sum(REPEATED not in head for head in heads) <= 1, f"f{number} heard twice without a mark: {heads}"


def tree(house: House, size: int, *, kill: bool, patience: float = 240.0) -> dict[str, float]:
    """A binary tree of `size` agents that spawns, reports and cleans up by itself; `{seconds, reports}`.

    AssertionError when it does not come to its end, or stands still before it, leaves stragglers, or a report is lost
    or doubled unmarked.
    """
    log = house.home / "tree.jsonl"
    log.touch()

    def entries(key: str) -> list[dict[str, Any]]:
        lines = log.read_text().split("\n")[:-1]
        return [entry for entry in map(json.loads, lines) if key in entry]

    thirds = (size - 1) // 3
    moments = [
        lambda: len(entries("started")) > size // 2,
        lambda: len(entries("heard")) >= thirds,
        lambda: len(entries("heard")) >= 2 * thirds,
    ]
    killer = house.kill_when(moments) if kill else None
    began = time.perf_counter()
    body = {
        "name": "t-1", "command": f"{sys.executable} -S {TREE_AGENT}",
        "env": {"TREE_LOG": str(log), "TREE_SIZE": str(size)},
    }  # fmt: skip
    root = house.ask("POST", "/api/agents", body)
    assert root.status_code in (200, 409), f"the first agent could not be started: {root.text}"
    moved, size_then = began, 0
    while not entries("complete"):
        now = time.perf_counter()
        if log.stat().st_size != size_then:
            moved, size_then = now, log.stat().st_size
        assert now - moved < STANDSTILL_SECONDS, f"nothing happens any more. {_standstill(house, entries)}"
        assert now - began < patience, f"not at its end after {patience:.0f} s. {_standstill(house, entries)}"
        time.sleep(0.1)
    seconds = time.perf_counter() - began
    if killer is not None:
        killer.join(30)
        assert house.kills == len(moments)
    assert house.names() == ["t-1"], "stragglers"
    assert house.ask("DELETE", "/api/agents/t-1").status_code == 200
    assert house.names() == []
    assert house.ask("GET", "/api/events").json()["events"] == []
    assert entries("trouble") == []
    reports = Counter((entry["agent"], entry["heard"]) for entry in entries("heard"))
    unmarked = Counter((e["agent"], e["heard"]) for e in entries("heard") if REPEATED not in e["head"])
    assert len(reports) == size - 1, "a report was lost"
    assert max(unmarked.values()) == 1, "a report came twice without a mark"
    return {"seconds": seconds, "reports": len(reports)}


def _standstill(house: House, entries: Callable[[str], list[dict[str, Any]]]) -> str:
    """How far a tree has come: what a person needs to look for the cause."""
    dead = [
        f"{event['id']} ({event['reason']})" for event in house.ask("GET", "/api/events?state=dead").json()["events"]
    ]
    waiting = [event["id"] for event in house.ask("GET", "/api/events").json()["events"]]
    names = house.names()
    return (
        f"{len(entries('started'))} agents started, {len(entries('heard'))} reports were heard, {len(names)} agents are"
        f" left ({', '.join(names[:8])} ...), events waiting: {waiting[:8]}, dead: {dead[:8]},"
        f" trouble: {entries('trouble')[:3]}"
    )
