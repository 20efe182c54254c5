"""Spawning tells the truth, and what is refused leaves nothing behind."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from omar_daemon.fleet.errors import InvalidRequest, NameTaken, SpawnFailed, TooManyAgents
from omar_daemon.fleet.launch import SpawnRequest, as_one_process
from omar_daemon.fleet.options import Options
from shared import paths
from tests.omar_daemon.fleet.conftest import Running, tmux, until


def sessions() -> set[str]:
    listed = tmux("list-sessions", "-F", "#{session_name}").split()
    return {name for name in listed if name.startswith("omar-agent-")}


def test_a_spawned_agent_runs_and_is_listed_with_its_facts(running: Running, home: Path) -> None:
    answer = running.spawn("worker-1", command="cat", parent="omar-agent-ea", role="tester")
    assert answer["id"] == "worker-1" and answer["status"] == "running"
    assert answer["session"] == "omar-agent-worker-1" and answer["session"] in sessions()
    detail = running.detail("omar-agent-worker-1")
    assert detail["created_at"] == answer["created_at"] and answer["created_at"].endswith("Z")
    assert (detail["parent"], detail["workdir"], detail["command"], detail["role"]) == (
        "ea",
        str(home),
        "cat",
        "tester",
    )
    assert detail["health"] == "working" and detail["prompt_delivery"] is None


def test_a_command_that_dies_within_300_ms_is_said_with_its_last_words(running: Running) -> None:
    with pytest.raises(SpawnFailed, match=r"exit code 3 right after its start: cannot\nwork"):
        running.spawn("x", command="echo cannot; sleep 0.15; echo work; exit 3")
    assert running.names() == [] and sessions() == set()
    running.spawn("x", command="cat")


def test_a_command_that_does_not_exist_is_said(running: Running) -> None:
    with pytest.raises(SpawnFailed, match="no-such-program"):
        running.spawn("x", command="no-such-program --flag")


def test_a_program_that_sleeps_at_its_terminal_is_answered_early_and_one_that_does_not_is_watched(
    running: Running,
) -> None:
    began = time.monotonic()
    running.spawn("reader", command="cat")
    early = time.monotonic() - began
    began = time.monotonic()
    running.spawn("sleeper", command="sleep 50")
    watched = time.monotonic() - began
    assert watched >= 0.3
    assert early < watched


def test_the_command_runs_through_the_person_s_shell_in_the_workdir(running: Running, home: Path) -> None:
    folder = home / "a dir with 'quotes' #{pane_id}"
    folder.mkdir()
    running.spawn("x", command='echo "$0|$PWD|${BASH_VERSION:+bash}"; cat', workdir=str(folder))
    until(lambda: f"|{folder}|bash" in running.detail("x")["output_tail"].replace("\n", ""))


def test_an_agent_knows_who_it_is_and_not_what_started_the_daemon(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("OMAR_TOKEN", "x")
    monkeypatch.setenv("MY_KEY", "oma_" + "a" * 40)
    monkeypatch.setenv("MY_SETTING", "kept")
    running = Running()
    try:
        running.spawn("x", command="env > seen; cat", parent="boss", env={"EXTRA": "it's \n two", "OMAR_AGENT": "liar"})
        seen = (home / "seen").read_text()
    finally:
        running.close()
    for line in ("OMAR_AGENT=x", "OMAR_PARENT=boss", "OMAR_URL=http://127.0.0.1:9", "MY_SETTING=kept", "EXTRA=it's "):
        assert line in seen.splitlines()
    for name in ("CLAUDECODE", "GIT_DIR", "OMAR_TOKEN", "MY_KEY"):
        assert f"{name}=" not in seen
    assert f"OMA_HOME={home / 'oma'}" in seen


def test_files_an_agent_makes_have_ordinary_modes(running: Running, home: Path) -> None:
    running.spawn("x", command="touch made; cat")
    assert (home / "made").stat().st_mode & 0o777 == 0o644


def test_a_secret_in_env_is_in_no_argv_no_tmux_environment_and_no_file(running: Running, home: Path) -> None:
    running.spawn("x", command="cat", env={"API_KEY": "canary-815"})
    argvs = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path))
    assert b"canary-815" not in argvs
    assert "canary-815" not in tmux("show-environment", "-t", "=omar-agent-x") + tmux("show-environment", "-g")
    held = subprocess.run(["grep", "-rl", "canary-815", str(home)], capture_output=True, text=True, check=False)
    assert held.stdout == ""


def _readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"name": "has space"}, "name must be"),
        ({"name": "../up"}, "name must be"),
        ({"name": "omar-agent-"}, "name must be"),
        ({"name": "a" * 65}, "name must be"),
        ({"name": "dot.ted"}, "name must be"),
        ({"parent": "x;y"}, "parent must be"),
        ({"name": "self", "parent": "self"}, "own parent"),
        ({"workdir": "/no/such/place"}, "not a directory"),
        ({"workdir": "relative"}, "absolute"),
        ({"workdir": "/bin/sh"}, "not a directory"),
        ({"workdir": "/tmp/two\nlines"}, "line break or another control character"),
        ({"workdir": "/tmp/\x1b[31m"}, "line break or another control character"),
        ({"model": "bad model"}, "Invalid model name"),
        ({"model": "--flag"}, "Invalid model name"),
        ({"env": {"NOT-A-NAME": "x"}}, "environment variable"),
        ({"env": {"A": "x\0y"}}, "NUL"),
        ({"task": "half \ud800"}, "Unicode"),
        ({"command": "  "}, "empty"),
        ({"command": None, "backend": "nothing"}, "Supported: claude, codex, cursor, opencode"),
        ({"command": "cat", "backend": "claude"}, "Use one or the other"),
        ({"command": None, "backend": "opencode"}, "'opencode' is not installed"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_with_a_sentence(
    running: Running, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, object], sentence: str
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(InvalidRequest, match=sentence):
        running.spawn(**{"name": "fine", "command": "cat", **wanted})  # type: ignore[arg-type]
    assert sessions() == set() and running.names() == []


def test_a_name_is_taken_once_by_whoever_comes_first(running: Running) -> None:
    import asyncio

    async def race() -> list[object]:
        request = SpawnRequest(name="same", command="cat")
        return await asyncio.gather(*(running.fleet.spawn(request) for _ in range(8)), return_exceptions=True)

    outcomes = running.do(race())
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 7
    with pytest.raises(NameTaken):
        running.spawn("omar-agent-same")


def test_without_a_name_the_smallest_free_number_is_taken_even_at_once(running: Running) -> None:
    import asyncio

    async def several() -> list[dict[str, object]]:
        return await asyncio.gather(*(running.fleet.spawn(SpawnRequest(command="cat")) for _ in range(4)))

    assert {answer["id"] for answer in running.do(several())} == {"1", "2", "3", "4"}


def test_the_limit_of_agents_holds_for_living_ones(home: Path) -> None:
    running = Running(max_agents=2)
    try:
        running.spawn("a")
        running.spawn("b")
        with pytest.raises(TooManyAgents, match="2"):
            running.spawn("c")
        running.do(running.fleet.kill("a"))
        running.spawn("c")
    finally:
        running.close()


def test_a_model_is_appended_to_whatever_command_was_chosen(running: Running) -> None:
    running.spawn("x", command="bash --norc -c 'cat' name", model="vendor/m-1.5")
    assert running.detail("x")["command"] == "bash --norc -c 'cat' name --model vendor/m-1.5"


def test_a_killed_agent_is_gone_with_its_processes_status_and_prompt(running: Running, home: Path) -> None:
    running.spawn("x", command="trap '' HUP; (trap '' HUP; sleep 300 & echo $! > child; wait)")
    child = int(until(lambda: (home / "child").exists() and (home / "child").read_text().strip()))
    running.do(running.fleet.set_status("x", "busy"))
    assert (paths.status_dir() / "omar-agent-x.md").read_text() == "busy"
    running.do(running.fleet.kill("x"))
    assert running.names() == [] and sessions() == set()
    assert not (paths.status_dir() / "omar-agent-x.md").exists()
    until(lambda: not Path(f"/proc/{child}").exists(), 8)


def test_children_of_a_killed_agent_go_to_its_parent_and_a_tree_dies_whole(running: Running) -> None:
    for name, parent in (("top", "ea"), ("mid", "top"), ("leaf", "mid"), ("leaf2", "mid"), ("other", "ea")):
        running.spawn(name, parent=parent)
    assert running.do(running.fleet.kill("mid"))["children_orphaned"] == 2
    assert running.line("leaf")["parent"] == "top"
    assert running.detail("top")["children"] == ["leaf", "leaf2"]
    running.do(running.fleet.kill("top", tree=True))
    assert running.names() == ["other"]


def test_without_any_backend_all_of_them_are_named(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    bare = Running()
    try:
        bare.fleet.options = bare.fleet._spawner._options = Options(paths.tmux_socket(), "http://127.0.0.1:9")
        with pytest.raises(InvalidRequest, match="claude, codex, cursor, opencode"):
            bare.spawn("x", command=None)
    finally:
        bare.close()


def test_a_backend_is_the_pane_s_own_process_whatever_the_shell(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")
    running = Running()
    try:
        running.spawn("x", command=None, env={"RECORD": str(home / "told")})
        pid = tmux("list-panes", "-t", "=omar-agent-x:", "-F", "#{pane_pid}").strip()
        assert b"box_tui.py" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1]
    finally:
        running.close()


@pytest.mark.parametrize(
    ("command", "started"),
    [
        ("cat -u", "exec cat -u"),
        ("env A=b cat", "exec env A=b cat"),
        ("A=b cat", "exec env A=b cat"),
        ("no-such-program-here", "no-such-program-here"),
        ("cat; cat", "cat; cat"),
        ("exec cat", "exec cat"),
    ],
)
def test_only_a_simple_command_takes_the_shell_s_place(command: str, started: str) -> None:
    assert as_one_process(command) == started


def test_the_umask_of_the_person_is_the_agents_(home: Path) -> None:
    running = Running(umask=0o027)
    try:
        running.spawn("x", command="touch made; cat")
        assert (home / "made").stat().st_mode & 0o777 == 0o640
    finally:
        running.close()


def test_many_spawns_side_by_side_hold_nobody_up(running: Running) -> None:
    """A look that had ended was once awaited again for ever, and with it the event loop."""
    import asyncio

    async def several() -> list[dict[str, object]]:
        wanted = [SpawnRequest(name=f"n{number}", command="cat") for number in range(24)]
        return list(await asyncio.gather(*(running.fleet.spawn(one) for one in wanted)))

    assert len(running.do(several(), 20)) == 24


def test_a_look_that_has_ended_is_not_awaited_again(running: Running) -> None:
    import asyncio

    async def look_anew() -> None:
        watch = running.fleet.watch
        for _ in range(50):
            await watch.refresh(0.0)
            watch.outdate()
            assert watch._flight is None or watch._flight.done()
            await asyncio.wait_for(watch.refresh(0.0), 2)

    running.do(look_anew(), 20)
