"""One whole anchor for each kind of commit git can make, compared with `golden.json` field by field.

Names and dates are fixed, so that even the hashes are. After an intended change: `OOBO_GOLDEN=write pytest <this file>`
writes the file anew (and fails, so that nobody takes it for a test); then read the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oobo_hooks import repository as repositories
from oobo_hooks.hook import processing
from oobo_hooks.store import anchors, database
from shared.wire.anchors import EventPayload
from tests.oobo_hooks.scene import ClaudeSession, Repository

GOLDEN = Path(__file__).with_name("golden.json")
SESSION = "11111111-2222-4333-8444-555555555555"
CHOSEN_LATER = ("oobo_version", "duration_secs")
Scenario = Callable[["Stage"], str | None]
WRITING = os.environ.get("OOBO_GOLDEN") == "write"


class Stage:
    """A repository whose every commit is a minute after the one before, and a session at work in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
        self.repository = Repository(folder, *options)
        self.repository.in_background = False
        self.monkeypatch = monkeypatch
        self._clock = 1_790_000_000
        self._tick()
        self.session = ClaudeSession(folder, SESSION)

    def _tick(self) -> None:
        self._clock += 60
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            self.monkeypatch.setenv(name, f"{self._clock} +0200")

    def git(self, *arguments: str) -> str:
        self._tick()
        return self.repository.git(*arguments)

    def work(self, name: str = "a.txt", by: str = "one") -> None:
        """Two lines of the session's and one by hand, in a file."""
        text = f"session {by} 1\nsession {by} 2\n"
        self.session.writes(self.repository.path / name, text)
        self.repository.write(name, text + f"hand {by}\n")

    def commit(self, message: str = "Work", *options: str) -> str:
        self._tick()
        return self.repository.commit(message, *options)

    def branch_of_two(self) -> None:
        """`main` and `side` have gone apart by one commit each; `main` is checked out."""
        self.repository.write("base.txt", "base\n")
        self.commit("Base")
        self.git("checkout", "-q", "-b", "side")
        self.work("side.txt", "side")
        self.commit("Side")
        self.repository.count()
        self.git("checkout", "-q", "main")
        self.work("main.txt", "main")
        self.commit("Main")


def root(stage: Stage) -> None:
    stage.work()
    stage.commit("The first\n\nwith a body, ümläut and\ttab")


def merge(stage: Stage) -> None:
    stage.branch_of_two()
    stage.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")


def merge_with_conflict(stage: Stage) -> None:
    stage.repository.write("base.txt", "base\n")
    stage.commit("Base")
    stage.git("checkout", "-q", "-b", "side")
    stage.repository.write("base.txt", "side\n")
    stage.commit("Side")
    stage.git("checkout", "-q", "main")
    stage.repository.write("base.txt", "main\n")
    stage.commit("Main")
    assert stage.repository.try_git("merge", "side").returncode == 1
    stage.repository.write("base.txt", "main\nside\nsettled by hand\n")
    stage.commit("Merge side")


def octopus(stage: Stage) -> None:
    stage.repository.write("base.txt", "base\n")
    stage.commit("Base")
    for name in ("one", "two"):
        stage.git("checkout", "-q", "-b", name, "main")
        stage.work(f"{name}.txt", name)
        stage.commit(name)
    stage.git("checkout", "-q", "main")
    stage.commit("Main")
    stage.git("merge", "-q", "-m", "Merge both", "one", "two")


def amend(stage: Stage) -> None:
    stage.work()
    stage.commit("Work")
    stage.repository.count()
    stage.repository.write("a.txt", "session one 1\nsession one 2\nhand one\nanother by hand\n")
    stage.commit("Better work", "--amend")


def rebase(stage: Stage) -> None:
    stage.branch_of_two()
    stage.git("rebase", "-q", "main", "side")


def rebase_of_twenty(stage: Stage) -> None:
    stage.repository.write("base.txt", "base\n")
    stage.commit("Base")
    stage.git("checkout", "-q", "-b", "side")
    for number in range(20):
        stage.work(f"{number}.txt", str(number))
        stage.commit(f"Work {number}")
    stage.repository.count()
    stage.git("checkout", "-q", "main")
    stage.commit("Main")
    stage.git("rebase", "-q", "main", "side")
    news = stage.repository.git("rev-list", "--reverse", "main..side").split("\n")
    replaced = [stage.repository.anchor(new)["replaces"] for new in news]
    assert len(replaced) == 20 and all(len(olds) == 1 for olds in replaced)


def cherry_pick(stage: Stage) -> None:
    stage.branch_of_two()
    stage.git("cherry-pick", "side")


def revert(stage: Stage) -> None:
    stage.work()
    stage.commit("Work")
    stage.repository.count()
    stage.git("revert", "--no-edit", "HEAD")


def squash(stage: Stage) -> None:
    stage.branch_of_two()
    stage.git("merge", "-q", "--squash", "side")
    stage.commit("Squashed")


def empty(stage: Stage) -> None:
    stage.commit("Nothing")


def binary(stage: Stage) -> None:
    stage.repository.write("image.bin", bytes(range(256)))
    stage.work()
    stage.commit()


def rename(stage: Stage) -> None:
    stage.repository.write("old.txt", "".join(f"{number}\n" for number in range(20)))
    stage.commit("Base")
    stage.git("mv", "old.txt", "new.txt")
    stage.session.edits(stage.repository.path / "new.txt", "19\n", "19\nby the session\n")
    stage.commit("Moved")


