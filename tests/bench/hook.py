"""What the post-commit hook adds to a commit (bar of the oobo contract: 2.5 ms p50, 6 ms p95 over no hook)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, median, percentile

BIN = Path(sys.executable).parent
COMMITS = 200


def measure(home: Path) -> list[Figure]:
    plain, hooked = (_repository(home / name) for name in ("plain", "hooked"))
    subprocess.run([str(BIN / "oobo"), "install"], cwd=hooked, check=True, capture_output=True)
    without: list[float] = []
    with_hook: list[float] = []
    for number in range(COMMITS + 5):
        without.append(_commit(plain, number))
        with_hook.append(_commit(hooked, number))
        # The worker is not the hook: it runs after the commit has returned, here out of the next one's way.
        time.sleep(0.05)
    without, with_hook = without[5:], with_hook[5:]
    added = [own - bare for own, bare in zip(with_hook, without, strict=True)]
    reference = f"git commit without a hook {median(without):.2f} ms"
    return [
        Figure("post-commit hook adds, p50", median(with_hook) - median(without), "ms", 2.5, reference),
        Figure("post-commit hook adds, p95 of the pairs", percentile(added, 0.95), "ms", 6.0, reference),
    ]


def _repository(path: Path) -> Path:
    path.mkdir()
    for arguments in (
        ["init", "-q"],
        ["config", "user.name", "Bench"],
        ["config", "user.email", "bench@example.org"],
        ["config", "gc.auto", "0"],
    ):
        subprocess.run(["git", *arguments], cwd=path, check=True)
    return path


def _commit(path: Path, number: int) -> float:
    (path / "file").write_text(f"{number}\n")
    subprocess.run(["git", "add", "file"], cwd=path, check=True)
    command = ["git", "commit", "-q", "-m", f"commit {number}"]
    started = time.perf_counter()
    subprocess.run(command, cwd=path, check=True)
    return (time.perf_counter() - started) * 1000
