"""The demo agent in a real terminal and a real repository: what it does, and what it leaves in its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from omar_daemon.tour.demo_job import COMMIT_MESSAGE, GREETING, STORY_LINE, TASK
from omar_daemon.tour.demo_terminal import Draft
from tests.backends.terminal import Terminal, terminal

PROGRAM = [sys.executable, "-P", "-m", "omar_daemon.tour.demo_agent"]
MESSAGE = f"YOUR NAME: tour\nYOUR PARENT: ea\nYOUR TASK: {TASK}\n\t- déjà vu"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    (folder / "README.md").write_text("# Greetings\n")
    (folder / "greeting.py").write_text(GREETING)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Greet"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture
def screen() -> Iterator[Terminal]:
    with terminal() as made:
        yield made


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def read_log(config_dir: Path) -> tuple[str, list[dict[str, Any]]]:
    """Session id by file name, and the lines of the one log there."""
    (path,) = (config_dir / "projects").glob("*/*.jsonl")
    return path.stem, [json.loads(line) for line in path.read_text().splitlines()]


def run_piped(folder: Path, config_dir: Path, task: str = TASK) -> str:
    environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(config_dir)}
    done = subprocess.run(
        PROGRAM, cwd=folder, env=environment, input=task, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


def test_a_task_pasted_into_its_terminal_ends_in_a_commit(screen: Terminal, repository: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(tmp_path / "claude")}
    screen.start(PROGRAM, environment, repository)
    shown = screen.wait_for("❯")
    assert "no AI" in shown
    screen.tmux("load-buffer", "-b", "task", "-", text=MESSAGE)
    screen.tmux("paste-buffer", "-p", "-r", "-d", "-b", "task", "-t", "=agent:")
    screen.wait_for("déjà vu")
    assert git(repository, "log", "-1", "--format=%s") == "Greet"
    screen.tmux("send-keys", "-t", "=agent:", "Enter")
    screen.wait_for("Done: farewell")
    assert git(repository, "log", "-1", "--format=%s") == COMMIT_MESSAGE
    assert git(repository, "status", "--short") == ""
    _, lines = read_log(tmp_path / "claude")
    assert lines[0]["message"]["content"] == MESSAGE


def test_it_stays_after_its_job_and_does_it_only_once(screen: Terminal, repository: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(tmp_path / "claude")}
    screen.start(PROGRAM, environment, repository)
    screen.wait_for("❯")
    screen.tmux("send-keys", "-t", "=agent:", "-l", "do it")
    screen.tmux("send-keys", "-t", "=agent:", "Enter")
    screen.wait_for("Done: farewell")
    screen.tmux("send-keys", "-t", "=agent:", "-l", "again")
    screen.tmux("send-keys", "-t", "=agent:", "Enter")
    screen.wait_for("one job, and it is done")
    assert git(repository, "rev-list", "--count", "HEAD") == "2"


def test_the_commit_holds_the_storys_line_and_the_tests_it_ran_passed(repository: Path, tmp_path: Path) -> None:
    run_piped(repository, tmp_path / "claude")
    assert STORY_LINE in (repository / "greeting.py").read_text().splitlines()
    _, lines = read_log(tmp_path / "claude")
    results = [line["toolUseResult"].get("stdout", "") for line in lines if "toolUseResult" in line]
    assert any("OK" in result for result in results)


def test_the_commit_runs_with_the_sessions_id_in_its_environment(repository: Path, tmp_path: Path) -> None:
    hook = repository / ".git" / "hooks" / "post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nprintf "%s" "$CLAUDE_CODE_SESSION_ID" > "$(git rev-parse --absolute-git-dir)/seen"\n')
    hook.chmod(0o755)
    run_piped(repository, tmp_path / "claude")
    session, lines = read_log(tmp_path / "claude")
    assert (repository / ".git" / "seen").read_text() == session
    assert {line["sessionId"] for line in lines} == {session}


def test_the_log_has_one_response_per_message_id_and_an_answer_for_each_call(repository: Path, tmp_path: Path) -> None:
    run_piped(repository, tmp_path / "claude")
    _, lines = read_log(tmp_path / "claude")
    answers = [line["message"] for line in lines if line["type"] == "assistant"]
    calls = [block["id"] for answer in answers for block in answer["content"] if block["type"] == "tool_use"]
    results = [line["message"]["content"][0]["tool_use_id"] for line in lines if "toolUseResult" in line]
    assert len({answer["id"] for answer in answers}) == 10
    assert calls == results
    assert len(calls) == 13
    for identity in {answer["id"] for answer in answers}:
        assert len({json.dumps(a["usage"], sort_keys=True) for a in answers if a["id"] == identity}) == 1


def test_the_logs_pretended_clock_lasts_seven_minutes_and_never_reaches_the_future(
    repository: Path, tmp_path: Path
) -> None:
    begun = time.time()
    run_piped(repository, tmp_path / "claude")
    _, lines = read_log(tmp_path / "claude")
    times = [datetime.fromisoformat(line["timestamp"]) for line in lines]
    assert times == sorted(times)
    assert 400 <= (times[-1] - times[0]).total_seconds() <= 421
    assert times[-1] <= datetime.fromtimestamp(begun + 3, UTC)


def test_in_another_repository_it_says_so_and_touches_nothing(tmp_path: Path) -> None:
    assert "works in the repository that `omar tour` makes" in run_piped(tmp_path, tmp_path / "claude")
    assert not (tmp_path / "claude").exists()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["a", "b", "\x7f", "c", "\r"], "ac"),
        (["\x1b[200~", "x", "\n", "y", "\r", "z", "\x1b[201~", "\n"], "x\ny\nz"),
        (["\x1b[200~", "\x1b[31m", "x", "\x07", "\x1b[201~", "\r"], "x"),
        (["\r", "\x1b[A", "ü", "\r"], "ü"),
    ],
)
def test_keys_and_pastes_become_the_message_they_spell(keys: list[str], message: str) -> None:
    draft = Draft()
    submitted = [text for key in keys if (text := draft.feed(key)[1]) is not None]
    assert submitted == [message]
