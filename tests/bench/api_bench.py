"""The bars of the managed-agents contract: creating, reading, appending, and what streams get when.

Against a daemon of its own in `make bench`; against any other with `python -m tests.bench.api_bench URL --key oma_…`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
import random
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.figures import Figure, median, percentile, print_figures, timed
from tests.daemon import Daemon

RUNS = 300
APPENDS = 1000
DELIVERIES = 200
STREAMS = 200
STREAM_EVENTS = 1000
DISCONNECTS = 1000


class Api:
    """One keep-alive connection, as lean as the standard library allows: the server is measured, not the client."""

    def __init__(self, url: str, key: str) -> None:
        self._place = urlsplit(url)
        self._headers = {"content-type": "application/json", "x-api-key": key}
        self._connection = http.client.HTTPConnection(self._place.hostname or "", self._place.port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self, verb: str, path: str, body: Any = None) -> Any:
        self._connection.request(verb, path, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{verb} {path} answered {answer.status}: {content[:300]!r}")
        return json.loads(content) if content else None

    def stream(self, session: str, last: int | None = None) -> socket.socket:
        """An open stream of a session, its headers read."""
        connection = socket.create_connection((self._place.hostname, self._place.port or 80))
        connection.settimeout(60)
        resume = "" if last is None else f"last-event-id: {last}\r\n"
        host = f"{self._place.hostname}:{self._place.port}"
        connection.sendall(
            f"GET /v1/sessions/{session}/events/stream HTTP/1.1\r\nhost: {host}\r\n"
            f"x-api-key: {self._headers['x-api-key']}\r\n{resume}\r\n".encode()
        )
        return connection

    def session(self, agent: str, environment: str) -> str:
        return str(self("POST", "/v1/sessions", {"agent": agent, "environment_id": environment})["id"])

    def append(self, session: str, number: int) -> None:
        """An event that is stored and starts nothing."""
        content = [{"type": "text", "text": f"result {number}"}]
        event = {"type": "user.custom_tool_result", "custom_tool_use_id": f"call_{number}", "content": content}
        self("POST", f"/v1/sessions/{session}/events", {"events": [event]})


class Numbers(threading.Thread):
    """Reads a stream and puts the number and arrival time of each event into `seen`."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(daemon=True)
        self._connection = connection
        self.seen: queue.Queue[tuple[int, float]] = queue.Queue()
        self.open = threading.Event()

    def run(self) -> None:
        with self._connection.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b"retry:"):
                    self.open.set()
                if line.startswith(b"id: "):
                    self.seen.put((int(line[4:]), time.perf_counter()))


def measure(_home: Path) -> list[Figure]:
    with Daemon() as daemon:
        idle = _resident_mb(daemon.process.pid)
        figures = measure_at(daemon.url, daemon.key("managed"))
        return [Figure("resident memory, idle", idle, "MB", 120, "the whole daemon"), *figures]


def measure_at(url: str, key: str) -> list[Figure]:
    api = Api(url, key)
    agent = api("POST", "/v1/agents", {"name": "bench", "model": "none"})["id"]
    environment = api("POST", "/v1/environments", {"name": "bench"})["id"]
    session = api.session(agent, environment)
    health = median(timed(lambda: api("GET", "/api/health"), RUNS, warm_up=20))
    reference = f"GET /api/health {health:.2f} ms"
    body = {"name": "a", "model": "none", "system": "x", "tools": [{"type": "agent_toolset_20260401"}]}
    creates = timed(lambda: api("POST", "/v1/agents", body), RUNS, warm_up=20)
    gets = timed(lambda: api("GET", f"/v1/sessions/{session}"), RUNS, warm_up=20)
    return [
        Figure("agent create, p50", median(creates), "ms", 2, reference),
        Figure("session get, p50", median(gets), "ms", 1, reference),
        *_appends(api, session),
        *_deliveries(api, api.session(agent, environment), reference),
        _many_streams(api, api.session(agent, environment)),
        _disconnects(api, api.session(agent, environment)),
    ]


