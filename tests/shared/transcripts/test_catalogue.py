"""Finding sessions: by id, by directory, by time, in default and moved places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared import transcripts
from shared.transcripts import FileEdit, ToolCall, ToolResult, edits_of
from tests.shared.transcripts.claude_lines import SESSION, assistant, call, human, project, write, write_session


def test_a_session_is_found_by_its_id_and_by_nothing_else(home: Path) -> None:
    write_session(home, [human(0)])
    found = transcripts.read_session(SESSION, tool="claude")
    assert found is not None and found.id == SESSION
    assert transcripts.read_session(SESSION[:8]) is None


def test_a_log_whose_name_is_not_its_session_is_found_by_the_id_in_its_lines(home: Path) -> None:
    write(project(home) / "renamed.jsonl", [human(0)])
    found = transcripts.read_session(SESSION)
    assert found is not None and found.id == SESSION


def test_moved_places_are_searched_instead_of_the_default(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_session(home, [human(0)])
    for name in ("one", "two"):
        write(home / name / "projects" / "-p" / f"{name}.jsonl", [{**human(0), "sessionId": name}])
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"{home / 'one'},{home / 'two'}")
    assert sorted(source.session_id for source in transcripts.discover()) == ["one", "two"]


def test_sessions_of_a_directory_are_those_in_it_below_it_and_above_it_newest_first(home: Path) -> None:
    places = {"in": "/w/repo", "below": "/w/repo/sub", "above": "/w", "beside": "/w/repo2", "else": "/elsewhere"}
    for age, (name, cwd) in enumerate(places.items()):
        path = write(project(home) / f"{name}.jsonl", [{**human(0), "sessionId": name, "cwd": cwd}])
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    assert [session.id for session in transcripts.sessions_of("/w/repo")] == ["in", "below", "above"]
    recent = transcripts.sessions_of("/w/repo", since_ms=999_999_000)
    assert [session.id for session in recent] == ["in", "below"]


def test_a_log_that_cannot_be_opened_is_told_and_the_others_are_read(home: Path) -> None:
    write_session(home, [human(0)])
    gone = write(project(home) / "gone.jsonl", [human(0)])
    sources = list(transcripts.discover())
    gone.unlink()
    read = [list(transcripts.read(source)) for source in sources]
    assert sorted(len(found) for found in read) == [0, 1]


def test_odd_entries_of_the_folder_are_passed_over(home: Path) -> None:
    write_session(home, [human(0)])
    (project(home) / "folder.jsonl").mkdir()
    os.mkfifo(project(home) / "pipe.jsonl")
    (project(home) / "loop").symlink_to(project(home))
    (project(home) / "notes.txt").write_text("x")
    assert [source.session_id for source in transcripts.discover()] == [SESSION]


def test_no_log_at_all_is_no_error(home: Path) -> None:
    assert list(transcripts.discover()) == []
    assert transcripts.read_session("x") is None


def edit(name: str, error: bool = False, **asked: object) -> list[FileEdit]:
    return edits_of(ToolCall("t", name, 0, asked, ToolResult(0, error)))


def test_edits_have_one_shape_for_every_editing_tool() -> None:
    assert edit("Write", file_path="/a", content="x\n") == [FileEdit("/a", None, "x\n")]
    assert edit("Edit", file_path="/a", old_string="x", new_string="y", replace_all=True) == [
        FileEdit("/a", "x", "y", True)
    ]
    parts = [{"old_string": "1", "new_string": "2"}, {"old_string": "3"}, 7]
    assert edit("MultiEdit", file_path="/a", edits=parts) == [FileEdit("/a", "1", "2")]
    assert edit("NotebookEdit", notebook_path="/n", new_source="z") == [FileEdit("/n", None, "z")]


def test_a_failed_or_malformed_edit_changed_nothing() -> None:
    assert edit("Write", True, file_path="/a", content="x") == []
    assert edit("Write", file_path=7, content="x") == []
    assert edit("Edit", file_path="/a", old_string=None, new_string="y") == []
    assert edit("Read", file_path="/a") == []


def test_edits_come_out_of_a_real_log(home: Path) -> None:
    wrote = call("t1", "Edit", file_path="/repo/a", old_string="x", new_string="y")
    write_session(home, [human(0), assistant(1, "m1", [wrote])])
    found = transcripts.read_session(SESSION)
    assert found is not None
    assert [edits_of(made) for made in found.tool_calls] == [[FileEdit("/repo/a", "x", "y")]]
