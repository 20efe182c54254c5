"""Whole anchors of real commits beside real session logs: links, lines, kinds of author, rewrites."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from oobo_hooks.store import anchors, database
from shared.wire.anchors import EventPayload
from tests.oobo_hooks.scene import ClaudeSession, Repository, line_kinds, oobo


def _sums_hold(anchor: dict) -> None:
    assert anchor["ai_added"] + anchor["human_added"] == anchor["added"]
    assert anchor["ai_deleted"] + anchor["human_deleted"] == anchor["deleted"]
    assert sum(change["added"] for change in anchor["file_changes"]) == anchor["added"]
    EventPayload.model_validate({"event": "git.commit", "anchor": anchor})


def test_lines_of_a_session_are_its_own_and_a_persons_stay_a_persons(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    file = repository.path / "app.py"
    session.writes(file, "def a():\n    return 1\n\n\ndef b():\n    return 2\n")
    file.write_text(file.read_text().replace("return 2", "return 3") + "# by hand\n")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "app.py") == {1: "ai", 2: "ai", 3: "ai", 4: "ai", 5: "ai", 6: "human", 7: "human"}
    assert (anchor["author_type"], anchor["ai_percentage"]) == ("assisted", 71.4)
    assert anchor["file_changes"][0]["attribution"] == "mixed"
    (link,) = anchor["sessions"]
    assert (link["session_id"], link["agent"], link["link_type"]) == (session.id, "claude", "inferred")
    assert (link["input_tokens"], link["output_tokens"], link["cache_read_tokens"]) == (10, 5, 3)
    assert (link["tool_usage"], link["files_touched"], link["is_estimated"]) == ({"Write": 1}, ["app.py"], False)
    assert link["bash_commands"] is None
    assert anchor["contributors"][1] == {"name": "claude", "role": "agent", "model": "claude-opus-4-8"}
    _sums_hold(anchor)


def test_a_commit_without_any_session_is_a_persons(repository: Repository) -> None:
    repository.write("a", "1\n")
    repository.commit("subject\n\nand a body")
    anchor = repository.anchor()
    assert (anchor["author_type"], anchor["sessions"], anchor["session_ids"]) == ("human", [], [])
    assert (anchor["message"], anchor["branch"]) == ("subject\n\nand a body", "main")
    assert (anchor["ai_percentage"], anchor["file_interactions"], anchor["replaces"]) == (0.0, None, [])


def test_a_commit_without_lines_has_no_percentage(repository: Repository) -> None:
    repository.commit()
    assert repository.anchor()["ai_percentage"] is None


def test_reading_and_chatting_and_bare_commands_link_nothing(repository: Repository) -> None:
    repository.write("a", "1\n")
    session = ClaudeSession(repository.path)
    session.says("what does a say?")
    session.uses("Read", {"file_path": str(repository.path / "a")})
    session.uses("Bash", {"command": "cat a; git status"})
    repository.write("a", "2\n")
    repository.commit()
    anchor = repository.anchor()
    assert (anchor["sessions"], anchor["author_type"]) == ([], "human")


def test_edits_of_another_folder_and_of_yesterday_link_nothing(repository: Repository) -> None:
    elsewhere = ClaudeSession(repository.path)
    elsewhere.writes(repository.path.parent / "other" / "a", "2\n")
    old = ClaudeSession(repository.path)
    old.at(datetime.now(UTC) - timedelta(hours=25))
    old.writes(repository.path / "a", "2\n")
    repository.commit()
    assert repository.anchor()["sessions"] == []


def test_every_commit_of_one_long_turn_is_linked(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    for name in ("one", "two", "three"):
        session.writes(repository.path / name, f"{name}\n")
        repository.commit(name)
        anchor = repository.anchor()
        assert (anchor["session_ids"], anchor["ai_added"]) == ([session.id], 1)


def test_an_edit_is_taken_once_so_a_later_human_commit_is_not_linked(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    session.writes(repository.path / "a", "x = 1\n}\n")
    repository.commit()
    assert repository.anchor()["session_ids"] == [session.id]
    repository.write("a", "x = 1\n}\ny = 2\n}\n")
    repository.commit()
    anchor = repository.anchor()
    assert (anchor["session_ids"], anchor["ai_added"], anchor["author_type"]) == ([], 0, "human")


def test_partial_staging_leaves_the_rest_to_the_session(repository: Repository) -> None:
    file = repository.write("a", "top\nmiddle\nbottom\n")
    repository.commit()
    session = ClaudeSession(repository.path)
    session.writes(file, "ai one\ntop\nmiddle\nbottom\nai two\n")
    file.write_text("ai one\ntop\nmiddle\nbottom\n")
    repository.commit("first half")
    assert repository.anchor()["ai_added"] == 1
    file.write_text("ai one\ntop\nmiddle\nbottom\nai two\n")
    repository.commit("second half")
    anchor = repository.anchor()
    assert (anchor["ai_added"], anchor["session_ids"]) == (1, [session.id])


def test_a_persons_bracket_committed_alone_is_not_the_sessions(repository: Repository) -> None:
    theirs, own, base = "int a() {\n  f();\n\n}\n", "int b() {\n  g();\n\n}\n", "// one\n// two\n"
    file = repository.write("a.c", base)
    repository.commit()
    session = ClaudeSession(repository.path)
    session.edits(file, base, theirs + base)
    repository.write("a.c", base + own)
    repository.git("add", "a.c")
    repository.write("a.c", theirs + base + own)
    repository.git("commit", "-q", "-m", "only the person's function")
    first = repository.anchor()
    assert set(line_kinds(first, "a.c").values()) == {"human"}
    _sums_hold(first)
    repository.commit("the rest")
    rest = repository.anchor()
    assert (rest["ai_added"], rest["human_added"], rest["session_ids"]) == (4, 0, [session.id])


def test_an_edit_of_one_bracket_is_the_sessions(repository: Repository) -> None:
    file = repository.write("a.c", "int a() {\n  f();\n// end\n")
    repository.commit()
    ClaudeSession(repository.path).edits(file, "  f();\n", "  f();\n}\n")
    repository.commit()
    assert line_kinds(repository.anchor(), "a.c") == {3: "ai"}


def test_a_formatter_in_between_keeps_the_sessions_lines(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    file = repository.path / "a.c"
    session.writes(file, "int main(){\nreturn f( 1,2 );\n}\n")
    file.write_text("int main() {\n    return f(1, 2);\n}\n")
    repository.commit()
    assert repository.anchor()["ai_added"] == 3


def test_deleted_lines_belong_to_the_session_whose_edit_removed_them(repository: Repository) -> None:
    file = repository.write("a", "keep\nby ai\nby hand\nkeep too\n")
    repository.commit()
    session = ClaudeSession(repository.path)
    session.edits(file, "by ai\n", "")
    file.write_text("keep\nkeep too\n")
    repository.commit()
    anchor = repository.anchor()
    assert (anchor["deleted"], anchor["ai_deleted"], anchor["human_deleted"]) == (2, 1, 1)
    _sums_hold(anchor)


def test_a_whole_rewrite_owns_only_the_lines_it_brought(repository: Repository) -> None:
    file = repository.write("a", "one\ntwo\nthree\n")
    repository.commit()
    file.write_text("one\ntwo\nthree\nby hand\n")
    session = ClaudeSession(repository.path)
    session.writes(file, "one\nthree\nby hand\nby ai\n")
    repository.commit()
    anchor = repository.anchor()
    assert line_kinds(anchor, "a") == {3: "human", 4: "ai"}
    assert anchor["ai_deleted"] == 1


def test_two_sessions_on_one_file_each_get_their_lines_and_are_peers(repository: Repository) -> None:
    file = repository.path / "a"
    first, second = ClaudeSession(repository.path), ClaudeSession(repository.path)
    first.writes(file, "first 1\nfirst 2\n")
    second.edits(file, "first 2\n", "first 2\nsecond 1\n")
    reader = ClaudeSession(repository.path)
    reader.uses("Read", {"file_path": str(file)})
    repository.commit()
    anchor = repository.anchor()
    owners = {
        span["start"]: entry["session_id"]
        for entry in anchor["file_changes"][0]["line_attributions"]
        for span in entry["ranges"]
    }
    assert owners == {1: first.id, 3: second.id}
    assert set(anchor["session_ids"]) == {first.id, second.id}
    roles = {one["session_id"]: one["role"] for one in anchor["file_interactions"][0]["sessions"]}
    assert roles == {first.id: "writer", second.id: "writer", reader.id: "reader"}
    link = next(one for one in anchor["sessions"] if one["session_id"] == first.id)
    assert link["peer_session_ids"] == sorted([second.id, reader.id])


def test_a_file_moved_after_the_edit_keeps_its_author(repository: Repository) -> None:
    file = repository.write("old.py", "".join(f"line {n}\n" for n in range(30)))
    repository.commit()
    session = ClaudeSession(repository.path)
    session.edits(file, "line 3\n", "line 3\nby ai\n")
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    anchor = repository.anchor()
    assert (anchor["files_changed"], line_kinds(anchor, "new.py")) == (["new.py"], {5: "ai"})


def test_a_heredoc_in_the_session_the_commit_ran_in_is_evidence(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    session.uses("Bash", {"command": "cat > made.txt <<'EOF'\nalpha\nbeta\nEOF\necho \"gamma\" >> made.txt"})
    repository.write("made.txt", "alpha\nbeta\ngamma\nby hand\n")
    repository.commit(env={"CLAUDE_CODE_SESSION_ID": session.id, "CLAUDECODE": "1"})
    anchor = repository.anchor()
    assert line_kinds(anchor, "made.txt") == {1: "ai", 2: "ai", 3: "ai", 4: "human"}
    assert (anchor["author_type"], anchor["sessions"][0]["link_type"]) == ("agent", "explicit")


def test_a_failed_edit_is_no_evidence(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    file = repository.path / "a"
    session.uses("Write", {"file_path": str(file), "content": "same\n"}, result="denied", error=True)
    file.write_text("same\n")
    repository.commit()
    assert repository.anchor()["session_ids"] == []


def test_the_session_in_the_environment_beats_the_omar_agent(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    session.writes(repository.path / "a", "1\n")
    repository.commit(env={"CLAUDE_CODE_SESSION_ID": session.id, "OMAR_AGENT": "worker-1"})
    stored = repository.stored()
    assert stored.anchor["omar_agent"] == "worker-1"
    assert "CLAUDE_CODE_SESSION_ID" in stored.explanation["caller"]["reason"]
    assert stored.anchor["sessions"][0]["link_type"] == "explicit"


def test_an_omar_agent_without_session_id_is_tied_to_the_session_at_work_here(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    session.writes(repository.path / "a", "1\n")
    repository.commit(env={"OMAR_AGENT": "worker-1"})
    anchor = repository.anchor()
    assert (anchor["author_type"], anchor["omar_agent"]) == ("agent", "worker-1")
    assert [(one["session_id"], one["link_type"]) for one in anchor["sessions"]] == [(session.id, "explicit")]


def test_the_lines_of_an_agent_whose_log_cannot_be_read_count_as_its_own(repository: Repository) -> None:
    repository.write("a", "1\n2\n")
    repository.commit(env={"CODEX_SESSION_ID": "0199-unreadable", "CODEX_CI": "1"})
    anchor = repository.anchor()
    assert (anchor["ai_added"], anchor["author_type"]) == (2, "agent")
    (link,) = anchor["sessions"]
    assert (link["agent"], link["link_type"], link["input_tokens"], link["model"]) == ("codex", "explicit", None, None)


@pytest.mark.parametrize(
    ("env", "author", "kind"),
    [
        ({"CI": "true"}, None, "automated"),
        ({"CI": "false"}, None, "human"),
        ({"GITHUB_ACTIONS": "true", "CLAUDECODE": "1"}, None, "automated"),
        ({}, "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", "automated"),
        ({"CLAUDECODE": "1"}, "renovate[bot] <bot@renovateapp.com>", "automated"),
        ({"CURSOR_AGENT": "1"}, None, "agent"),
        ({"GEMINI_CLI": "1"}, None, "agent"),
        ({"AIDER": "1"}, None, "agent"),
        ({}, "Abbot Costello <abbot@example.org>", "human"),
    ],
)
def test_bots_and_ci_come_before_agents_and_agents_before_people(
    repository: Repository, env: dict[str, str], author: str | None, kind: str
) -> None:
    repository.write("a", "1\n")
    repository.commit("work", *(["--author", author] if author else []), env=env)
    assert repository.anchor()["author_type"] == kind


def test_a_subagent_is_linked_as_one_with_its_parent(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    session.uses(
        "Task", {"description": "look", "prompt": "write b", "subagent_type": "explore"}, details={"agentId": "a1b2c3d"}
    )
    folder = session.path.with_suffix("") / "subagents"
    folder.mkdir(parents=True)
    child = ClaudeSession(repository.path, session.id)
    child.path = folder / "agent-a1b2c3d.jsonl"
    child.writes(repository.path / "b", "from the sub-agent\n")
    text = child.path.read_text().replace('"sessionId"', '"isSidechain": true, "agentId": "a1b2c3d", "sessionId"')
    child.path.write_text(text)
    repository.commit(env={"CLAUDE_CODE_SESSION_ID": session.id})
    anchor = repository.anchor()
    links = {one["is_subagent"]: one for one in anchor["sessions"]}
    assert links[False]["session_id"] == session.id
    assert links[True]["parent_session_id"] == session.id
    assert line_kinds(anchor, "b") == {1: "ai"}


def test_what_was_written_by_hand_stays_so_when_an_agent_without_a_log_amends(repository: Repository) -> None:
    repository.write("a", "old\n")
    repository.commit()
    repository.write("a", "1\n2\n")
    repository.commit()
    repository.anchor()
    repository.write("a", "1\n2\n3\n")
    repository.commit("reworded", "--amend", env={"CODEX_SESSION_ID": "none"})
    anchor = repository.anchor()
    assert line_kinds(anchor, "a") == {1: "human", 2: "human", 3: "ai"}
    assert (anchor["deleted"], anchor["ai_deleted"]) == (1, 0)


def test_an_amended_commit_carries_lines_and_names_what_it_replaces(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    session.writes(repository.path / "a", "ai 1\nai 2\n")
    old = repository.commit("first")
    repository.anchor(old)
    repository.write("a", "ai 1\nai 2\nby hand\n")
    new = repository.commit("amended", "--amend")
    anchor = repository.anchor(new)
    assert anchor["replaces"] == [old]
    assert line_kinds(anchor, "a") == {1: "ai", 2: "ai", 3: "human"}
    assert anchor["session_ids"] == [session.id]
    assert repository.stored(old).replaced_by == new


def test_a_rebase_of_twenty_carries_every_commit_and_stays_one_worker(repository: Repository) -> None:
    repository.write("base", "0\n")
    repository.commit("base")
    repository.git("checkout", "-q", "-b", "topic")
    session = ClaudeSession(repository.path)
    olds = []
    for number in range(20):
        session.writes(repository.path / f"f{number}", f"ai line {number}\n")
        olds.append(repository.commit(f"c{number}"))
    assert repository.count() == 21
    repository.git("checkout", "-q", "main")
    repository.write("main", "1\n")
    repository.commit("main moves")
    repository.git("rebase", "-q", "main", "topic")
    news = repository.git("rev-list", "--reverse", "main..topic").split("\n")
    for old, new in zip(olds, news, strict=True):
        anchor = repository.anchor(new)
        assert (anchor["replaces"], anchor["ai_added"], anchor["branch"]) == ([old], 1, "topic")
    with database.opened() as connection:
        assert len(anchors.list_anchors(connection, None, limit=100, replaced=False)) == 22


def test_commits_of_an_aborted_rebase_wait_and_harm_nothing(repository: Repository) -> None:
    repository.write("f", "base\n")
    repository.commit("base")
    repository.git("checkout", "-q", "-b", "topic")
    repository.write("g", "1\n")
    repository.commit("clean one")
    repository.write("f", "topic\n")
    repository.commit("conflicting one")
    repository.git("checkout", "-q", "main")
    repository.write("f", "main\n")
    repository.commit("main moves")
    assert repository.try_git("rebase", "-q", "main", "topic").returncode != 0
    half_done = repository.head
    repository.git("rebase", "--abort")
    after = repository.commit("after the abort")
    repository.anchor(after)
    assert repository.find(half_done) is None


def test_a_merge_made_here_gets_an_anchor_and_a_fast_forward_none(repository: Repository) -> None:
    repository.commit("base")
    repository.git("checkout", "-q", "-b", "side")
    repository.write("side", "1\n")
    side = repository.commit("side")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "side")
    repository.git("checkout", "-q", "-b", "other", "HEAD~1")
    repository.write("other", "1\n")
    repository.commit("other")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-edit", "other")
    anchor = repository.anchor()
    assert (anchor["added"], anchor["files_changed"], anchor["ai_percentage"]) == (0, ["other"], None)
    assert anchor["file_changes"] == []
    assert repository.stored(side)
    assert repository.count() == 4


def test_a_fast_forward_to_a_foreign_merge_commit_gets_no_anchor(repository: Repository) -> None:
    repository.commit("base")
    clone = repository.path.parent / "clone"
    repository.git("clone", "-q", str(repository.path), str(clone))
    repository.git("checkout", "-q", "-b", "theirs", cwd=clone)
    repository.git("commit", "-q", "--allow-empty", "-m", "theirs", cwd=clone)
    repository.git("checkout", "-q", "main", cwd=clone)
    repository.git("merge", "-q", "--no-ff", "--no-edit", "theirs", cwd=clone)
    repository.git("pull", "-q", "--ff-only", str(clone), "main")
    merged = repository.head
    repository.anchor(repository.commit("mine"))
    assert repository.find(merged) is None


def test_the_usage_since_the_last_anchor_is_kept_apart(repository: Repository) -> None:
    session = ClaudeSession(repository.path)
    for name, calls in (("one", 1), ("two", 3)):
        for number in range(calls):
            session.writes(repository.path / f"{name}{number}", f"{name} {number}\n")
        commit = repository.commit(name)
        stored = repository.stored(commit)
        with database.opened() as connection:
            spent = anchors.usage_since_last_anchor(connection, stored.repository, commit)
        assert spent[session.id]["input_tokens"] == calls * 10


def test_explain_says_why_and_why_not(repository: Repository) -> None:
    writer, reader = ClaudeSession(repository.path), ClaudeSession(repository.path)
    writer.writes(repository.path / "a", "1\n")
    reader.uses("Read", {"file_path": str(repository.path / "a")})
    commit = repository.commit()
    repository.anchor(commit)
    told = oobo("explain", commit, cwd=repository.path).stdout
    assert f"linked (inferred): {writer.id}" in told and "it edited a" in told
    assert f"not linked: {reader.id}" in told


def test_a_detached_head_is_named_head_and_a_folder_names_the_project(repository: Repository) -> None:
    repository.commit()
    repository.git("checkout", "-q", "--detach")
    repository.commit("detached")
    assert repository.anchor()["branch"] == "HEAD"
    with database.opened() as connection:
        (known,) = anchors.list_repositories(connection)
    assert (known.name, known.remote) == ("project", None)
    assert os.path.samefile(known.worktree, repository.path)
