"""What people and agents do to files in a day's work; in each scene the lines keep their writers, and the sums hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.oobo_hooks.agent_hooks import claude, tell
from tests.oobo_hooks.scene import ClaudeSession, Repository, line_kinds

BASE = [f"base {number}\n" for number in range(12)]
PICK_EDITOR = (
    "python3 -c \"import sys; p = sys.argv[1]; L = [l for l in open(p) if l.startswith('pick')];"
    " L[0], L[1] = L[1], L[0]; L[3] = L[3].replace('pick', 'fixup'); open(p, 'w').writelines(L)\""
)


@pytest.fixture
def file(repository: Repository) -> Path:
    """A file of twelve lines, committed, its anchor made."""
    made = repository.write("base.txt", "".join(BASE))
    repository.anchor(repository.commit("base"))
    return made


@pytest.fixture
def session(repository: Repository, file: Path) -> ClaudeSession:
    return ClaudeSession(repository.path)


def kinds(anchor: dict[str, Any], path: str = "base.txt") -> str:
    """A letter for each added line of a file (a, h), after the sums of the anchor were looked at."""
    assert anchor["ai_added"] + anchor["human_added"] == anchor["added"]
    assert anchor["ai_deleted"] + anchor["human_deleted"] == anchor["deleted"]
    for change in anchor["file_changes"]:
        spans = [span for entry in change["line_attributions"] for span in entry["ranges"]]
        assert sum(span["end"] - span["start"] + 1 for span in spans) == change["added"]
    return "".join(kind[0] for _, kind in sorted(line_kinds(anchor, path).items()))


def test_a_new_file_that_was_moved_before_git_knew_it(repository: Repository, session: ClaudeSession) -> None:
    session.writes(repository.path / "draft.py", "def a():\n    return 1\n")
    (repository.path / "draft.py").rename(repository.path / "final.py")
    with (repository.path / "final.py").open("a") as moved:
        moved.write("# by hand\n")
    repository.commit()
    assert kinds(repository.anchor(), "final.py") == "aah"


def test_a_persons_copy_of_an_agents_new_file(repository: Repository, session: ClaudeSession) -> None:
    session.writes(repository.path / "a.py", "one = 1\ntwo = 2\n")
    repository.write("b.py", "one = 1\ntwo = 2\n")
    repository.commit()
    anchor = repository.anchor()
    assert (kinds(anchor, "a.py"), kinds(anchor, "b.py")) == ("aa", "hh")


@pytest.mark.parametrize("recorded", [False, True])
def test_an_edit_through_a_link_is_one_of_the_file(
    repository: Repository, session: ClaudeSession, file: Path, recorded: bool
) -> None:
    link = repository.path / "link.txt"
    link.symlink_to("base.txt")
    repository.anchor(repository.commit("a link"))
    given = {"file_path": str(link), "old_string": BASE[3], "new_string": BASE[3] + "new\n"}
    about = {"tool_name": "Edit", "tool_use_id": "t", "tool_input": given}
    if recorded:
        tell("claude", claude("PreToolUse", repository, **about))
    file.write_text("".join(BASE).replace(BASE[3], BASE[3] + "new\n"))
    if recorded:
        tell("claude", claude("PostToolUse", repository, **about, tool_response={}))
    else:
        session.uses("Edit", given)
    repository.commit()
    assert kinds(repository.anchor()) == "a"


def test_an_edit_in_a_linked_folder(repository: Repository, session: ClaudeSession) -> None:
    repository.write("real/f", "x\n")
    (repository.path / "linked").symlink_to("real")
    repository.anchor(repository.commit("a link"))
    session.edits(repository.path / "linked" / "f", "x\n", "x\nnew\n")
    repository.commit()
    assert kinds(repository.anchor(), "real/f") == "a"


def test_a_file_the_session_deleted_and_wrote_again(repository: Repository, session: ClaudeSession, file: Path) -> None:
    session.uses("Bash", {"command": "rm base.txt"})
    file.unlink()
    session.writes(file, BASE[1] + "new a\n" + BASE[2] + "new b\n")
    repository.commit()
    anchor = repository.anchor()
    assert (kinds(anchor), anchor["ai_deleted"], anchor["deleted"]) == ("aa", 10, 10)


def test_a_file_a_person_deleted_after_an_edit(repository: Repository, session: ClaudeSession, file: Path) -> None:
    session.edits(file, BASE[1], "new\n")
    file.unlink()
    repository.commit()
    anchor = repository.anchor()
    assert (anchor["ai_deleted"], anchor["human_deleted"]) == (1, 11)


def test_lines_a_command_appended_below_a_like_one_by_hand(
    repository: Repository, session: ClaudeSession, file: Path
) -> None:
    session.uses("Bash", {"command": "cat >> base.txt <<'EOF'\nnew one\nnew two\nEOF"})
    file.write_text("new one\n" + "".join(BASE) + "new one\nnew two\n")
    repository.commit()
    assert kinds(repository.anchor()) == "haa"


def test_a_patch_that_moves_a_file(repository: Repository, session: ClaudeSession, file: Path) -> None:
    patch = "*** Begin Patch\n*** Update File: base.txt\n*** Move to: sub/moved.txt\n@@\n base 2\n-base 3\n+new\n"
    session.uses("apply_patch", {"input": patch + "*** End Patch"})
    file.unlink()
    repository.write("sub/moved.txt", "".join(BASE).replace(BASE[3], "new\n") + "by hand\n")
    repository.commit()
    anchor = repository.anchor()
    assert (kinds(anchor, "sub/moved.txt"), anchor["ai_deleted"], anchor["deleted"]) == ("ah", 1, 1)


def test_a_stash_in_between(repository: Repository, session: ClaudeSession, file: Path) -> None:
    session.edits(file, BASE[3], BASE[3] + "new\n")
    repository.git("stash", "-q")
    file.write_text("".join(BASE) + "by hand\n")
    repository.commit("by hand")
    assert kinds(repository.anchor()) == "h"
    repository.git("stash", "pop", "-q")
    repository.commit("the session's")
    assert kinds(repository.anchor()) == "a"


def test_another_branch_is_checked_out_before_the_anchor_is_made(
    repository: Repository, session: ClaudeSession, file: Path
) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    session.edits(file, BASE[3], BASE[3] + "new\n")
    topic = repository.commit("the session's")
    repository.git("checkout", "-q", "main")
    file.write_text("".join(BASE) + "new\n")
    assert kinds(repository.anchor(topic)) == "a"
    repository.commit("the same line by hand")
    assert kinds(repository.anchor()) == "h"


@pytest.mark.parametrize("by_agent", [False, True])
def test_a_merge_with_a_conflict(repository: Repository, session: ClaudeSession, file: Path, by_agent: bool) -> None:
    text = file.read_text()
    repository.git("checkout", "-q", "-b", "topic")
    session.edits(file, BASE[3], "of the session\n")
    repository.anchor(repository.commit("topic"))
    repository.git("checkout", "-q", "main")
    file.write_text(text.replace(BASE[3], "by hand\n"))
    repository.anchor(repository.commit("main"))
    assert repository.try_git("merge", "-q", "topic").returncode
    conflict = file.read_text()
    start, end = conflict.index("<<<<<<<"), conflict.index(BASE[4])
    if by_agent:
        session.edits(file, conflict[start:end], "by hand\nof the session\nsettled\n")
    else:
        file.write_text(conflict[:start] + "by hand\nof the session\nsettled\n" + conflict[end:])
    with file.open("a") as more:
        more.write("more by hand\n")
    repository.git("commit", "-q", "-a", "-m", "merge")
    assert kinds(repository.anchor()) == ("ah" if by_agent else "hh")


def test_a_pick_with_a_conflict_within_the_second(repository: Repository, session: ClaudeSession, file: Path) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    session.edits(file, BASE[3], "new 3\nnew 4\n")
    picked = repository.commit("the session's")
    repository.anchor()
    repository.git("checkout", "-q", "main")
    file.write_text("".join(BASE).replace(BASE[3], "by hand 3\n"))
    repository.anchor(repository.commit("by hand"))
    assert repository.try_git("cherry-pick", picked).returncode
    file.write_text("".join(BASE).replace(BASE[3], "by hand 3\nnew 3\nsettled\nnew 4\n"))
    repository.git("add", "-A")
    repository.git("cherry-pick", "--continue")
    assert kinds(repository.anchor()) == "aha"


def test_a_rebase_that_changes_the_order_and_joins(repository: Repository, session: ClaudeSession, file: Path) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    for number in range(6):
        old, new = BASE[number * 2], f"{BASE[number * 2]}line {number}\n}}\n"
        if number % 2:
            session.edits(file, old, new)
        else:
            file.write_text(file.read_text().replace(old, new))
        repository.anchor(repository.commit(str(number)))
    repository.git("checkout", "-q", "main")
    repository.write("other", "1\n")
    repository.commit("main moves")
    repository.git("checkout", "-q", "topic")
    repository.git("rebase", "-q", "-i", "main", env={"GIT_SEQUENCE_EDITOR": PICK_EDITOR})
    made = [repository.anchor(commit) for commit in repository.git("rev-list", "--reverse", "main..topic").split()]
    assert [(anchor["message"], kinds(anchor), len(anchor["replaces"])) for anchor in made] == [
        ("1", "aa", 1),
        ("0", "hh", 1),
        ("2", "hhaa", 2),
        ("4", "hh", 1),
        ("5", "aa", 1),
    ]


def test_an_amend_with_lines_of_both(repository: Repository, session: ClaudeSession) -> None:
    file = repository.path / "n.py"
    session.writes(file, "a = 1\n")
    repository.anchor(repository.commit())
    session.edits(file, "a = 1\n", "a = 1\nb = 2\n")
    file.write_text("a = 1\nb = 2\nc = 3\nb = 2\n")
    repository.commit("better", "--amend")
    assert kinds(repository.anchor(), "n.py") == "aahh"


def test_a_hunk_that_was_edited_while_it_was_staged(repository: Repository, session: ClaudeSession, file: Path) -> None:
    session.edits(file, BASE[2], BASE[2] + "one\ntwo\nthree\n")
    now = file.read_text()
    file.write_text(now.replace("two\nthree\n", "two\n"))
    repository.git("add", "-A")
    file.write_text(now.replace("one\n", "one changed by hand\n"))
    repository.git("commit", "-q", "-m", "a part")
    assert kinds(repository.anchor()) == "aa"
    repository.commit("the rest")
    assert kinds(repository.anchor()) == "ha"


def test_two_sessions_whose_lines_read_the_same(repository: Repository, session: ClaudeSession, file: Path) -> None:
    other = ClaudeSession(repository.path)
    session.edits(file, BASE[2], BASE[2] + "x = 1\n}\n")
    other.edits(file, BASE[8], BASE[8] + "x = 1\n}\n")
    other.edits(file, BASE[2] + "x = 1\n", BASE[2] + "y = 1\n")
    repository.commit()
    (change,) = repository.anchor()["file_changes"]
    writers = {
        number: entry["session_id"]
        for entry in change["line_attributions"]
        for span in entry["ranges"]
        for number in range(span["start"], span["end"] + 1)
    }
    assert writers == {4: other.id, 5: session.id, 12: other.id, 13: other.id}


def test_a_repository_that_turns_line_ends_about(repository: Repository, session: ClaudeSession) -> None:
    repository.git("config", "core.autocrlf", "true")
    file = repository.write("w.txt", b"a\r\nb\r\nc\r\n")
    repository.anchor(repository.commit())
    session.uses("Edit", {"file_path": str(file), "old_string": "a\nb", "new_string": "a\nnew\nb"})
    file.write_bytes(b"a\r\nnew\r\nb\r\nc\r\nnew\r\n")
    repository.commit()
    assert kinds(repository.anchor(), "w.txt") == "ah"