def _appends(api: Api, session: str) -> list[Figure]:
    raw = _raw_inserts()
    numbers = iter(range(APPENDS + 1))
    begun = time.perf_counter()
    took = timed(lambda: api.append(session, next(numbers)), APPENDS, warm_up=0)
    rate = APPENDS / (time.perf_counter() - begun)
    reference = f"SQLite alone, each insert synced: {raw:.0f} /s before, {_raw_inserts():.0f} /s after"
    growth = median(took[-100:]) / median(took[:100])
    return [
        Figure("appends to one session", rate, "/s", 900, reference, at_least=True),
        Figure("append, last 100 against first 100", growth, "x", 1.2, f"first 100 p50 {median(took[:100]):.2f} ms"),
    ]


def _raw_inserts() -> float:
    """How many rows a second the disk takes when each is synced as the daemon syncs it, with nothing else around."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        raw = sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)
        raw.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (seq INTEGER, data TEXT)")
        begun = time.perf_counter()
        for number in range(APPENDS):
            raw.execute("BEGIN IMMEDIATE")
            raw.execute("INSERT INTO log VALUES (?, ?)", (number, "x" * 300))
            raw.execute("COMMIT")
        took = time.perf_counter() - begun
        raw.close()
    return APPENDS / took


def _deliveries(api: Api, session: str, reference: str) -> list[Figure]:
    reader = Numbers(api.stream(session))
    reader.start()
    reader.open.wait(10)
    took = []
    for number in range(DELIVERIES):
        sent = time.perf_counter()
        api.append(session, number)
        took.append((reader.seen.get(timeout=10)[1] - sent) * 1000)
    return [
        Figure("POST to frame, p50", median(took), "ms", 2, reference),
        Figure("POST to frame, p99", percentile(took, 0.99), "ms", 6, reference),
    ]


def _many_streams(api: Api, session: str) -> Figure:
    readers = [Numbers(api.stream(session)) for _ in range(STREAMS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.open.wait(30)
    begun = time.perf_counter()
    for number in range(STREAM_EVENTS):
        api.append(session, number)
    wrong = sum(not _got_all(reader) for reader in readers)
    took = time.perf_counter() - begun
    name = f"{STREAMS} streams x {STREAM_EVENTS} events: streams not in order"
    return Figure(name, wrong, "", 0, f"took {took:.1f} s")


def _got_all(reader: Numbers) -> bool:
    found = []
    try:
        while len(found) < STREAM_EVENTS:
            found.append(reader.seen.get(timeout=30)[0])
    except queue.Empty:
        return False
    return found == list(range(1, STREAM_EVENTS + 1)) and reader.seen.empty()


def _disconnects(api: Api, session: str) -> Figure:
    """Cut a stream at random bytes and resume it; what it saw in all must be the log, each event once."""
    dice = random.Random(7)
    total = 500
    for number in range(total):
        api.append(session, number)
    seen: list[int] = []
    for _ in range(DISCONNECTS):
        last = seen[-1] if seen else 0
        if last == total:
            seen.clear()
            last = 0
        seen += _read_some(api.stream(session, last), dice.randrange(200, 4000))
        if seen != list(range(1, len(seen) + 1)):
            return Figure(f"{DISCONNECTS} random disconnects: wrong", 1, "", 0, f"seen {len(seen)}")
    return Figure(f"{DISCONNECTS} random disconnects: wrong", 0, "", 0, f"{total} events")


def _read_some(connection: socket.socket, size: int) -> list[int]:
    """The numbers of the whole frames in the first `size` bytes."""
    received = b""
    connection.settimeout(0.5)
    with connection:
        try:
            while len(received) < size and (piece := connection.recv(size - len(received))):
                received += piece
        except TimeoutError:
            pass
    frames = received.split(b"\n\n")[:-1]
    return [int(line[4:]) for frame in frames for line in frame.split(b"\n") if line.startswith(b"id: ")]


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", default=os.environ.get("OMA_API_KEY", ""))
    options = parser.parse_args()
    print_figures(options.url, measure_at(options.url, options.key))
    return 0


if __name__ == "__main__":
    sys.exit(main())
