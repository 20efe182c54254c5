"""Hooks for all repositories: those to come, and those below a folder; what a repository had goes on working."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from oobo_hooks.hook import scripts
from tests.oobo_hooks.scene import Repository, oobo, oobo_json


def _setting(key: str) -> str | None:
    done = subprocess.run(["git", "config", "--global", "--get", key], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _hooks(made: Repository) -> set[str]:
    return {path.name for path in (made.path / ".git" / "hooks").iterdir() if not path.name.endswith(".sample")}


def test_new_repositories_get_hooks_of_their_own_and_git_its_template_back(tmp_path: Path, home: Path) -> None:
    before = Repository(tmp_path / "before")
    oobo("install", "--global", cwd=tmp_path)
    oobo("install", "--global", cwd=tmp_path)
    after = Repository(tmp_path / "after")
    assert _hooks(after) == set(scripts.HOOKS) and _hooks(before) == set()
    assert (after.path / ".git" / "info" / "exclude").exists()
    own = after.path / ".git" / "hooks" / "pre-commit"
    own.write_text("#!/bin/sh\ntouch ran\n")
    own.chmod(0o755)
    after.write("a", "1\n")
    assert after.anchor(after.commit())["files_changed"] == ["a"]
    assert (after.path / "ran").exists()
    oobo("uninstall", "--global", cwd=tmp_path)
    assert _setting("init.templateDir") is None
    assert _hooks(Repository(tmp_path / "later")) == set()
    oobo("uninstall", cwd=after.path)
    assert _hooks(after) == {"pre-commit"}


def test_a_template_of_ones_own_keeps_its_hooks(tmp_path: Path, home: Path) -> None:
    hook = tmp_path / "mine" / "hooks" / "post-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\necho mine >> log\n")
    hook.chmod(0o755)
    subprocess.run(["git", "config", "--global", "init.templateDir", str(tmp_path / "mine")], check=True)
    oobo("install", "--global", cwd=tmp_path)
    made = Repository(tmp_path / "made")
    made.anchor(made.commit())
    assert (made.path / "log").read_text() == "mine\n"
    oobo("uninstall", "--global", cwd=tmp_path)
    assert hook.read_text() == "#!/bin/sh\necho mine >> log\n"
    assert sorted(path.name for path in hook.parent.iterdir()) == ["post-commit"]
    assert _setting("init.templateDir") == str(tmp_path / "mine")


def test_one_hooks_folder_for_all_is_used_and_given_back(tmp_path: Path, home: Path) -> None:
    hook = tmp_path / "all" / "post-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexec $(git rev-parse --git-common-dir)/hooks/post-commit\n")
    hook.chmod(0o755)
    subprocess.run(["git", "config", "--global", "core.hooksPath", str(hook.parent)], check=True)
    made = Repository(tmp_path / "made")
    own = made.path / ".git" / "hooks" / "post-commit"
    own.write_text("#!/bin/sh\necho own >> log\n")
    own.chmod(0o755)
    assert oobo_json("install", "--global", cwd=tmp_path)["hooks"][0]["action"] == "chained"
    made.anchor(made.commit())
    assert (made.path / "log").read_text() == "own\n"
    oobo("uninstall", "--global", cwd=tmp_path)
    assert [path.name for path in hook.parent.iterdir()] == ["post-commit"]


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    """Repositories of every kind below one folder: plain, nested, bare, a worktree, with husky's hooks."""
    plain = Repository(tmp_path / "work" / "plain")
    plain.commit()
    plain.git("worktree", "add", "-q", str(tmp_path / "work" / "zz-worktree"))
    Repository(tmp_path / "work" / "plain" / "deep" / "nested")
    Repository(tmp_path / "work" / "server.git", "--bare")
    husky = Repository(tmp_path / "work" / "husky")
    husky.git("config", "core.hooksPath", ".husky")
    Repository(tmp_path / "work" / "node_modules" / "theirs")
    return tmp_path / "work"


def test_every_repository_below_a_folder_gets_the_hooks_once(folder: Path) -> None:
    dry = oobo_json("init", "--all", str(folder), "--dry-run")["repositories"]
    assert {row["outcome"] for row in dry} == {"would be installed", "passed over"}
    assert not (folder / "plain" / ".git" / "hooks" / "post-commit").exists()
    told = {
        Path(row["repository"]).name: row["outcome"] for row in oobo_json("init", "--all", str(folder))["repositories"]
    }
    done = "installed"
    assert told == {"plain": done, "nested": done, "server.git": done, "husky": "passed over"}
    assert (folder / "plain" / ".git" / "hooks" / "post-commit").exists()
    again = oobo_json("init", "--all", str(folder), "--yes")["repositories"]
    assert sorted(row["outcome"] for row in again) == [done, "unchanged", "unchanged", "unchanged"]
    assert (folder / "husky" / ".husky" / "post-commit").exists()


def test_init_alone_is_for_the_repository_one_stands_in(folder: Path) -> None:
    oobo("init", cwd=folder / "plain")
    assert (folder / "plain" / ".git" / "hooks" / "post-commit").exists()
    assert not (folder / "server.git" / "hooks" / "post-commit").exists()


def test_a_repository_that_cannot_be_done_does_not_keep_the_others(folder: Path) -> None:
    hooks = folder / "plain" / "deep" / "nested" / ".git" / "hooks"
    for sample in hooks.iterdir():
        sample.unlink()
    hooks.rmdir()
    hooks.write_text("a file")
    told = oobo("init", "--all", str(folder), code=1)
    assert "failed: " in told.stderr and "cannot be written" in told.stderr
    assert (folder / "server.git" / "hooks" / "post-commit").exists()
