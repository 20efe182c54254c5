"""The commands as a person types them: output, --json, exit codes, and what they need (nothing, for reading)."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from oobo_hooks.store import database
from shared import paths
from tests.daemon import Daemon
from tests.oobo_hooks.anchor_server import AnchorServer, Reply, anchor_server
from tests.oobo_hooks.scene import ClaudeSession, Repository, oobo, oobo_json, until

KEY = "good-key-0123456789"


@pytest.fixture
def written(repository: Repository) -> tuple[Repository, ClaudeSession, str]:
    """A repository with one commit: two lines of a session and one by hand."""
    session = ClaudeSession(repository.path)
    session.says("write the greeting")
    session.writes(repository.path / "hello.py", "def hello():\n    return 'hi'\n")
    with (repository.path / "hello.py").open("a") as file:
        file.write("# by hand\n")
    commit = repository.commit("greet")
    repository.anchor(commit)
    return repository, session, commit


def test_anchors_and_show_tell_the_same_in_words_and_json(written: tuple[Repository, ClaudeSession, str]) -> None:
    made, session, commit = written
    listed = oobo_json("anchors", cwd=made.path)
    shown = oobo_json("show", commit[:8], cwd=made.path)
    assert [one["commit_hash"] for one in listed] == [commit] == [shown["commit_hash"]]
    words = oobo("show", "HEAD", cwd=made.path).stdout
    for expected in (commit, session.id, "claude-opus-4-8", "66.7 %", "hello.py", "inferred"):
        assert expected in words
    assert commit[:10] in oobo("anchors", "--all", "--since", "1h", cwd=made.path).stdout


def test_blame_marks_each_line_by_a_letter(written: tuple[Repository, ClaudeSession, str]) -> None:
    made, session, commit = written
    (made.path / "hello.py").write_text((made.path / "hello.py").read_text() + "not yet\n")
    printed = oobo("blame", "hello.py", cwd=made.path).stdout.split("\n")
    assert [line[0] for line in printed if line] == ["A", "A", "H", "·"]
    rows = oobo_json("blame", "hello.py", cwd=made.path)
    assert [row["author"] for row in rows] == ["ai", "ai", "human", None]
    assert (rows[0]["session_id"], rows[0]["commit"], rows[3]["commit"]) == (session.id, commit, None)


def test_blame_follows_a_line_through_moves_and_later_commits(written: tuple[Repository, ClaudeSession, str]) -> None:
    made, _, _ = written
    made.git("mv", "hello.py", "moved ü.py")
    made.commit("move")
    made.write("moved ü.py", "# first\n" + (made.path / "moved ü.py").read_text())
    made.anchor(made.commit("a line above"))
    rows = oobo_json("blame", "moved ü.py", cwd=made.path)
    assert [row["author"] for row in rows] == ["human", "ai", "ai", "human"]


def test_why_goes_from_the_line_to_the_prompt(written: tuple[Repository, ClaudeSession, str]) -> None:
    made, session, commit = written
    story = oobo_json("why", "hello.py:2", cwd=made.path)
    assert (story["author"], story["commit"]["hash"], story["text"]) == ("ai", commit, "    return 'hi'")
    assert (story["session"]["session_id"], story["prompt"]) == (session.id, "write the greeting")
    words = oobo("why", str(made.path / "hello.py") + ":2", "--no-scores", cwd=made.path).stdout
    assert "write the greeting" in words and "an agent" in words
    by_hand = oobo_json("why", "hello.py:3", cwd=made.path)
    assert (by_hand["author"], by_hand["session"]) == ("human", None)


def test_why_tells_the_prompt_of_a_line_changed_in_part_and_of_a_moved_file(
    written: tuple[Repository, ClaudeSession, str],
) -> None:
    made, session, _ = written
    session.says("make it louder")
    session.edits(made.path / "hello.py", "'hi'", "'HI'")
    session.says("a draft, please")
    session.writes(made.path / "draft.py", "draft = 1\n")
    (made.path / "draft.py").rename(made.path / "final.py")
    session.says("thank you")
    made.anchor(made.commit("louder"))
    assert oobo_json("why", "hello.py:2", cwd=made.path)["prompt"] == "make it louder"
    assert oobo_json("why", "final.py:1", cwd=made.path)["prompt"] == "a draft, please"


def test_a_line_of_an_agent_without_a_log_is_not_said_to_be_a_persons(repository: Repository) -> None:
    repository.write("a.py", "x = 1\n")
    commit = repository.commit("inside an agent", env={"CURSOR_AGENT": "1"})
    assert repository.anchor(commit)["human_added"] == 1
    told = oobo("why", "a.py:1", "--no-scores", cwd=repository.path).stdout
    assert "a person\n" not in told and "not shown to be the agent's (no session log of it was found)" in told
    for verb in ("show", "explain"):
        assert "no session log of the agent was found" in oobo(verb, cwd=repository.path).stdout
    assert "H: by a person, or not shown to be an agent's" in oobo("blame", "a.py", cwd=repository.path).stderr


def test_explain_counts_what_a_session_wrote_and_removed(written: tuple[Repository, ClaudeSession, str]) -> None:
    made, session, _ = written
    session.edits(made.path / "hello.py", "    return 'hi'\n", "    return 'hello'\n")
    made.anchor(made.commit("hello"))
    assert "it wrote 1 line and removed 1\n" in oobo("explain", cwd=made.path).stdout


def test_why_lists_its_facts_without_a_head(written: tuple[Repository, ClaudeSession, str]) -> None:
    lines = oobo("why", "hello.py:2", "--no-scores", cwd=written[0].path).stdout.splitlines()
    assert lines[0].split() == ["line", "hello.py:2"]
    assert lines[3].split(maxsplit=2) == ["written", "by", "an agent, claude"]


def test_why_tells_the_scores_of_a_scanned_session(written: tuple[Repository, ClaudeSession, str]) -> None:
    made, session, _ = written
    subprocess.run([sys.executable, "-P", "-m", "omas_cli.main", "scan"], check=True, capture_output=True)
    story = oobo_json("why", "hello.py:1", cwd=made.path)
    assert session.id in json.dumps(story["scores"])


@pytest.mark.parametrize("target", ["hello.py", "hello.py:0", "hello.py:x", ":3"])
def test_why_of_something_that_is_no_line_is_a_usage_error(
    written: tuple[Repository, ClaudeSession, str], target: str
) -> None:
    assert "FILE:LINE" in oobo("why", target, cwd=written[0].path, code=2).stderr


def test_why_of_a_line_that_is_not_there_fails_in_one_sentence(written: tuple[Repository, ClaudeSession, str]) -> None:
    done = oobo("why", "hello.py:99", cwd=written[0].path, code=1)
    assert "has only 3 lines" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_commit_is_told_in_one_sentence(repository: Repository) -> None:
    repository.commit()
    repository.anchor()
    assert "There is no anchor for nothing" in oobo("show", "nothing", cwd=repository.path, code=1).stderr


def test_login_verifies_keeps_the_key_private_and_switches_sync_on() -> None:
    with anchor_server() as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin=KEY + "\n")
        told = oobo_json("auth", "status")
        assert (told["logged_in"], told["username"], told["sync"], told["server"]) == (True, "ada", True, server.url)
        assert KEY not in json.dumps(told)
        assert stat.S_IMODE(paths.credentials_file("oobo").stat().st_mode) == 0o600
        oobo("auth", "logout")
        assert KEY not in paths.credentials_file("oobo").read_text()
        assert oobo("auth", "status", code=77).returncode == 77


def test_a_refused_key_is_not_kept() -> None:
    with anchor_server() as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin="wrong\n", code=77)
        assert not paths.credentials_file("oobo").exists()
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin="", code=2)


def test_another_server_never_gets_this_servers_key() -> None:
    with anchor_server() as first, anchor_server() as second:
        oobo("auth", "login", "--server", first.url, "--key-stdin", stdin=KEY + "\n")
        oobo("auth", "set-remote", second.url)
        oobo("auth", "status", code=77)
        oobo("sync", code=77)
        assert second.requests == []


def test_the_key_in_the_environment_comes_first() -> None:
    with anchor_server() as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin=KEY + "\n")
        told = json.loads(oobo("auth", "status", "--json", OOBO_SECRET_KEY="other-key-000000", code=77).stdout)
        assert (told["key_origin"], told["logged_in"]) == ("env OOBO_SECRET_KEY", False)


@pytest.fixture
def refusing(repository: Repository) -> AnchorServer:
    with anchor_server(lambda event: Reply(422, {"message": "commit_hash: odd"}, keep=False)) as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin=KEY + "\n")
        repository.anchor(repository.commit())
        until(lambda: oobo_json("outbox", "list")["items"][0]["parked"], "the parking")
        yield server


def test_the_outbox_shows_retries_and_drops(refusing: AnchorServer) -> None:
    (item,) = oobo_json("outbox", "list")["items"]
    assert item["last_error"] == "422: commit_hash: odd"
    assert "parked" in oobo("outbox", "list").stdout
    assert "1 would be dropped" in oobo("outbox", "drop", "--all", "--dry-run").stderr
    oobo("outbox", "drop", "99", code=2)
    oobo("outbox", "drop", code=2)
    refusing.script = lambda _event: None
    oobo("outbox", "retry", str(item["id"]))
    assert oobo_json("outbox", "list")["items"] == []
    assert sum(refusing.stored.values()) == 1


def test_the_silent_hooks_trouble_is_told_once_by_the_next_command(
    refusing: AnchorServer, repository: Repository
) -> None:
    assert "rejected an anchor (422)" in oobo("anchors", cwd=repository.path).stderr
    assert "rejected" not in oobo("anchors", cwd=repository.path).stderr


def test_sync_says_how_it_went_by_its_exit_code(repository: Repository) -> None:
    with anchor_server(lambda _event: Reply(503, {"message": "busy"}, keep=False)) as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin=KEY + "\n")
        repository.anchor(repository.commit())
        until(lambda: oobo_json("outbox", "list")["items"][0]["attempts"], "an attempt")
        oobo("sync", code=75)
        server.script = lambda _event: Reply(401, {"message": "revoked"}, keep=False)
        oobo("sync", code=77)
        server.script = lambda _event: None
        assert "1 sent" in oobo("sync").stderr


def test_status_and_doctor_need_no_daemon_no_key_and_no_network(repository: Repository) -> None:
    told = oobo_json("status", cwd=repository.path)
    assert set(told["hooks"].values()) == {"ours"}
    assert (told["sync"], told["outbox"], told["transparency"]) == (False, {"waiting": 0, "parked": 0}, "off")
    checks = {check["name"]: check["outcome"] for check in oobo_json("doctor", cwd=repository.path)["checks"]}
    assert (checks["hooks"], checks["store"], checks["git"]) == ("ok", "ok", "ok")
    (repository.path / ".git" / "hooks" / "post-merge").unlink()
    broken = {check["name"]: check for check in oobo_json("doctor", cwd=repository.path)["checks"]}
    assert broken["hooks"]["fix"] == "oobo install"


def test_transparency_is_off_until_it_is_switched_on_for_one_repository(repository: Repository) -> None:
    assert oobo_json("transparency", cwd=repository.path)["mode"] == "off"
    oobo("transparency", "on", cwd=repository.path)
    assert oobo_json("transparency", cwd=repository.path) == {"mode": "on", "own": "on", "default": "off"}
    oobo("transparency", "perhaps", cwd=repository.path, code=2)


@pytest.mark.parametrize("mode", ["on", "off"])
def test_transcripts_travel_only_when_wanted_and_never_with_secrets_or_places(
    repository: Repository, mode: str
) -> None:
    secret = "ghp_" + "A1b2C3d4" * 5
    with anchor_server() as server:
        oobo("auth", "login", "--server", server.url, "--key-stdin", stdin=KEY + "\n")
        oobo("transparency", mode, cwd=repository.path)
        session = ClaudeSession(repository.path)
        session.says(f"the token is {secret}, my notes are in {Path.home()}/notes")
        session.uses(
            "Bash", {"command": f"curl -H 'Authorization: Bearer {secret}' {repository.path}/x"}, result=secret
        )
        session.writes(repository.path / "a", "1\n")
        commit = repository.commit(f"use {secret}")
        until(lambda: server.stored[commit], "the arrival")
        wire = json.dumps(server.events[0])
        assert secret not in wire and str(Path.home()) not in wire and str(repository.path) not in wire
        (link,) = server.events[0]["anchor"]["sessions"]
        if mode == "off":
            assert "the token is" not in wire and link["bash_commands"] is None
            assert server.events[0]["transcript"] == []
        else:
            assert "the token is [REDACTED]" in wire and "[REDACTED]" in link["bash_commands"][0]
            (own,) = server.events[0]["session_transcripts"]
            assert own["session_id"] == session.id and own["messages"] == server.events[0]["transcript"]


def test_redact_check_says_where_but_never_what(tmp_path: Path) -> None:
    secret = "AKIA" + "ABCDEFGHIJKLMNOP"
    file = tmp_path / "notes.txt"
    file.write_text(f"one\nkey {secret}\n")
    done = oobo("redact", "--check", str(file), code=1)
    assert f"{file}:2:5: aws key id" in done.stdout
    assert secret not in done.stdout + done.stderr
    assert oobo("redact", "-", stdin=f"key {secret}\n").stdout == "key [REDACTED]\n"
    assert oobo("redact", "--check", "-", stdin="nothing here\n").returncode == 0


def test_a_broken_configuration_is_one_sentence_with_its_line(repository: Repository) -> None:
    paths.config_file("oobo").parent.mkdir(parents=True, exist_ok=True)
    paths.config_file("oobo").write_text("[server\nurl = 1\n")
    done = oobo("status", cwd=repository.path, code=78)
    assert "line 1" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["ftp://x", "example.org", "javascript:alert(1)"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    assert "server.url" in oobo("auth", "set-remote", url, code=78).stderr


def test_a_damaged_store_is_kept_aside_and_said(repository: Repository) -> None:
    paths.oobo_database().parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{paths.oobo_database()}{suffix}").unlink(missing_ok=True)
    paths.oobo_database().write_bytes(b"this is no database" * 100)
    done = oobo("anchors", cwd=repository.path)
    assert "is kept as oobo.db.corrupt-" in done.stderr


def test_damage_that_is_seen_when_a_page_is_read_sets_the_store_aside_and_the_next_commit_has_its_anchor(
    repository: Repository,
) -> None:
    repository.commit("before")
    file = paths.oobo_database()
    with database.opened() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xa5" * (file.stat().st_size - 4096))
    # A worker that is still there may see it first.
    said = [oobo("anchors", cwd=repository.path, code=None).stderr]
    assert until(lambda: list(file.parent.glob("oobo.db.corrupt-*")), "the damaged store")
    commit = repository.commit("after")

    def is_anchored() -> bool:
        done = oobo("anchors", "--json", cwd=repository.path)
        said.append(done.stderr)
        return commit in {one["commit_hash"] for one in json.loads(done.stdout)}

    assert until(is_anchored, "the anchor")
    assert "is damaged; it is kept as oobo.db.corrupt-" in "".join(said)


def test_a_local_login_needs_no_key_and_the_anchor_can_be_read_back(repository: Repository, daemon: Daemon) -> None:
    oobo("auth", "login", "--local")
    commit = repository.commit("for the daemon")
    headers = daemon.headers("anchors")
    answer = until(
        lambda: (a := daemon.client.get(f"/anchors/{commit}", headers=headers)).status_code == 200 and a, "it"
    )
    assert answer.json()["anchor"]["message"] == "for the daemon"
    assert oobo_json("auth", "status")["logged_in"]


@pytest.mark.parametrize("arguments", [("blame", "a.py"), ("why", "a.py:1")])
def test_looking_at_lines_loads_no_models_and_asks_git_twice(
    repository: Repository, arguments: tuple[str, ...]
) -> None:
    repository.write("a.py", "x = 1\n")
    repository.commit()
    program = (
        f"import subprocess, sys; sys.argv = ['oobo', *{arguments!r}]\n"
        "asked = []; sys.addaudithook(lambda name, told: name == 'subprocess.Popen' and asked.append(told[1]))\n"
        "from oobo_hooks.main import main\n"
        "main()\n"
        "heavy = [name for name in ('pydantic', 'msgspec', 'http.client', 'asyncio') if name in sys.modules]\n"
        "print(len(asked), *heavy, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=repository.path, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "2"
