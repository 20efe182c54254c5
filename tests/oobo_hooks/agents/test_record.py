"""The program that the agents' hooks run: what it notes, where, and that nothing makes it disturb anybody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oobo_hooks.agents import records
from oobo_hooks.agents.record import BlobStore
from oobo_hooks.agents.records import AgentRecord
from tests.oobo_hooks.agent_hooks import claude, edit, tell
from tests.oobo_hooks.scene import Repository


def only(repository: Repository) -> AgentRecord:
    (record,) = records.read_records(repository.state_dir)
    return record


def test_an_edit_is_kept_with_the_files_very_bytes_before_and_after(repository: Repository) -> None:
    file = repository.write("src/app.py", "one\n")
    edit(repository, file, "one\ntwo\n")
    record = only(repository)
    (made,) = record.edits
    assert (record.tool, record.session_id, made.path, made.name) == ("claude", "s-1", "src/app.py", "Edit")
    assert (made.before(), made.after(), made.before_known) == (b"one\n", b"one\ntwo\n", True)
    assert made.after_blob == repository.git("hash-object", "src/app.py"), "it is git's own name"
    assert dict(record.tools) == {"Edit": 1}


def test_what_is_kept_again_is_kept_for_as_long_again(repository: Repository) -> None:
    file = repository.write("a", "one\n")
    edit(repository, file, "two\n", call="a")
    blob = repository.state_dir / "agents" / "blobs" / repository.git("hash-object", "a")
    os.utime(blob, (0, 0))
    edit(repository, file, "three\n", call="b")
    (repository.state_dir / "agents" / "swept").unlink()
    tell("claude", claude("SessionStart", repository, session_id="s-2"))
    assert (repository.state_dir / "agents" / "swept").exists()
    assert blob.exists()


def test_what_another_user_has_kept_is_kept(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise PermissionError(path)

    store = BlobStore(str(repository.common_dir))
    name = store.keep(b"one\n")
    monkeypatch.setattr("os.utime", refused)
    assert store.keep(b"one\n") == name


def test_new_and_deleted_files_have_nothing_before_and_nothing_after(repository: Repository) -> None:
    file = repository.path / "new.txt"
    edit(repository, file, "x\n", call="a")
    edit(repository, file, None, call="b")
    first, second = only(repository).edits
    assert (first.before(), first.after()) == (None, b"x\n") and first.before_known
    assert (second.before(), second.after()) == (b"x\n", None)


def test_sub_agents_failures_compactions_and_the_end_are_counted(repository: Repository) -> None:
    tell("claude", claude("SessionStart", repository, model="claude-opus-4-8", transcript_path="/t.jsonl"))
    tell("claude", claude("SubagentStart", repository, agent_id="a1", agent_type="explore"))
    edit(repository, repository.path / "f", "1\n", agent_id="a1")
    about = {"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "false"}}
    tell("claude", claude("PostToolUseFailure", repository, **about))
    tell("claude", claude("PreCompact", repository))
    tell("claude", claude("SessionEnd", repository))
    record = only(repository)
    assert (record.model, record.transcript) == ("claude-opus-4-8", "/t.jsonl")
    assert record.sub_agents == {"a1": "explore"} and record.edits[0].agent == "a1"
    assert (record.failures, record.compactions) == (1, 1) and record.ended_ms is not None
    assert dict(record.tools) == {"Edit": 1, "Bash": 1}


def test_every_file_of_a_codex_patch_is_an_edit(repository: Repository) -> None:
    repository.write("a.txt", "a\n")
    patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-a\n+b\n*** Add File: sub/b.txt\n+new\n*** End Patch"
    about = {"tool_name": "apply_patch", "tool_use_id": "call_1", "tool_input": {"command": patch}}
    tell("codex", claude("PreToolUse", repository, **about))
    repository.write("a.txt", "b\n")
    repository.write("sub/b.txt", "new\n")
    tell("codex", claude("PostToolUse", repository, **about))
    found = {made.path: (made.before(), made.after()) for made in only(repository).edits}
    assert found == {"a.txt": (b"a\n", b"b\n"), "sub/b.txt": (None, b"new\n")}


def test_a_patch_through_the_shell_whose_end_codex_never_tells_is_noted_at_the_next_event(
    repository: Repository,
) -> None:
    repository.write("a.txt", "a\n")
    patch = "apply_patch <<'P'\n*** Begin Patch\n*** Update File: a.txt\n@@\n-a\n+b\n*** End Patch\nP"
    about = {"tool_name": "Bash", "tool_use_id": "call_1", "tool_input": {"command": patch}}
    tell("codex", claude("PreToolUse", repository, **about))
    repository.write("a.txt", "b\n")
    commit = {"tool_name": "Bash", "tool_use_id": "call_2", "tool_input": {"command": "git commit"}}
    tell("codex", claude("PreToolUse", repository, **commit))
    tell("codex", claude("PostToolUse", repository, **commit, tool_response=""))
    (made,) = only(repository).edits
    assert (made.path, made.call_id, made.before(), made.after()) == ("a.txt", "call_1", b"a\n", b"b\n")


def test_cursor_tells_afterwards_and_the_file_before_is_worked_out(repository: Repository) -> None:
    file = repository.write("a.txt", "one\nTWO\n")
    edits = [{"old_string": "two", "new_string": "TWO"}]
    told = {"hook_event_name": "afterFileEdit", "conversation_id": "c-1", "file_path": str(file), "edits": edits}
    tell("cursor", {**told, "workspace_roots": [str(repository.path)]})
    (made,) = only(repository).edits
    assert (made.before(), made.after(), made.partial) == (b"one\ntwo\n", b"one\nTWO\n", False)
    tell("cursor", {**told, "edits": [{"old_string": "gone", "new_string": ""}]})
    assert only(repository).edits[1].partial and only(repository).edits[1].before() == b"gone"


def test_gemini_names_its_events_otherwise(repository: Repository) -> None:
    about = {"tool_name": "write_file", "tool_input": {"file_path": "a.txt", "content": "x\n"}}
    tell("gemini", claude("BeforeTool", repository, **about))
    repository.write("a.txt", "x\n")
    tell("gemini", claude("AfterTool", repository, **about, tool_response={"llmContent": "done"}))
    tell("gemini", claude("PreCompress", repository))
    record = only(repository)
    assert [(made.path, made.after()) for made in record.edits] == [("a.txt", b"x\n")] and record.compactions == 1


def test_a_linked_worktree_shares_the_repositorys_records_and_paths_are_its_own(
    repository: Repository, tmp_path: Path
) -> None:
    repository.write("a", "1\n")
    repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "other"))
    edit(repository, tmp_path / "other" / "a", "2\n")
    (made,) = only(repository).edits
    assert (made.path, made.worktree) == ("a", str(tmp_path / "other"))


def test_a_sha256_repository_gets_its_own_kind_of_names(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "long", "--object-format=sha256")
    file = repository.write("a", "1\n")
    edit(repository, file, "2\n")
    assert only(repository).edits[0].after_blob == repository.git("hash-object", "a")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"session_id": 3}',
        b'{"hook_event_name": "PostToolUse", "session_id": "x", "tool_name": "Edit", "tool_input": 7}',
        b'{"hook_event_name": "PreToolUse", "session_id": "../../x", "tool_name": "Edit", '
        b'"tool_input": {"file_path": "/proc/1/mem"}}',
    ],
)
def test_no_event_makes_it_fail_or_speak(repository: Repository, body: bytes) -> None:
    tell("claude", body, cwd=repository.path)


def test_a_strange_session_name_stays_in_its_folder_and_files_are_private(repository: Repository) -> None:
    tell("claude", {**claude("SessionStart", repository), "session_id": "../../evil/\x00name"})
    folder = repository.state_dir / "agents"
    (file,) = folder.glob("*.jsonl")
    assert file.parent == folder and file.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    assert only(repository).session_id == "../../evil/\x00name"


def test_outside_of_any_repository_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "plain" / "a"
    file.parent.mkdir()
    event = {"hook_event_name": "PostToolUse", "session_id": "s", "cwd": str(file.parent), "tool_name": "Edit"}
    tell("claude", {**event, "tool_input": {"file_path": str(file)}})
    assert not list(file.parent.iterdir())


def test_a_torn_line_costs_only_itself(repository: Repository) -> None:
    edit(repository, repository.path / "a", "1\n")
    (file,) = (repository.state_dir / "agents").glob("*.jsonl")
    with file.open("ab") as log:
        log.write(b'{"at": 1, "event": "ed')
    assert len(only(repository).edits) == 1
