"""Lines keep their writer when commits are picked, squashed, reset, reverted and rebased – by git itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oobo_hooks.scene import ClaudeSession, Repository, line_kinds, oobo_json


@pytest.fixture
def session(repository: Repository) -> ClaudeSession:
    """A repository with a base from which main has moved on; the session is at work on the branch `topic`."""
    repository.write("base", "0\n")
    repository.commit("base")
    repository.commit("main moves")
    repository.git("checkout", "-q", "-b", "topic", "HEAD~1")
    return ClaudeSession(repository.path)


def _work(repository: Repository, session: ClaudeSession, *numbers: int) -> list[str]:
    """A commit per number: one line of the session's in a file of its own, and one by hand."""
    made = []
    for number in numbers:
        session.writes(repository.path / f"f{number}", f"by the session {number}\n")
        repository.write(f"f{number}", f"by the session {number}\nby hand {number}\n")
        made.append(repository.commit(f"work {number}", env={"GIT_AUTHOR_DATE": f"2026-01-0{number}T00:00:00Z"}))
        repository.anchor(made[-1])
    return made


def _is_carried(repository: Repository, anchor: dict[str, Any], session: ClaudeSession, *numbers: int) -> None:
    assert anchor["files_changed"] == [f"f{number}" for number in numbers]
    for number in numbers:
        assert line_kinds(anchor, f"f{number}") == {1: "ai", 2: "human"}
    assert anchor["session_ids"] == [session.id]
    assert (anchor["author_type"], anchor["ai_added"], anchor["human_added"]) == (
        "assisted",
        len(numbers),
        len(numbers),
    )
    assert anchor["replaces"] == []
    assert repository.stored(anchor["commit_hash"]).explanation["carried_from"]


@pytest.mark.parametrize("how", [[], ["-x"], ["-n"]])
def test_a_cherry_pick_carries_lines_and_replaces_nothing(
    repository: Repository, session: ClaudeSession, how: list[str]
) -> None:
    (old,) = _work(repository, session, 1)
    repository.git("checkout", "-q", "main")
    repository.git("cherry-pick", *how, old)
    if how == ["-n"]:
        repository.git("commit", "-q", "-m", "brought over")
    _is_carried(repository, repository.anchor(), session, 1)
    assert repository.stored(old).replaced_by is None


def test_a_cherry_pick_with_a_conflict_carries_the_lines_that_are_still_there(
    repository: Repository, session: ClaudeSession
) -> None:
    session.writes(repository.path / "base", "from the session\nand this\n")
    old = repository.commit("work", env={"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z"})
    repository.anchor(old)
    repository.git("checkout", "-q", "main")
    repository.write("base", "main moves\n")
    repository.commit("main moves again")
    assert repository.try_git("cherry-pick", old).returncode != 0
    repository.write("base", "main moves\nfrom the session\nresolved by hand\n")
    repository.git("add", "base")
    repository.git("cherry-pick", "--continue")
    anchor = repository.anchor()
    assert line_kinds(anchor, "base") == {2: "ai", 3: "human"}
    assert (anchor["session_ids"], anchor["replaces"]) == ([session.id], [])


def test_several_picks_at_once_are_carried_each_from_its_own(repository: Repository, session: ClaudeSession) -> None:
    _work(repository, session, 1, 2, 3)
    repository.git("checkout", "-q", "main")
    repository.git("cherry-pick", "main..topic")
    for number, commit in enumerate(repository.git("rev-list", "--reverse", "main~3..main").split("\n"), start=1):
        _is_carried(repository, repository.anchor(commit), session, number)


def test_a_squashed_merge_carries_every_commit_of_the_branch(repository: Repository, session: ClaudeSession) -> None:
    olds = _work(repository, session, 1, 2, 3)
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--squash", "topic")
    assert repository.count() == 5
    repository.git("commit", "-q", "-m", "all of it")
    anchor = repository.anchor()
    _is_carried(repository, anchor, session, 1, 2, 3)
    assert set(repository.stored().explanation["carried_from"]) == set(olds)
    repository.write("f1", "by the session 1\nby hand 1\nby the session 1\n")
    repository.commit("the next one is not made of them")
    assert repository.anchor()["ai_added"] == 0


