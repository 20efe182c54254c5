"""100 shell agents: spawning, listing, events, the daemon's memory and idle cost (bars of the OMAR contract)."""

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
POLL_SECONDS = 0.15
REFRESHES = 40
EVENT_LEAD_SECONDS = 5
IDLE_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")


def measure(home: Path) -> list[Figure]:
    with Daemon() as daemon:
        spawned = [_spawn_all(daemon, home), _spawn_in_turn(daemon, home)]
        time.sleep(3)
        return [*spawned, *_list(daemon), _poll(daemon), _refresh_cost(daemon), _events(daemon), *_rest(daemon)]


def _spawn_all(daemon: Daemon, home: Path) -> Figure:
    def spawn(number: int) -> None:
        body = {"name": f"bench-{number}", "command": "sh", "workdir": str(home)}
        daemon.request("POST", "/api/agents", json=body).raise_for_status()

    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(spawn, range(AGENTS)))
    took = time.perf_counter() - started
    return Figure(f"{AGENTS} spawns by API", took, "s", 4.0, f"bare tmux {_bare_sessions():.2f} s")


def _spawn_in_turn(daemon: Daemon, home: Path) -> Figure:
    """One after another, as a script does it; then they are ended again."""
    started = time.perf_counter()
    for number in range(AGENTS):
        body = {"name": f"turn-{number}", "command": "sh", "workdir": str(home)}
        daemon.request("POST", "/api/agents", json=body).raise_for_status()
    took = time.perf_counter() - started
    for number in range(AGENTS):
        daemon.request("DELETE", f"/api/agents/turn-{number}").raise_for_status()
    return Figure(f"{AGENTS} spawns in turn", took, "s", 4.0, f"bare tmux {_bare_sessions():.2f} s")


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


def _poll(daemon: Daemon) -> Figure:
    """What one who asks again and again waits for."""
    waits = []
    for _ in range(60):
        time.sleep(POLL_SECONDS)
        started = time.perf_counter()
        daemon.request("GET", "/api/agents").raise_for_status()
        waits.append((time.perf_counter() - started) * 1000)
    return Figure(
        f"the same, polled each {POLL_SECONDS} s, p95",
        percentile(waits, 0.95),
        "ms",
        15.0,
        f"p50 {median(waits):.2f} ms",
    )


def _refresh_cost(daemon: Daemon) -> Figure:
    """What one look at all agents costs the tmux server, as a dashboard takes it each half second."""
    listed = ["tmux", "-L", paths.tmux_socket(), "display-message", "-p", "#{pid}"]
    server = int(subprocess.run(listed, capture_output=True, text=True, check=True).stdout)
    before = _cpu_seconds(server)
    for _ in range(REFRESHES):
        time.sleep(0.5)
        daemon.request("GET", "/api/agents").raise_for_status()
    cost = (_cpu_seconds(server) - before) / REFRESHES * 1000
    return Figure("tmux time of a dashboard's refresh", cost, "ms", 10.0, f"{AGENTS} agents, the daemon's own look too")


def _events(daemon: Daemon) -> Figure:
    """One event for each agent, all due at one instant: seconds until every screen shows its own."""
    due = time.time_ns() + EVENT_LEAD_SECONDS * 10**9
    for number in range(AGENTS):
        body = {"sender": "ea", "receiver": f"bench-{number}", "payload": f": number {number}.", "timestamp": due}
        daemon.request("POST", "/api/events", json=body).raise_for_status()
    left = set(range(AGENTS))
    while left and time.time_ns() < due + 30 * 10**9:
        time.sleep(0.02)
        shown = _screens()
        left -= {number for number in left if f"From ea: : number {number}." in shown}
    took = (time.time_ns() - due) / 1e9
    started = time.perf_counter()
    _screens()
    reference = f"one look at all screens {(time.perf_counter() - started) * 1000:.0f} ms, {len(left)} missing"
    return Figure(f"{AGENTS} events of one instant on {AGENTS} screens", took, "s", 2.0, reference)


def _screens() -> str:
    script = "".join(f"capture-pane -p -t =omar-agent-bench-{number}:\n" for number in range(AGENTS))
    argv = ["tmux", "-L", paths.tmux_socket(), "source-file", "-"]
    return subprocess.run(argv, input=script, capture_output=True, text=True, check=True).stdout


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