def mode_change(stage: Stage) -> None:
    stage.repository.write("run.sh", "true\n")
    stage.commit("Base")
    (stage.repository.path / "run.sh").chmod(0o755)
    stage.commit("Executable")


def submodule(stage: Stage) -> None:
    inner = Repository(stage.repository.path.parent / "inner")
    inner.commit("Inner", env={"GIT_AUTHOR_DATE": "1780000000 +0000", "GIT_COMMITTER_DATE": "1780000000 +0000"})
    stage.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "vendor")
    stage.repository.git("config", "-f", ".gitmodules", "submodule.vendor.url", "https://example.org/inner")
    stage.commit("A submodule")


def odd_paths(stage: Stage) -> None:
    for name in ("ümläut/漢字.txt", "new\nline.txt", 'quote".txt'):
        stage.work(name, "odd")
    stage.commit()


def sha256(stage: Stage) -> None:
    stage.work()
    stage.commit()


def detached(stage: Stage) -> None:
    stage.commit("Base")
    stage.git("checkout", "-q", "--detach")
    stage.work()
    stage.commit()


def worktree(stage: Stage) -> str:
    stage.commit("Base")
    other = stage.repository.path.parent / "other"
    stage.git("worktree", "add", "-q", "-b", "side", str(other))
    ClaudeSession(other, SESSION.replace("1", "9")).writes(other / "a.txt", "in the worktree\n")
    stage.repository.git("add", "-A", cwd=other)
    stage.repository.git("commit", "-q", "-m", "In the worktree", cwd=other)
    return stage.repository.git("rev-parse", "side")


def husky(stage: Stage) -> None:
    folder = stage.repository.path / ".husky" / "_"
    folder.mkdir(parents=True)
    (folder / "post-commit").write_text("#!/usr/bin/env sh\nexit 0\n")
    (folder / "post-commit").chmod(0o755)
    (folder / ".gitignore").write_text("*\n")
    stage.repository.git("config", "core.hooksPath", ".husky/_")
    stage.repository.install()
    stage.work()
    stage.commit()


def hooks_path(stage: Stage) -> None:
    stage.repository.git("config", "core.hooksPath", str(stage.repository.path.parent / "my hooks"))
    stage.repository.install()
    stage.work()
    stage.commit()


def remote_with_token(stage: Stage) -> None:
    url = "https://user:ghp_0123456789abcdefghijklmnopqrstuvwxyz@GitHub.com:443/User/Repo.git"
    stage.repository.git("remote", "add", "origin", url)
    stage.work()
    stage.commit()


def local_remote(stage: Stage) -> None:
    stage.repository.git("remote", "add", "origin", str(stage.repository.path.parent / "elsewhere.git"))
    stage.work()
    stage.commit()


def ci(stage: Stage) -> None:
    stage.monkeypatch.setenv("CI", "true")
    stage.work()
    stage.commit()


def inside_the_session(stage: Stage) -> None:
    stage.monkeypatch.setenv("CLAUDECODE", "1")
    stage.monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", SESSION)
    stage.work()
    stage.commit()


SCENARIOS: list[Scenario] = [
    root,
    merge,
    merge_with_conflict,
    octopus,
    amend,
    rebase,
    rebase_of_twenty,
    cherry_pick,
    revert,
    squash,
    empty,
    binary,
    rename,
    mode_change,
    submodule,
    odd_paths,
    sha256,
    detached,
    worktree,
    husky,
    hooks_path,
    remote_with_token,
    local_remote,
    ci,
    inside_the_session,
]


def _told(stage: Stage, commit: str | None) -> dict[str, Any]:
    """The anchor and the project as they are kept, without what differs from run to run."""
    anchor = stage.repository.anchor(commit)
    EventPayload.model_validate({"event": "git.commit", "anchor": anchor})
    assert anchor["ai_added"] + anchor["human_added"] == anchor["added"]
    assert anchor["ai_deleted"] + anchor["human_deleted"] == anchor["deleted"]
    with database.opened() as connection:
        known = anchors.find_repository(connection, str(stage.repository.common_dir))
    assert known is not None
    assert known.remote == processing.remote_of(repositories.discover(stage.repository.path))
    project = {"name": known.name, "git_remote": known.remote}
    told: dict[str, Any] = json.loads(json.dumps({"project": project, "anchor": _without(anchor)}))
    return told


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items() if key not in CHOSEN_LATER}
    return [_without(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="session")
def golden() -> Iterator[dict[str, Any]]:
    """All scenarios by name; written anew at the end when that was asked for."""
    known: dict[str, Any] = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    yield known
    if WRITING:
        GOLDEN.write_text(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.__name__))
def test_the_anchor_of(
    scenario: Scenario, golden: dict[str, Any], tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--object-format=sha256"] if scenario is sha256 else []
    stage = Stage(tmp_path / "project", monkeypatch, *options)
    if scenario not in (husky, hooks_path):
        stage.repository.install()
    told = _told(stage, scenario(stage))
    if WRITING:
        golden[scenario.__name__] = told
        pytest.fail("golden.json was written anew; read what changed and run again")
    assert told == golden[scenario.__name__]


def test_each_scenario_of_the_file_is_tested(golden: dict[str, Any]) -> None:
    assert set(golden) == {scenario.__name__ for scenario in SCENARIOS}
