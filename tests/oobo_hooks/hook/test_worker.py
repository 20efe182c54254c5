"""The worker behind the hooks: one per repository, safe against kill -9, and never in the commit's way."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oobo_hooks.hook import processing
from oobo_hooks.hook.worker import MAX_TRIES
from oobo_hooks.store import anchors, database, outbox
from shared import durable
from tests.oobo_hooks.anchor_server import Reply, anchor_server
from tests.oobo_hooks.scene import Repository, oobo, until

KEY = "good-key-0123456789"


def _log_in(url: str) -> None:
    oobo("auth", "login", "--server", url, "--key-stdin", stdin=KEY + "\n")


def _worker_pid(made: Repository) -> int | None:
    try:
        return int((made.state_dir / "worker.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def test_a_storm_of_commits_is_one_worker(repository: Repository) -> None:
    loop = "for n in $(seq 25); do git commit -q --allow-empty -m c$n; done"
    storm = subprocess.Popen(["sh", "-c", loop], cwd=repository.path)
    pids = set()
    while storm.poll() is None:
        pids.add(_worker_pid(repository))
        time.sleep(0.002)
    until(lambda: repository.count() == 25, "all anchors")
    pids.add(_worker_pid(repository))
    assert len(pids - {None}) == 1
    commits = repository.git("rev-list", "HEAD").split("\n")
    assert all(repository.find(commit) for commit in commits)
    repository.wait_for_worker()


def test_the_worker_is_detached_with_closed_descriptors_and_leaves(repository: Repository) -> None:
    repository.commit()
    pid = until(lambda: _worker_pid(repository), "the worker's start")
    descriptors = {os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)}
    assert descriptors == {"/dev/null"}
    assert os.getsid(pid) != os.getsid(0)
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    repository.wait_for_worker()
    until(lambda: not Path(f"/proc/{pid}").exists(), "the worker's end")


def test_a_second_worker_leaves_the_first_alone(repository: Repository) -> None:
    repository.anchor(repository.commit())
    repository.wait_for_worker()
    command = [sys.executable, "-I", "-m", "oobo_hooks.hook.worker", str(repository.state_dir)]
    with durable.locked(repository.state_dir / "worker.lock"):
        second = subprocess.run(command, timeout=20, check=False)
        assert second.returncode == 0 and _worker_pid(repository) is None


def test_nothing_is_lost_when_the_worker_is_killed_at_any_moment(repository: Repository) -> None:
    chance = random.Random(7)
    commits = []
    for number in range(20):
        repository.write(f"f{number}", f"{number}\n")
        commits.append(repository.commit(f"c{number}"))
        time.sleep(chance.random() * 0.2)
        pid = _worker_pid(repository)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    commits.append(repository.commit("the last"))
    until(lambda: repository.count() == 21, "all anchors")
    assert all(repository.find(commit) for commit in commits)


def test_what_a_dead_worker_left_is_worked_off_by_sync(repository: Repository) -> None:
    hook = repository.path / ".git" / "hooks" / "post-commit"
    text = hook.read_text()
    hook.write_text(text.replace("oobo_python=", "oobo_python=/nowhere #"))
    commit = repository.commit()
    assert repository.find(commit) is None
    assert "1 commit not read yet" in oobo("status", cwd=repository.path).stdout
    oobo("sync", cwd=repository.path, code=77)
    assert repository.find(commit) is not None


def test_a_captured_commit_returns_at_once_while_the_server_takes_five_seconds(repository: Repository) -> None:
    with anchor_server(lambda _event: Reply(delay=5.0)) as server:
        _log_in(server.url)
        repository.git("commit", "-q", "--allow-empty", "-m", "warm")
        times = []
        for number in range(5):
            started = time.perf_counter()
            done = repository.try_git("commit", "--allow-empty", "-m", f"c{number}")
            times.append(time.perf_counter() - started)
            assert (done.returncode, done.stderr) == (0, "")
        # The bench measures it; here it is enough that no commit waits for the server.
        assert sorted(times)[2] < 2.5
        until(lambda: repository.count() == 6, "the anchors, while the sending hangs", 4.5)


def test_an_anchor_travels_from_the_commit_to_the_server(repository: Repository) -> None:
    with anchor_server() as server:
        _log_in(server.url)
        commit = repository.commit("to the server")
        until(lambda: server.stored[commit], "the arrival")
        (event,) = server.events
        assert (event["event"], event["project"]["name"]) == ("git.commit", "project")
        assert event["anchor"]["message"] == "to the server"
        assert event["transcript"] == event["session_transcripts"] == []


def test_nothing_is_queued_before_a_login(quick: Repository) -> None:
    quick.commit()
    quick.anchor()
    with database.opened() as connection:
        assert outbox.counts(connection) == {"waiting": 0, "parked": 0}


def test_a_push_is_told_without_an_anchor(repository: Repository, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    repository.git("remote", "add", "origin", str(remote))
    with anchor_server() as server:
        _log_in(server.url)
        repository.commit()
        repository.git("push", "-q", "origin", "main")
        until(lambda: any(event["event"] == "git.push" for event in server.events), "the push event")
        push = next(event for event in server.events if event["event"] == "git.push")
        assert push["anchor"] is None


def test_an_ignored_repository_gets_no_anchors(quick: Repository) -> None:
    oobo("ignore", cwd=quick.path)
    quick.commit()
    quick.work()
    oobo("unignore", cwd=quick.path)
    seen = quick.commit()
    quick.anchor(seen)
    assert quick.count() == 1


def test_a_glob_in_the_settings_ignores_too(quick: Repository) -> None:
    oobo("config", "set", "ignored_repos", f"{quick.path.parent}/*")
    quick.commit()
    assert quick.count() == 0


def test_torn_lines_are_told_once_and_cost_nothing_else(quick: Repository) -> None:
    (quick.state_dir / "spool.jsonl").write_bytes(b'{"record":"commit","head":"abc\n\xff\xfe{]\n[1]\n')
    quick.anchor(quick.commit())
    assert "3 torn lines" in oobo("status", cwd=quick.path).stderr
    assert "torn" not in oobo("status", cwd=quick.path).stderr


def _full_store() -> sqlite3.Error:
    """What SQLite says when there is no room."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as store:
        store.execute("PRAGMA max_page_count = 1")
        try:
            store.execute("CREATE TABLE too_much (x)")
        except sqlite3.Error as error:
            return error
    raise AssertionError("there was room")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), _full_store()], ids=["disk", "store"])
