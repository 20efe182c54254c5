"""100 shell agents: listing, spawning, the daemon's memory and idle cost (bars of the OMAR contract)."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import time
from pathlib import Path

from shared import paths
from tests.bench.figures import Figure, interleaved, median, percentile
from tests.daemon import Daemon

AGENTS = 100
LIST_RUNS = 200
IDLE_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")


def measure(home: Path) -> list[Figure]:
    with Daemon() as daemon:
        spawned = _spawn_all(daemon, home)
        time.sleep(3)
        return [spawned, *_list(daemon), *_rest(daemon)]


def _spawn_all(daemon: Daemon, home: Path) -> Figure:
    def spawn(number: int) -> None:
        body = {"name": f"bench-{number}", "command": "sh", "workdir": str(home)}
        daemon.request("POST", "/api/agents", json=body).raise_for_status()

    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(spawn, range(AGENTS)))
    took = time.perf_counter() - started
    return Figure(f"{AGENTS} spawns by API", took, "s", 4.0, f"bare tmux {_bare_sessions():.2f} s")


def _bare_sessions() -> float:
    """The same number of sessions made by tmux alone, on a server of its own."""
    socket = f"oma-bench-{os.getpid()}"
    started = time.perf_counter()
    for number in range(AGENTS):
        subprocess.run(
            ["tmux", "-L", socket, "-f", "/dev/null", "new-session", "-d", "-s", f"s{number}", "sh"], check=True
        )
    took = time.perf_counter() - started
    subprocess.run(["tmux", "-L", socket, "kill-server"], check=True)
    return took


def _list(daemon: Daemon) -> list[Figure]:
    socket = paths.tmux_socket()
    own, bare = interleaved(
        lambda: daemon.request("GET", "/api/agents").raise_for_status(),
        lambda: subprocess.run(["tmux", "-L", socket, "list-panes", "-a"], capture_output=True, check=True),
        LIST_RUNS,
    )
    reference = f"tmux list-panes -a {median(bare):.2f} ms"
    return [
        Figure(f"GET /api/agents with {AGENTS} agents, p50", median(own), "ms", 6.0, reference),
        Figure(f"GET /api/agents with {AGENTS} agents, p95", percentile(own, 0.95), "ms", 15.0, reference),
    ]


def _rest(daemon: Daemon) -> list[Figure]:
    before = _cpu_seconds(daemon.process.pid)
    time.sleep(IDLE_SECONDS)
    share = (_cpu_seconds(daemon.process.pid) - before) / IDLE_SECONDS * 100
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    return [
        Figure("daemon's idle CPU", share, "%", 1.0, f"one core, {AGENTS} quiet agents, {IDLE_SECONDS:.0f} s"),
        Figure("daemon's memory (RSS)", resident, "MB", 100.0, f"{AGENTS} agents"),
    ]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
