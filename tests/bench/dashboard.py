"""What one refresh of the dashboard costs the tmux server, with 100 agents of which some write."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from shared import paths
from tests.bench.figures import Figure
from tests.daemon import Daemon

AGENTS, WRITERS = 100, 20
ROUNDS = 15
WRITE = "while :; do date; sleep 1; done"


def measure(home: Path) -> list[Figure]:
    from omar_daemon.dashboard.feed import Feed

    with Daemon() as daemon:
        for number in range(AGENTS):
            command = WRITE if number < WRITERS else "sh"
            body = {"name": f"bench-{number}", "command": command, "workdir": str(home)}
            daemon.request("POST", "/api/agents", json=body).raise_for_status()
        server = int(_tmux("display-message", "-p", "#{pid}"))
        feed = Feed()
        for _ in range(AGENTS // 10):
            feed.look("bench-0", 40)
        alone = _server_time(server, lambda: None)
        watched = _server_time(server, lambda: feed.look("bench-0", 40))
        bare = _server_time(server, lambda: _tmux("list-panes", "-a")) - alone
        feed.close()
    reference = f"tmux list-panes -a {bare:.2f} ms, the daemon alone {alone:.2f} ms each second"
    return [Figure(f"tmux time of a dashboard refresh, {AGENTS} agents", watched - alone, "ms", 10.0, reference)]


def _server_time(server: int, once_a_second: Callable[[], object]) -> float:
    """Milliseconds per second that the tmux server ran, while this was done once in each."""
    before, started = _ran(server), time.monotonic()
    for number in range(ROUNDS):
        once_a_second()
        time.sleep(max(0.0, started + number + 1 - time.monotonic()))
    return (_ran(server) - before) / ROUNDS


def _ran(pid: int) -> float:
    """Milliseconds on a core since the process began (the tmux server has one thread)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def _tmux(*argv: str) -> str:
    done = subprocess.run(["tmux", "-L", paths.tmux_socket(), *argv], capture_output=True, text=True, check=True)
    return done.stdout
