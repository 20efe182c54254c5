"""`oobo uninstall --all`: every known repository, git's template, agents and completions are as they were."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from shared import paths
from tests.oobo_hooks.scene import Repository, oobo, oobo_json

HOOK = b"#!/bin/sh\nexit 0\n"


@pytest.fixture
def other(tmp_path: Path) -> Repository:
    """A second repository with a hook of the person's own below ours, met by a commit."""
    made = Repository(tmp_path / "other")
    own = made.path / ".git" / "hooks" / "post-commit"
    own.parent.mkdir(exist_ok=True)
    own.write_bytes(HOOK)
    own.chmod(0o755)
    oobo("install", cwd=made.path)
    made.anchor(made.commit("first"))
    return made


def test_leaving_takes_the_hooks_out_everywhere_and_says_what_stays(
    repository: Repository, other: Repository, home: Path
) -> None:
    repository.anchor(repository.commit("first"))
    settings = home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"model": "x"}\n')
    oobo("agent", "install", "claude", cwd=home)
    oobo("install", "--global", cwd=home)
    oobo("completions", "install", "fish", cwd=home)
    plan = oobo_json("uninstall", "--all", "--dry-run", cwd=home)
    assert [part["what"] for part in plan["removed"]] == [
        "the hooks of repositories to come", "the hooks", "the hooks",
        "the hooks in claude", "the completions for fish",
    ]  # fmt: skip
    assert (repository.path / ".git" / "hooks" / "pre-push").exists()
    done = oobo("uninstall", "--all", cwd=home)
    assert not (repository.path / ".git" / "hooks" / "post-commit").exists()
    assert (other.path / ".git" / "hooks" / "post-commit").read_bytes() == HOOK
    assert settings.read_text() == '{"model": "x"}\n'
    assert not paths.completion_file("oobo", "fish").exists()
    assert "templateDir" not in (home / ".gitconfig").read_text()
    assert f"stays: {paths.tool_home('oobo')}" in done.stderr and "`oobo uninstall --all --purge`" in done.stderr
    again = oobo("uninstall", "--all", cwd=home)
    assert "oobo has put nothing outside its own folders" in again.stderr


def test_a_repository_whose_last_commit_was_in_a_worktree_that_is_gone_is_left_too(
    repository: Repository, home: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    repository.commit("first")
    repository.git("worktree", "add", "-q", str(linked), "-b", "agent")
    repository.git("-C", str(linked), "commit", "-q", "--allow-empty", "-m", "second")
    repository.anchor(repository.git("rev-parse", "agent").strip())
    repository.git("worktree", "remove", "--force", str(linked))
    oobo("uninstall", "--all", cwd=home)
    assert not (repository.path / ".git" / "hooks" / "post-commit").exists()


@pytest.mark.parametrize("how", [("install",), ("init", "--all", ".")])
def test_a_repository_in_which_nobody_committed_is_left_too(how: tuple[str, ...], home: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    subprocess.run(["git", "init", "-q", str(fresh)], check=True)
    oobo(*how, cwd=fresh)
    oobo("uninstall", "--all", cwd=home)
    assert not (fresh / ".git" / "hooks" / "post-commit").exists()


def test_purge_takes_the_store_and_each_spool(repository: Repository, home: Path) -> None:
    repository.anchor(repository.commit("first"))
    assert (repository.path / ".git" / "oobo").is_dir()
    oobo("uninstall", "--all", "--purge", "--yes", cwd=home)
    assert not (repository.path / ".git" / "oobo").exists() and not paths.tool_home("oobo").exists()
    assert repository.commit("second"), "git goes on as before"


def test_purge_is_refused_without_all(repository: Repository) -> None:
    assert "--purge goes with --all only" in oobo("uninstall", "--purge", cwd=repository.path, code=2).stderr
    assert json.loads(oobo("status", "--json", cwd=repository.path).stdout)["hooks"]["post-commit"] == "ours"
