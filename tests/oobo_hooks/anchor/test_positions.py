"""Where an agent's lines stand: a person's line of the same text is a person's, whatever part of it is committed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.oobo_hooks.scene import ClaudeSession, Repository, line_kinds

BASE = "".join(f"base {number}\n" for number in range(8))


def commit_only(repository: Repository, name: str, text: str, message: str = "a part") -> dict[str, Any]:
    """Commit `text` as the file, while the worktree keeps what it has; the anchor of that."""
    file = repository.path / name
    now = file.read_bytes()
    file.write_text(text)
    repository.git("add", name)
    file.write_bytes(now)
    repository.git("commit", "-q", "-m", message)
    return repository.anchor()


def test_a_persons_copy_of_a_waiting_line_is_a_persons(repository: Repository) -> None:
    file = repository.write("a.py", BASE)
    repository.commit()
    ClaudeSession(repository.path).edits(file, "base 1\n", "base 1\nvalue = compute()\n")
    file.write_text(file.read_text() + "value = compute()\n")
    anchor = commit_only(repository, "a.py", BASE + "value = compute()\n")
    assert line_kinds(anchor, "a.py") == {9: "human"}
    repository.commit("the rest")
    assert line_kinds(repository.anchor(), "a.py") == {3: "ai"}


def test_an_agents_line_staged_beside_a_persons_waiting_copy_is_the_agents(repository: Repository) -> None:
    file = repository.write("a.py", BASE)
    repository.commit()
    ClaudeSession(repository.path).edits(file, "base 1\n", "base 1\nvalue = compute()\n")
    with_line = file.read_text()
    file.write_text(with_line + "value = compute()\n")
    assert line_kinds(commit_only(repository, "a.py", with_line), "a.py") == {3: "ai"}
    repository.commit("the rest")
    assert line_kinds(repository.anchor(), "a.py") == {10: "human"}


def test_a_persons_removal_of_a_line_like_one_an_agent_removed_is_a_persons(repository: Repository) -> None:
    file = repository.write("a.py", "same\n" + BASE + "same\n")
    repository.commit()
    ClaudeSession(repository.path).edits(file, "same\nbase 0\n", "base 0\n")
    file.write_text(BASE)
    anchor = commit_only(repository, "a.py", "same\n" + BASE)
    assert (anchor["deleted"], anchor["ai_deleted"]) == (1, 0)
    repository.commit("the rest")
    anchor = repository.anchor()
    assert (anchor["deleted"], anchor["ai_deleted"]) == (1, 1)


def test_a_line_the_person_moved_stays_the_agents(repository: Repository) -> None:
    file = repository.write("a.py", BASE)
    repository.commit()
    ClaudeSession(repository.path).edits(file, "base 1\n", "base 1\nvalue = compute()\n")
    file.write_text(BASE + "value = compute()\n")
    repository.commit()
    assert line_kinds(repository.anchor(), "a.py") == {9: "ai"}


def test_a_part_of_a_line_that_was_replaced_makes_the_line_the_agents(repository: Repository) -> None:
    file = repository.write("a.py", "first = one(1)\nsecond = two(2)\n")
    repository.commit()
    ClaudeSession(repository.path).edits(file, "two(2)", "three(3)")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "a.py") == {2: "ai"}
    assert (anchor["ai_deleted"], anchor["human_deleted"]) == (1, 0)


@pytest.mark.parametrize(
    ("written", "formatted"),
    [
        ("call(\n    alpha,\n    beta\n)\n", "call(alpha, beta)\n"),
        ("call(alpha, beta, 'gamma')\n", 'call(\n    alpha,\n    beta,\n    "gamma",\n)\n'),
        ("if x:\n  y = 1\n  z = 2\n", "if x:\n    y = 1\n    z = 2\n"),
    ],
)
def test_lines_a_formatter_joined_parted_or_indented_stay_the_agents(
    repository: Repository, written: str, formatted: str
) -> None:
    file = repository.write("a.py", BASE)
    repository.commit()
    ClaudeSession(repository.path).edits(file, "base 3\n", "base 3\n" + written)
    file.write_text(BASE.replace("base 3\n", "base 3\n" + formatted) + "by hand\n")
    repository.commit()
    anchor = repository.anchor()
    assert anchor["ai_added"] == formatted.count("\n")
    assert line_kinds(anchor, "a.py")[anchor["added"] + 8] == "human"


def test_a_line_that_a_formatter_joined_of_an_agents_and_a_persons_is_a_persons(repository: Repository) -> None:
    file = repository.write("a.py", BASE)
    repository.commit()
    session = ClaudeSession(repository.path)
    session.edits(file, "base 3\n", "base 3\ncall(\n    alpha,\n)\n")
    file.write_text(file.read_text().replace("alpha,\n", "alpha,\n    beta,\n"))
    session.edits(file, "base 7\n", "base 7\nlast\n")
    file.write_text(file.read_text().replace("(\n    alpha,\n    beta,\n)", "(alpha, beta)"))
    repository.commit()
    assert line_kinds(repository.anchor(), "a.py") == {5: "human", 10: "ai"}


def test_a_line_without_its_newline_that_an_agent_goes_on_after_is_the_agents(repository: Repository) -> None:
    file = repository.write("a.txt", "one\ntwo")
    repository.commit()
    repository.anchor()
    ClaudeSession(repository.path).edits(file, "two", "two\nthree")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "a.txt") == {2: "ai", 3: "ai"}
    assert (anchor["ai_deleted"], anchor["deleted"]) == (1, 1)


def test_lines_that_end_in_returns_are_found(repository: Repository) -> None:
    file = repository.write("a.txt", BASE.replace("\n", "\r\n"))
    repository.commit()
    session = ClaudeSession(repository.path)
    session.uses("Edit", {"file_path": str(file), "old_string": "base 2\nbase 3", "new_string": "base 2\nnew\nbase 3"})
    file.write_bytes(BASE.replace("base 3\n", "new\nbase 3\n").replace("\n", "\r\n").encode() + b"new\r\n")
    repository.commit()
    assert line_kinds(repository.anchor(), "a.txt") == {4: "ai", 10: "human"}


def test_a_notebook_cell_is_the_agents(repository: Repository) -> None:
    def notebook(*cells: str) -> str:
        made = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
        return json.dumps({"cells": made}, indent=1) + "\n"

    file = repository.write("a.ipynb", notebook("x = 1\n"))
    repository.commit()
    session = ClaudeSession(repository.path)
    source = "print('a')\nprint('b')"
    session.uses("NotebookEdit", {"notebook_path": str(file), "new_source": source, "edit_mode": "insert"})
    file.write_text(notebook("x = 1\n", source))
    repository.commit()
    assert repository.anchor()["ai_added"] == 2


def test_a_patch_says_by_its_context_which_of_two_like_places_it_changed(repository: Repository) -> None:
    file = repository.write("a.py", "def a():\n    return 1\n\ndef b():\n    return 1\n")
    repository.commit()
    session = ClaudeSession(repository.path)
    patch = (
        "*** Begin Patch\n*** Update File: a.py\n@@\n def b():\n-    return 1\n+    return 2\n+\n+# end\n*** End Patch"
    )
    session.uses("apply_patch", {"input": patch})
    file.write_text("def a():\n    return 2\n\ndef b():\n    return 2\n\n# end\n")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "a.py") == {2: "human", 5: "ai", 6: "ai", 7: "ai"}
    assert (anchor["ai_deleted"], anchor["human_deleted"]) == (1, 1)


def test_a_file_that_is_not_in_the_worktree_any_more_is_judged_by_its_text(repository: Repository) -> None:
    file = repository.write("a.py", BASE)
    repository.commit()
    ClaudeSession(repository.path).edits(file, "base 1\n", "base 1\nvalue = compute()\n")
    repository.commit("work")
    work = repository.head
    file.unlink()
    assert line_kinds(repository.anchor(work), "a.py") == {3: "ai"}
