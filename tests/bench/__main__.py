"""`make bench` (all), or `make bench BENCH="startup hook"`: each figure with its bar and a reference.

Exit code 0 whatever the figures are: benchmarks inform, they are no timed tests. 1 when a run did not come to its end.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import print_figures

ROOMS = {
    "startup": "start of the commands and the daemon",
    "agents": "agents in tmux",
    "stress": "stress with fake agents",
    "dashboard": "the dashboard",
    "hook": "what a commit costs",
    "omas": "scores of AI sessions",
    "ingest": "anchors into the server",
    "outbox": "anchors through a bad network",
    "api_bench": "managed agents on /v1",
}


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(ROOMS)
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(ROOMS)}", file=sys.stderr)
        return 2
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    # What stops the bench must not leave its daemons and agents behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    broken = 0
    for name in wanted or list(ROOMS):
        home = Path(tempfile.mkdtemp(prefix="oma-bench-"))
        os.environ.update(HOME=str(home), OMA_HOME=str(home / "oma"), GIT_CONFIG_NOSYSTEM="1")
        try:
            figures = importlib.import_module(f"tests.bench.{name}").measure(home)
            print_figures(ROOMS[name], figures)
        except AssertionError as problem:
            print(f"{ROOMS[name]}: {problem}", file=sys.stderr)
            broken = 1
        finally:
            _clean_up(home)
    return broken


def _clean_up(home: Path) -> None:
    from shared import local_daemon, paths

    # A bench that failed, or was the last to start one, leaves a daemon.
    record = local_daemon.running()
    if record is not None:
        os.kill(record.pid, signal.SIGTERM)
    subprocess.run(["tmux", "-L", paths.tmux_socket(), "kill-server"], capture_output=True, check=False)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
