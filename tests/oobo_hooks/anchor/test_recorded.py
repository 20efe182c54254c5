"""What agents' hooks recorded counts: it links explicitly, gives lines their place, and needs no log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.oobo_hooks.agent_hooks import claude, edit, tell
from tests.oobo_hooks.scene import ClaudeSession, Repository, line_kinds, oobo_json

BASE = "".join(f"base {number}\n" for number in range(6))


def begun(repository: Repository, name: str = "a.py") -> Path:
    """A file with its first commit, whose anchor is made before anything else happens."""
    file = repository.write(name, BASE)
    repository.anchor(repository.commit())
    return file


def test_a_recorded_edit_links_explicitly_and_needs_no_log(repository: Repository) -> None:
    file = begun(repository)
    tell("claude", claude("SessionStart", repository, model="claude-opus-4-8"))
    edit(repository, file, BASE.replace("base 2\n", "base 2\nby the agent\n"))
    file.write_text(file.read_text() + "by hand\n")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "a.py") == {4: "ai", 8: "human"}
    (link,) = anchor["sessions"]
    assert (link["session_id"], link["agent"], link["link_type"]) == ("s-1", "claude", "explicit")
    assert (link["model"], link["tool_usage"], link["files_touched"]) == ("claude-opus-4-8", {"Edit": 1}, ["a.py"])
    assert anchor["author_type"] == "assisted"
    (told,) = oobo_json("explain", cwd=repository.path)["sessions"]
    assert told["reason"] == "an agent hook recorded that it edited a.py"


def test_a_taken_record_links_no_later_commit(repository: Repository) -> None:
    file = begun(repository)
    edit(repository, file, BASE + "by the agent\n")
    repository.commit()
    assert repository.anchor()["session_ids"] == ["s-1"]
    file.write_text(file.read_text() + "by hand\n}\n")
    repository.commit()
    assert (repository.anchor()["session_ids"], repository.anchor()["author_type"]) == ([], "human")


def test_log_and_record_of_one_edit_are_one(repository: Repository) -> None:
    file = begun(repository)
    session = ClaudeSession(repository.path)
    given = {"file_path": str(file), "old_string": "base 2\n", "new_string": "base 2\nvalue = 1\n"}
    call = session.uses("Edit", given)
    about = {"session_id": session.id, "tool_input": given}
    edit(repository, file, BASE.replace("base 2\n", "base 2\nvalue = 1\n"), call=call, **about)
    with_both = file.read_text() + "value = 1\n"
    file.write_text(BASE + "value = 1\n")
    repository.git("add", "a.py")
    file.write_text(with_both)
    repository.git("commit", "-q", "-m", "the person's copy only")
    assert line_kinds(repository.anchor(), "a.py") == {7: "human"}
    repository.commit("the rest")
    anchor = repository.anchor()
    assert line_kinds(anchor, "a.py") == {4: "ai"}
    (link,) = anchor["sessions"]
    assert (link["session_id"], link["link_type"], link["input_tokens"]) == (session.id, "explicit", 10)


def test_cursor_and_gemini_are_known_by_their_hooks(repository: Repository) -> None:
    file = repository.write("a.txt", BASE)
    repository.commit()
    file.write_text(BASE.replace("base 1\n", "cursor\n"))
    edits = [{"old_string": "base 1", "new_string": "cursor"}]
    told = {"hook_event_name": "afterFileEdit", "conversation_id": "c-1", "generation_id": "g-1", "edits": edits}
    tell("cursor", {**told, "file_path": str(file), "workspace_roots": [str(repository.path)]})
    about: dict[str, Any] = {"tool_name": "replace", "tool_input": {"file_path": str(file)}, "session_id": "g-1"}
    tell("gemini", claude("BeforeTool", repository, **about))
    file.write_text(file.read_text() + "gemini\n")
    tell("gemini", claude("AfterTool", repository, **about, tool_response={}))
    repository.commit()
    anchor = repository.anchor()
    writers = {
        span["start"]: entry["agent"]
        for entry in anchor["file_changes"][0]["line_attributions"]
        for span in entry["ranges"]
    }
    assert writers == {2: "cursor", 7: "gemini"}
    assert (anchor["ai_added"], anchor["ai_deleted"], anchor["deleted"]) == (2, 1, 1)


def test_what_was_kept_and_is_gone_leaves_the_lines_to_the_log(repository: Repository) -> None:
    file = begun(repository)
    session = ClaudeSession(repository.path)
    given = {"file_path": str(file), "old_string": "base 2\n", "new_string": "base 2\nvalue = 1\n"}
    call = session.uses("Edit", given)
    about = {"session_id": session.id, "tool_input": given}
    edit(repository, file, BASE.replace("base 2\n", "base 2\nvalue = 1\n"), call=call, **about)
    for blob in (repository.state_dir / "agents" / "blobs").iterdir():
        blob.unlink()
    file.write_text(file.read_text() + "by hand\n")
    repository.commit()
    assert line_kinds(repository.anchor(), "a.py") == {4: "ai", 8: "human"}


def test_a_persons_lines_are_no_agents_when_what_was_before_its_edit_is_gone(repository: Repository) -> None:
    file = begun(repository)
    file.write_text(BASE + "by hand\n")
    before = repository.git("hash-object", "a.py")
    edit(repository, file, BASE + "by hand\nby the agent\n")
    (repository.state_dir / "agents" / "blobs" / before).unlink()
    repository.commit()
    assert line_kinds(repository.anchor(), "a.py")[7] == "human"


def test_without_log_and_content_nothing_is_claimed(repository: Repository) -> None:
    file = begun(repository)
    edit(repository, file, BASE + "by the agent\n")
    for blob in (repository.state_dir / "agents" / "blobs").iterdir():
        blob.unlink()
    repository.commit()
    anchor = repository.anchor()
    assert (anchor["ai_added"], anchor["sessions"][0]["link_type"]) == (0, "explicit")


def test_a_sub_agents_recorded_edit_is_the_sub_agents(repository: Repository) -> None:
    tell("claude", claude("SubagentStart", repository, agent_id="a1", agent_type="explore"))
    edit(repository, repository.path / "f", "1\n", agent_id="a1")
    repository.commit()
    (link,) = repository.anchor()["sessions"]
    assert (link["session_id"], link["is_subagent"], link["parent_session_id"]) == ("a1", True, "s-1")
    assert link["subagent_type"] == "explore"


def test_a_record_of_another_worktree_links_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.write("a", "1\n")
    repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "other"))
    edit(repository, tmp_path / "other" / "a", "1\n2\n")
    repository.write("a", "1\n2\n")
    repository.commit()
    assert repository.anchor()["sessions"] == []


def test_the_calling_session_without_a_log_owns_only_what_hooks_recorded(repository: Repository) -> None:
    file = begun(repository)
    edit(repository, file, BASE + "by the agent\n", session_id="s-2")
    file.write_text(file.read_text() + "by hand\n")
    repository.commit(env={"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s-2"})
    stored = repository.stored()
    assert line_kinds(stored.anchor, "a.py") == {7: "ai", 8: "human"}
    assert stored.anchor["author_type"] == "agent"
    assert "agent hooks recorded its edits" in stored.explanation["sessions"][0]["reason"]


def test_a_recorded_new_file_that_was_moved_keeps_its_writer(repository: Repository) -> None:
    begun(repository)
    edit(repository, repository.path / "draft.py", "def a():\n    return 1\n")
    (repository.path / "draft.py").rename(repository.path / "final.py")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "final.py") == {1: "ai", 2: "ai"}
    assert anchor["sessions"][0]["link_type"] == "explicit"


def test_a_formatter_after_the_recorded_edit_changes_no_writer(repository: Repository) -> None:
    file = begun(repository)
    edit(repository, file, BASE + "call(\n  a,\n  b)\nother(1)\n")
    file.write_text(BASE + "call(a, b)\nby_hand(1)\nother(1)\n")
    repository.commit()
    assert line_kinds(repository.anchor(), "a.py") == {7: "ai", 8: "human", 9: "ai"}
