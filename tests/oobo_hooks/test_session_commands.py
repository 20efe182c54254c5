"""Sessions, statistics, dash, share, export: from a shell, against a real daemon where there is one."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from oobo_hooks.agent_trace import model_id
from oobo_hooks.commands import sessions, stats
from oobo_hooks.settings import Server
from oobo_hooks.store import anchors, database
from tests.daemon import Daemon
from tests.oobo_hooks.scene import ClaudeSession, Repository, oobo, oobo_json

SECRET = "ghp_" + "A1b2C3d4" * 5


@pytest.fixture
def session(repository: Repository) -> ClaudeSession:
    """A session that wrote two lines of a commit and has said a secret."""
    made = ClaudeSession(repository.path)
    made.says(f"write the parser in {repository.path}, the key is {SECRET}")
    made.writes(repository.path / "a.py", "x = 1\ny = 2\n")
    repository.anchor(repository.commit("first"))
    return made


def test_sessions_are_listed_shown_and_found(repository: Repository, session: ClaudeSession, tmp_path: Path) -> None:
    ClaudeSession(tmp_path / "elsewhere").says("something else")
    (listed,) = oobo_json("sessions", "list", cwd=repository.path)
    assert (listed["session_id"], listed["source"], listed["commits"]) == (session.id, "claude", [repository.head])
    assert (listed["input_tokens"], listed["output_tokens"], listed["is_estimated"]) == (10, 5, False)
    assert len(oobo_json("sessions", "list", "--all", cwd=repository.path)) == 2
    assert "is estimated   no\n" in oobo("sessions", "show", session.id, cwd=repository.path).stdout
    shown = oobo_json("sessions", "show", session.id[:8], cwd=repository.path)
    roles = [message["role"] for message in shown["messages"]]
    assert roles == ["user", "user", "assistant", "tool"] and shown["session_id"] == session.id
    (hit,) = oobo_json("sessions", "search", "THE PARSER", cwd=repository.path)
    assert hit["session_id"] == session.id and hit["role"] == "user" and "the parser" in hit["snippet"]
    oobo("sessions", "search", "never said", cwd=repository.path, code=1)
    oobo("sessions", "show", "ffffffff-0000", code=1)
    assert "Known tools" in oobo("sessions", "list", "--tool", "emacs", code=2).stderr


def test_the_anchors_are_read_once_for_all_listed_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"session_id": name} for name in ("first", "second", "third")]
    statements: list[str] = []
    with database.opened() as connection:
        known = anchors.remember_repository(connection, common_dir="/r/.git", worktree="/r", name="r", remote=None)
        for at, linked in enumerate((["first"], ["first", "second"], ["first"], ["another"])):
            anchor = {"commit_hash": f"c{at}", "committed_at": at, "replaces": [], "session_ids": linked}
            anchors.insert_anchor(connection, known.id, anchor | ({"replaces": ["c0"]} if at == 1 else {}), {})
        connection.set_trace_callback(statements.append)

        @contextlib.contextmanager
        def opened() -> Iterator[sqlite3.Connection]:
            yield connection

        monkeypatch.setattr(database, "opened", opened)
        sessions._add_commits(rows)
    assert [row["commits"] for row in rows] == [["c2", "c1"], ["c1"], []]
    assert len([told for told in statements if "FROM anchors" in told]) == 1


def test_stats_count_a_rewritten_commit_once(repository: Repository, session: ClaudeSession) -> None:
    repository.git("commit", "-q", "--amend", "-m", "first, amended")
    repository.anchor()
    told = oobo_json("stats", cwd=repository.path)
    assert (told["commits"], told["added"], told["ai_added"], told["ai_percentage"]) == (1, 2, 2, 100.0)
    assert told["sessions"] == 1 and told["tokens"]["output_tokens"] == 5
    assert told["agents"]["claude"] == {"commits": 1, "sessions": 1, "ai_added": 2}
    assert (
        told["weeks"][-1]["commits"] == 1
        and oobo_json("stats", "--since", "2099-01-01", cwd=repository.path)["commits"] == 0
    )


def test_the_trace_of_a_commit_names_model_lines_and_their_hash(repository: Repository, session: ClaudeSession) -> None:
    record = json.loads(oobo("export", "--agent-trace", cwd=repository.path).stdout)
    assert record == oobo_json("export", "--agent-trace", "HEAD", cwd=repository.path)[0], "the same each time"
    assert record["vcs"] == {"type": "git", "revision": repository.head} and record["version"] == "0.1"
    (file,) = record["files"]
    (conversation,) = file["conversations"]
    assert conversation["contributor"] == {"type": "ai", "model_id": "anthropic/claude-opus-4-8"}
    (lines,) = conversation["ranges"]
    assert (lines["start_line"], lines["end_line"]) == (1, 2) and lines["content_hash"].startswith("sha256:")
    assert conversation["related"][0]["url"].endswith(session.id)
    oobo("export", cwd=repository.path, code=2)


@pytest.mark.parametrize(("model", "named"), [("gpt-5.2", "openai/gpt-5.2"), ("x/y", "x/y"), ("own", "own")])
def test_models_are_named_with_their_provider(model: str, named: str) -> None:
    assert model_id(model) == named


def test_a_share_is_a_page_without_secrets_and_places(
    repository: Repository, session: ClaudeSession, daemon: Daemon
) -> None:
    oobo("auth", "login", "--local")
    url = oobo("share", session.id, "--local", cwd=repository.path).stdout.strip()
    page = httpx.get(url, trust_env=False).text
    assert "write the parser" in page and "[REDACTED]" in page
    assert SECRET not in page and str(repository.path) not in page
    share_id = url.rsplit("/", 1)[1]
    assert daemon.owner.delete(f"/anchors/share/{share_id}").status_code == 200


def test_share_writes_files_and_sends_nothing_without_a_server_of_ones_own(
    repository: Repository, session: ClaudeSession, tmp_path: Path
) -> None:
    assert "nothing was sent" in oobo("share", session.id, cwd=repository.path, code=77).stderr
    for name in ("s.md", "s.json", "s.jsonl"):
        oobo("share", session.id, "--out", str(tmp_path / name), cwd=repository.path)
        text = (tmp_path / name).read_text()
        assert "write the parser" in text and SECRET not in text and str(repository.path) not in text
    whole = json.loads((tmp_path / "s.json").read_text())
    assert whole["session_id"] == session.id and whole["stats"]["output_tokens"] == 5
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert [line["text"] for line in lines] == [message["text"] for message in whole["messages"]]
    assert (
        json.loads(oobo("share", session.id, "--dry-run", cwd=repository.path).stdout)["messages"] == whole["messages"]
    )


def test_dash_tells_of_a_server_that_answers_one_that_does_not_and_none(repository: Repository, daemon: Daemon) -> None:
    assert oobo_json("dash")["connection"]["state"] == "not asked"
    assert stats.connectivity(Server(daemon.url, None, "", True))["state"] == "connected"
    assert stats.connectivity(Server("http://127.0.0.1:9", None, "", True))["state"] == "error"
    oobo("auth", "login", "--local")
    told = oobo_json("dash")
    assert told["connection"]["state"] == "connected" and told["sync"] and len(told["weeks"]) == stats.WEEKS


def test_config_shows_the_repositorys_own_file_and_not_one_a_clone_may_bring(repository: Repository) -> None:
    (repository.path / ".oobo.toml").write_text('[server]\nurl = "https://evil.example"\n')
    url = {row["key"]: row for row in oobo_json("config", "show", cwd=repository.path)["settings"]}["server.url"]
    assert (url["value"], url["origin"]) == ("https://api.oobo.ai", "default")
    (repository.state_dir / ".oobo.toml").write_text('[server]\nurl = "https://own.example"\n')
    assert oobo("config", "get", "server.url", cwd=repository.path).stdout.strip() == "https://own.example"