def test_commits_that_were_reset_and_done_again_as_one_keep_their_lines(
    repository: Repository, session: ClaudeSession
) -> None:
    _work(repository, session, 1, 2, 3)
    repository.git("reset", "-q", "--soft", "HEAD~2")
    repository.git("reset", "-q")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "both")
    _is_carried(repository, repository.anchor(), session, 2, 3)


def test_squash_fixup_and_drop_of_an_interactive_rebase_name_what_they_replace(
    repository: Repository, session: ClaudeSession
) -> None:
    olds = _work(repository, session, 1, 2, 3, 4)
    editor = "sed -i -e '2s/^pick/squash/' -e '3s/^pick/fixup/' -e '4s/^pick/drop/'"
    repository.git("rebase", "-q", "-i", "main", env={"GIT_SEQUENCE_EDITOR": editor})
    anchor = repository.anchor()
    assert sorted(anchor["replaces"]) == sorted(olds[:3])
    assert (anchor["files_changed"], anchor["ai_added"], anchor["human_added"]) == (["f1", "f2", "f3"], 3, 3)
    assert (anchor["branch"], anchor["session_ids"]) == ("topic", [session.id])
    assert repository.stored(olds[3]).replaced_by is None


def test_a_rebase_that_applies_patches_carries_too(repository: Repository, session: ClaudeSession) -> None:
    olds = _work(repository, session, 1, 2)
    repository.git("checkout", "-q", "main")
    repository.git("rebase", "-q", "--apply", "main", "topic")
    news = repository.git("rev-list", "--reverse", "main..topic").split("\n")
    for old, new in zip(olds, news, strict=True):
        anchor = repository.anchor(new)
        assert (anchor["replaces"], anchor["ai_added"]) == ([old], 1)


def test_a_revert_by_hand_is_a_persons_and_so_is_what_it_takes_away(
    repository: Repository, session: ClaudeSession
) -> None:
    _work(repository, session, 1)
    repository.git("revert", "--no-edit", "HEAD")
    anchor = repository.anchor()
    assert (anchor["added"], anchor["deleted"], anchor["ai_deleted"], anchor["human_deleted"]) == (0, 2, 0, 2)
    assert (anchor["author_type"], anchor["session_ids"], anchor["ai_percentage"]) == ("human", [], 0.0)
    assert anchor["message"].startswith('Revert "work 1"')


@pytest.mark.parametrize("how", ["amend", "cherry-pick", "merge"])
def test_without_a_reflog_all_is_carried_the_same(repository: Repository, session: ClaudeSession, how: str) -> None:
    repository.git("config", "core.logAllRefUpdates", "false")
    for log in (repository.path / ".git" / "logs").rglob("*"):
        if log.is_file():
            log.unlink()
    (old,) = _work(repository, session, 1)
    if how == "amend":
        repository.commit("said better", "--amend")
        assert (repository.anchor()["replaces"], repository.anchor()["ai_added"]) == ([old], 1)
        return
    repository.git("checkout", "-q", "main")
    if how == "cherry-pick":
        repository.git("cherry-pick", old)
        _is_carried(repository, repository.anchor(), session, 1)
        return
    repository.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    anchor = repository.anchor()
    assert (anchor["added"], anchor["files_changed"]) == (0, ["f1"])


def test_a_person_who_writes_other_lines_in_the_same_second_is_carried_nothing(
    repository: Repository, session: ClaudeSession
) -> None:
    _work(repository, session, 1)
    repository.git("checkout", "-q", "main")
    repository.write("f1", "written by a person\n")
    repository.commit("own work", env={"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z"})
    anchor = repository.anchor()
    assert (anchor["ai_added"], anchor["session_ids"], anchor["author_type"]) == (0, [], "human")


def test_explain_names_what_a_commit_was_made_of(repository: Repository, session: ClaudeSession) -> None:
    (old,) = _work(repository, session, 1)
    repository.git("checkout", "-q", "main")
    repository.git("cherry-pick", old)
    repository.anchor()
    told = oobo_json("explain", cwd=repository.path)
    assert told["carried_from"] == [old]
    assert f"carried over from {old[:10]}" in told["sessions"][0]["reason"]
