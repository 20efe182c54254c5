"""Scores: a cold scan of 500 MB, its memory, a rescan with one grown session, the start (contract: Bars)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.claude_corpus import Recipe, write_corpus
from tests.bench.figures import Figure, interleaved, median

OMAS = Path(sys.executable).parent / "omas"
SESSIONS, MEGABYTES, SEED = 1000, 500, "2"
COLD_RUNS, WARM_RUNS = 3, 15
GROWTH = b'{"type":"queue-operation","operation":"enqueue","timestamp":"2026-03-02T08:00:00.000Z"}\n'


def measure(home: Path) -> list[Figure]:
    corpus = home / "corpus"
    write_corpus(Recipe(root=corpus, sessions=SESSIONS, mb=MEGABYTES, seed=SEED))
    os.environ["CLAUDE_CONFIG_DIR"] = str(corpus)
    logs = sorted(corpus.glob("projects/**/*.jsonl"))
    try:
        return [*_cold(home, logs), _rescan(logs), _help()]
    finally:
        del os.environ["CLAUDE_CONFIG_DIR"]


def run(*arguments: str) -> None:
    subprocess.run([str(OMAS), *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def _cold(home: Path, logs: list[Path]) -> list[Figure]:
    """A scan into an empty ledger beside `json.loads` of each line of the same files."""
    peaks: list[int] = []

    def scan() -> None:
        shutil.rmtree(home / "oma", ignore_errors=True)
        peaks.append(_peak_kilobytes())

    took, plain = interleaved(scan, lambda: _loads(logs), COLD_RUNS, warm_up=1)
    shares = [one / other for one, other in zip(took, plain, strict=True)]
    told = f"json.loads loop {median(plain) / 1000:.2f} s, scan {median(took) / 1000:.2f} s"
    return [
        Figure("cold scan, 1000 sessions, 500 MB, share of the loop", median(shares), "x", 0.5, told),
        Figure("cold scan, largest process, peak memory", max(peaks) / 1024, "MB", 90.0, f"{MEGABYTES} MB of logs"),
    ]


def _loads(logs: list[Path]) -> None:
    for path in logs:
        with path.open("rb") as file:
            for line in file:
                try:
                    json.loads(line)
                except ValueError:
                    continue


def _peak_kilobytes() -> int:
    """Scan in a child of its own and ask the system for the largest of its processes."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-S", "-c", code, str(OMAS), "scan"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _rescan(logs: list[Path]) -> Figure:
    grown = next(path for path in logs if "subagents" not in path.parts)

    def scan() -> None:
        with grown.open("ab") as file:
            file.write(GROWTH)
        run("scan")

    took, version = interleaved(scan, lambda: run("--version"), WARM_RUNS)
    told = f"scan {median(took):.0f} ms, omas --version {median(version):.0f} ms"
    return Figure("rescan with one grown session, share of --version", median(took) / median(version), "x", 1.5, told)


def _help() -> Figure:
    took, bare = interleaved(
        lambda: run("--help"), lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), WARM_RUNS
    )
    return Figure("omas --help, p50", median(took), "ms", 80.0, f"python -c pass {median(bare):.1f} ms")
