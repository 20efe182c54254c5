"""Anchors in git: what stands on the branch, and two machines meeting at a remote."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from oobo_hooks import payload
from oobo_hooks.branch import REF, exchange, local, tree
from oobo_hooks.commands import status
from oobo_hooks.repository import Repository as Place
from oobo_hooks.repository import discover
from oobo_hooks.store import anchors, database
from tests.oobo_hooks.scene import Repository, oobo, oobo_json

SECRET = "ghp_" + "A1b2C3d4" * 5


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    return tmp_path / "remote.git"


@pytest.fixture
def shared(repository: Repository, remote: Path) -> Iterator[Repository]:
    """A repository with hooks, one anchored commit and a remote."""
    repository.git("remote", "add", "origin", str(remote))
    repository.write("a", "1\n")
    repository.anchor(repository.commit(f"first, with {SECRET}"))
    yield repository


def branch_at(folder: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "-q", "--verify", REF], capture_output=True, text=True
    )
    return done.stdout.strip()


def test_an_anchor_lies_sharded_and_without_secrets_and_nothing_else_is_touched(shared: Repository) -> None:
    before = shared.git("status", "--porcelain=v2", "--branch")
    oobo("sync", "--git", cwd=shared.path)
    path = f"{shared.head[:2]}/{shared.head[2:]}/metadata.json"
    assert sorted(shared.git("ls-tree", "-r", "--name-only", REF).split("\n")) == sorted(["README.md", path])
    body = shared.git("cat-file", "blob", f"{REF}:{path}")
    assert json.loads(body)["commit_hash"] == shared.head and SECRET not in body and str(Path.home()) not in body
    assert shared.git("status", "--porcelain=v2", "--branch") == before
    assert shared.try_git("merge-base", REF, "HEAD").returncode == 1, "an orphan: it shares no history"
    assert not shared.git("for-each-ref", "refs/oobo/"), "nothing half made is left"


def test_it_is_pushed_only_when_asked_and_twice_is_once(shared: Repository, remote: Path) -> None:
    shared.git("push", "-q", "origin", "main")
    assert branch_at(remote) == ""
    first = oobo_json("sync", "--git", cwd=shared.path)["git"]
    second = oobo_json("sync", "--git", cwd=shared.path)["git"]
    assert (first["written"], first["pushed"]) == (1, True) and (second["written"], second["pushed"]) == (0, False)
    assert branch_at(remote) == branch_at(shared.path) != ""


def test_two_machines_meet_and_each_reads_the_others_anchors(shared: Repository, remote: Path, tmp_path: Path) -> None:
    shared.git("push", "-q", "origin", "main")
    oobo("sync", "--git", cwd=shared.path)
    other = Repository(tmp_path / "other")
    other.git("remote", "add", "origin", str(remote))
    other.git("pull", "-q", "origin", "main")
    other.install()
    other.write("b", "2\n")
    other.anchor(other.commit("second"))
    shared.write("c", "3\n")
    shared.anchor(shared.commit("third"))
    oobo("sync", "--git", cwd=shared.path)
    assert oobo_json("sync", "--git", cwd=other.path)["git"]["taken"] == 2
    oobo("sync", "--git", cwd=shared.path)
    assert branch_at(remote) == branch_at(shared.path) == branch_at(other.path)
    assert oobo_json("show", shared.head, cwd=other.path)["author_type"] == "human"
    assert len(oobo_json("anchors", cwd=shared.path)) == 3


def test_of_two_writers_the_later_one_sees_the_first(shared: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    place = discover(shared.path)
    real, raced = tree.move, []

    def move(repository: Place, new: str, old: str | None, ref: str = REF) -> bool:
        if not raced:
            raced.append(tree.add(place, {"elsewhere": b"1"}, parents=[], message="another\n"))
            assert real(place, raced[0], old)
        return real(repository, new, old, ref)

    monkeypatch.setattr(tree, "move", move)
    monkeypatch.chdir(shared.path)
    with database.opened() as connection:
        assert local.write(place, connection, status.remember_here(connection)) == 1
    names = shared.git("ls-tree", "-r", "--name-only", REF)
    assert "elsewhere" in names and "metadata.json" in names, "neither has overwritten the other"


def test_a_push_that_was_overtaken_is_done_again(
    shared: Repository, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, raced = exchange._push, []

    def push(repository: Place, name: str, mine: str, theirs: str | None) -> bool:
        if not raced:
            raced.append(tree.add(repository, {"elsewhere": b"1"}, parents=[], message="another\n"))
            shared.git("push", "-q", "--no-verify", "origin", f"{raced[0]}:{REF}")
        return real(repository, name, mine, theirs)

    monkeypatch.setattr(exchange, "_push", push)
    monkeypatch.chdir(shared.path)
    with database.opened() as connection:
        done = exchange.exchange(discover(shared.path), connection, status.remember_here(connection))
    assert done.pushed and branch_at(remote) == branch_at(shared.path)
    assert shared.try_git("merge-base", "--is-ancestor", raced[0], REF).returncode == 0


def test_what_others_put_there_is_believed_only_when_it_is_an_anchor_of_that_commit(shared: Repository) -> None:
    good = json.loads(local.metadata(shared.stored(), payload.places_of([]), transparent=True))
    wrong, other = "ab" * 20, "cd" * 20
    files = {
        tree.path_of(wrong): json.dumps(good).encode(),
        tree.path_of("ee" * 20): b"{",
        tree.path_of(other): json.dumps({**good, "commit_hash": other}).encode(),
        "zz/odd": b"x",
    }
    place = discover(shared.path)
    assert tree.move(place, tree.add(place, files, parents=[], message="x\n"), None)
    with database.opened() as connection:
        known = anchors.find_repository(connection, str(place.common_dir))
        assert known is not None and local.read(place, connection, known) == 1
        assert anchors.find_anchor(connection, known.id, other) is not None


def test_without_a_remote_it_says_so(repository: Repository) -> None:
    assert "no remote" in oobo("sync", "--git", cwd=repository.path, code=1).stderr


def test_an_unreachable_remote_is_unavailable_and_the_branch_is_kept(shared: Repository) -> None:
    shared.git("remote", "set-url", "origin", "/nowhere/at/all.git")
    oobo("sync", "--git", cwd=shared.path, code=69)
    assert branch_at(shared.path)