def test_want_of_room_loses_no_anchor_however_long_it_lasts(
    quick: Repository, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    commit = quick.commit()
    with monkeypatch.context() as patch:
        patch.setattr(processing, "make_anchor", _raising(error))
        for _ in range(MAX_TRIES + 2):
            quick.work()
    assert quick.find(commit) is None
    quick.work()
    assert quick.find(commit) is not None


def test_a_commit_that_fails_by_itself_is_given_up_aloud(quick: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = quick.commit()
    with monkeypatch.context() as patch:
        patch.setattr(processing, "make_anchor", _raising(ValueError("odd")))
        for _ in range(MAX_TRIES):
            quick.work()
    quick.work()
    assert quick.find(commit) is None
    assert f"commit {commit[:10]} got no anchor" in oobo("status", cwd=quick.path).stderr


def _raising(error: Exception) -> Callable[..., bool]:
    def fail(*_: object) -> bool:
        raise error

    return fail


def test_a_repository_that_vanishes_ends_its_worker_without_a_trace(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    pid = until(lambda: _worker_pid(repository), "the worker's start")
    gone = tmp_path / "gone"
    repository.path.rename(gone)
    until(lambda: not Path(f"/proc/{pid}").exists(), "the worker's end")
    assert not repository.path.exists()
    gone.rename(repository.path)


def test_a_commit_with_many_files_is_read_by_few_processes(quick: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3000):
        quick.write(f"d{number % 50}/f{number}", f"{number}\n")
    commit = quick.commit("many")
    asked: list[Any] = []
    run = subprocess.run

    def counted(command: Any, *arguments: Any, **options: Any) -> Any:
        asked.append(command)
        return run(command, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", counted)
        quick.work()
    anchor = quick.anchor(commit)
    assert (len(anchor["files_changed"]), anchor["added"], anchor["human_added"]) == (3000, 3000, 3000)
    assert len(asked) <= 6, asked


def test_the_store_keeps_rewritten_and_present_commits_apart(quick: Repository) -> None:
    old = quick.commit("one")
    quick.anchor(old)
    new = quick.commit("two", "--amend")
    quick.anchor(new)
    with database.opened() as connection:
        present = anchors.list_anchors(connection, None, limit=10, replaced=False)
        everything = anchors.list_anchors(connection, None, limit=10)
    assert [one.commit_hash for one in present] == [new]
    assert {one.commit_hash for one in everything} == {old, new}
