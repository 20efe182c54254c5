"""Start-up: `--version` of the three commands, and `omar up` to healthy (issue bars: 60 ms, 0.8 s)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.figures import Figure, interleaved, median

BIN = Path(sys.executable).parent
VERSION_BAR_MS = 60.0
UP_BAR_MS = 800.0
VERSION_RUNS = 15
UP_RUNS = 7


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def measure(home: Path) -> list[Figure]:
    return [*(_version(tool) for tool in ("omar", "oobo", "omas")), _up(home, fresh=True), _up(home, fresh=False)]


def _version(tool: str) -> Figure:
    own, bare = interleaved(
        lambda: run(str(BIN / tool), "--version"), lambda: run(sys.executable, "-c", "pass"), VERSION_RUNS
    )
    return Figure(f"{tool} --version, p50", median(own), "ms", VERSION_BAR_MS, f"python -c pass {median(bare):.1f} ms")


def _up(home: Path, *, fresh: bool) -> Figure:
    """`omar up` on a free port until it returns, which it does once the daemon is healthy."""
    took: list[float] = []
    bare: list[float] = []
    for _ in range(UP_RUNS):
        if fresh:
            shutil.rmtree(home / "oma", ignore_errors=True)
        one, reference = interleaved(
            lambda: run(str(BIN / "omar"), "up", "--port", "0"),
            lambda: run(sys.executable, "-c", "import starlette.applications, uvicorn, sqlalchemy"),
            1,
            warm_up=0,
        )
        took += one
        bare += reference
        run(str(BIN / "omar"), "down")
    name = "first start in a new home" if fresh else "start"
    return Figure(
        f"omar up to healthy, {name}, p50",
        median(took),
        "ms",
        UP_BAR_MS,
        f"importing starlette, uvicorn, sqlalchemy {median(bare):.0f} ms",
    )
