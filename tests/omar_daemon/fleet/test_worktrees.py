"""An agent in a worktree of its own: made with it, removed with it when nothing would be lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from omar_daemon.fleet import upkeep
from omar_daemon.fleet.errors import InvalidRequest, SpawnFailed
from shared import paths
from tests.omar_daemon.fleet.conftest import Running, until


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(home: Path) -> Path:
    folder = home / "a project"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "src" / "file").write_text("one\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def commit(folder: Path, text: str) -> None:
    (folder / "file").write_text(text)
    git(folder, "commit", "-qam", text)


def kill(running: Running, name: str = "w") -> dict[str, object]:
    found: dict[str, object] = running.do(running.fleet.kill(name))["worktrees"][0]
    return found


def test_an_agent_works_on_its_own_branch_in_the_same_folder_of_its_own_tree(
    running: Running, repository: Path
) -> None:
    running.spawn("w", workdir=str(repository / "src"), worktree=True, command="echo two > file; umask; cat")
    workdir = Path(running.detail("w")["workdir"])
    assert workdir == paths.worktrees_dir() / "w" / "src"
    until(lambda: (workdir / "file").read_text() == "two\n")
    assert git(workdir, "branch", "--show-current") == "omar/w"
    assert (repository / "src" / "file").read_text() == "one\n"
    assert (workdir / "file").stat().st_mode & 0o777 == 0o644


def test_a_clean_and_merged_one_leaves_with_its_agent(running: Running, repository: Path) -> None:
    running.spawn("w", workdir=str(repository), worktree=True)
    commit(paths.worktrees_dir() / "w" / "src", "two")
    git(repository, "merge", "-q", "omar/w")
    assert kill(running) == {
        "path": str(paths.worktrees_dir() / "w"), "branch": "omar/w", "removed": True, "reason": None,
    }  # fmt: skip
    assert not (paths.worktrees_dir() / "w").exists() and git(repository, "branch", "--list", "omar/*") == ""
    assert "worktrees" not in git(repository, "worktree", "list")


def test_uncommitted_and_unmerged_work_is_kept_and_said(running: Running, repository: Path) -> None:
    for name in ("w", "w2"):
        running.spawn(name, workdir=str(repository), worktree=True)
    tree = paths.worktrees_dir() / "w"
    (tree / "new").write_text("not added")
    assert kill(running)["reason"] == "1 uncommitted change" and (tree / "new").exists()
    commit(paths.worktrees_dir() / "w2" / "src", "two")
    kept = kill(running, "w2")
    assert kept["removed"] is False and "not merged" in str(kept["reason"])
    assert git(repository, "log", "--format=%s", "-1", "omar/w2") == "two"
    running.spawn("w", workdir=str(repository), worktree=True)
    assert running.detail("w")["workdir"] == str(paths.worktrees_dir() / "w-2")


def test_commits_outside_the_branch_are_kept_too(running: Running, repository: Path) -> None:
    running.spawn("w", workdir=str(repository), worktree=True)
    tree = paths.worktrees_dir() / "w"
    git(tree, "checkout", "-q", "--detach")
    commit(tree / "src", "two")
    assert "not merged" in str(kill(running)["reason"]) and tree.exists()


def test_where_there_can_be_none_it_is_said_and_a_failed_spawn_leaves_none(running: Running, repository: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"not a git repository|Stopping at filesystem boundary"):
        running.spawn("w", workdir=str(repository.parent), worktree=True)
    with pytest.raises(SpawnFailed):
        running.spawn("w", workdir=str(repository), worktree=True, command="exit 1")
    assert git(repository, "branch", "--list", "omar/*") == "" and not list(paths.worktrees_dir().iterdir())
    assert running.names() == []


def test_one_of_an_agent_that_ended_by_itself_leaves_when_the_agent_is_forgotten(
    running: Running, repository: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("clean", "dirty"):
        running.spawn(name, workdir=str(repository), worktree=True, command="sleep 0.4")
        until(lambda name=name: running.line(name)["health"] == "dead")  # type: ignore[misc]
    (paths.worktrees_dir() / "dirty" / "new").write_text("not added")
    monkeypatch.setattr(upkeep, "KEPT_SECONDS", 0.0)
    until(lambda: running.names() == [] and not (paths.worktrees_dir() / "clean").exists())
    until(lambda: "uncommitted" in caplog.text)
    assert str(paths.worktrees_dir() / "dirty") in caplog.text and "omar/dirty" in caplog.text
    until(lambda: git(repository, "branch", "--list", "omar/*") == "+ omar/dirty")
    assert (paths.worktrees_dir() / "dirty" / "new").exists()
