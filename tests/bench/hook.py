"""What the post-commit hook adds to a commit, with the daemon up, down and hanging (bars of the oobo contract)."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.figures import Figure, median, percentile

COMMITS = 200
SESSION = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "0a1b2c3d-0000-4000-8000-000000000000"}


def measure(home: Path) -> list[Figure]:
    from tests.daemon import Daemon

    figures: list[Figure] = []
    with Daemon():
        _oobo("auth", "login", "--local")
        figures += _added(home / "up", "daemon up", {})
        figures += _added(home / "session", "daemon up, in an agent's session", SESSION)
    figures += _added(home / "down", "daemon down", {})
    with _hanging() as url:
        _oobo("config", "set", "server.url", url)
        figures += _added(home / "hanging", "server hanging", {})
        figures.append(_captured(home / "captured"))
    return [*figures, *_workers(home)]


def _oobo(*arguments: str, cwd: Path | None = None) -> None:
    command = [sys.executable, "-P", "-m", "oobo_hooks.main", *arguments]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _added(folder: Path, case: str, variables: dict[str, str]) -> list[Figure]:
    """Commits without a hook, with an empty one and with ours, in turn: what ours adds, in the middle and when slow."""
    folder.mkdir()
    plain, empty, hooked = (_repository(folder / name) for name in ("plain", "empty", "hooked"))
    hook = empty / ".git" / "hooks" / "post-commit"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    _oobo("install", cwd=hooked)
    times: dict[Path, list[float]] = {plain: [], empty: [], hooked: []}
    for number in range(COMMITS + 5):
        for path, own in times.items():
            own.append(_commit(path, number, variables))
            # The worker is not the hook: it runs after the commit has returned, here out of the next one's way.
            time.sleep(0.05)
    bare, least, with_hook = (own[5:] for own in times.values())
    reference = f"no hook {median(bare):.2f} ms, an empty sh hook adds {median(least) - median(bare):.2f} ms"
    slow = percentile(with_hook, 0.95) - percentile(bare, 0.95)
    slow_reference = f"no hook {percentile(bare, 0.95):.2f} ms, an empty one adds "
    slow_reference += f"{percentile(least, 0.95) - percentile(bare, 0.95):.2f} ms"
    return [
        Figure(f"hook adds, {case}, p50", median(with_hook) - median(bare), "ms", 2.5, reference),
        Figure(f"hook adds, {case}, p95", slow, "ms", 6.0, slow_reference),
    ]


def _captured(folder: Path) -> Figure:
    """A program that captures the commit's output waits for every process that holds its pipes."""
    path = _repository(folder)
    _oobo("install", cwd=path)
    times = []
    for number in range(20):
        started = time.perf_counter()
        command = ["git", "commit", "--allow-empty", "-m", f"commit {number}"]
        subprocess.run(command, cwd=path, capture_output=True, check=True)
        times.append((time.perf_counter() - started) * 1000)
    return Figure("captured git commit, server hanging, worst", max(times), "ms", 100.0, f"p50 {median(times):.1f} ms")


def _workers(home: Path) -> list[Figure]:
    """How long the worker's process takes for one commit in a long history, and for one of many files."""
    many, long = _repository(home / "many"), _repository(home / "long")
    for number in range(5000):
        file = many / f"d{number % 50}" / f"f{number}"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{number} {line}\n" for line in range(5)))
    history = "".join(_imported(number) for number in range(10_000))
    subprocess.run(["git", "fast-import", "--quiet"], input=history, text=True, cwd=long, check=True)
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=long, check=True)
    (long / "new").write_text("1\n")
    rows = (("10 000 commits before it", long), ("5 000 files", many))
    return [
        Figure(f"worker, a commit with {case}", _worked(path), "ms", 2000.0, "whole process") for case, path in rows
    ]


def _imported(number: int) -> str:
    head = f"commit refs/heads/main\nmark :{number + 1}\ncommitter A <a@example.org> {1_700_000_000 + number} +0000\n"
    parent = f"from :{number}\n" if number else ""
    text = f"line {number}\n"
    return f"{head}data 1\nx\n{parent}M 100644 inline d{number % 100}/f{number % 3000}\ndata {len(text)}\n{text}\n"


def _worked(path: Path) -> float:
    """Milliseconds from the commit's end to the stored anchor, by a worker of its own with nothing to send."""
    from oobo_hooks.store import anchors, database

    _oobo("install", cwd=path)
    subprocess.run(["git", "add", "-A"], cwd=path, check=True)
    subprocess.run(["git", "commit", "-q", "-m", "measured"], cwd=path, check=True)
    started = time.perf_counter()
    while True:
        with database.opened() as connection:
            known = anchors.find_repository(connection, str((path / ".git").resolve()))
            if known is not None and anchors.count_anchors(connection, known.id):
                return (time.perf_counter() - started) * 1000
        time.sleep(0.01)


@contextlib.contextmanager
def _hanging() -> Iterator[str]:
    """A server that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        threading.Thread(target=_take_all, args=(server.accept, held), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for connection in held:
            connection.close()


def _take_all(accept: Callable[[], tuple[socket.socket, object]], held: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while True:
            held.append(accept()[0])


def _repository(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["config", "user.name", "Bench"],
        ["config", "user.email", "bench@example.org"],
        ["config", "gc.auto", "0"],
    ):
        subprocess.run(["git", *arguments], cwd=path, check=True)
    return path


def _commit(path: Path, number: int, variables: dict[str, str]) -> float:
    (path / "file").write_text(f"{number}\n")
    subprocess.run(["git", "add", "file"], cwd=path, check=True)
    command = ["git", "commit", "-q", "-m", f"commit {number}"]
    environment = {**os.environ, **variables}
    started = time.perf_counter()
    subprocess.run(command, cwd=path, check=True, env=environment)
    return (time.perf_counter() - started) * 1000
