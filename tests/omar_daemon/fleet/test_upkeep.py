"""Whatever happens to tmux or to the daemon: the list tells the truth within two seconds, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from omar_daemon.fleet import upkeep
from omar_daemon.fleet.errors import KillRefused, TmuxMissing
from shared import paths
from tests.omar_daemon.fleet.conftest import Running, pane_of, tmux, until


def test_a_dead_agent_is_kept_with_exit_code_and_last_screen(running: Running) -> None:
    running.spawn("x", command="echo last words; sleep 0.5; exit 7")
    line = until(lambda: running.line("x") if running.line("x")["health"] == "dead" else None, 3)
    assert (line["status"], line["exit_code"], line["last_output"]) == ("dead", 7, "last words")
    assert running.detail("x")["output_tail"] == "last words"
    assert running.do(running.fleet.summary("x"))["health"] == "dead"


def test_a_death_is_noticed_with_nobody_asking(running: Running) -> None:
    running.spawn("x", command="sleep 0.4; kill -9 $$")
    agent = running.fleet.roster.get("x")
    until(lambda: agent.record.stage == "ended", 3)
    assert agent.record.exit_signal == 9 and agent.record.end_reason == "was killed by signal 9"


@pytest.mark.parametrize("how", ["kill-server", "kill-session", "kill-pane"])
def test_what_tmux_loses_is_said_and_the_next_spawn_works(running: Running, how: str) -> None:
    running.spawn("x", command="cat")
    running.spawn("bystander", command="cat")
    if how == "kill-server":
        tmux("kill-server")
    else:
        tmux(how, "-t", "=omar-agent-x" if how == "kill-session" else pane_of("x"))
    line = until(lambda: running.line("x") if running.line("x")["health"] == "dead" else None, 2)
    assert line["end_reason"] == "its tmux session is gone"
    assert running.line("bystander")["health"] == ("dead" if how == "kill-server" else "working")
    running.spawn("y", command="cat")
    running.send("y", "works")
    assert running.line("y")["last_output"] == "works"


def test_a_renamed_and_resized_neighbour_disturbs_nobody(running: Running) -> None:
    running.spawn("x", command="cat")
    tmux("new-session", "-d", "-s", "somebody", "cat")
    tmux("rename-session", "-t", "=somebody", "else")
    tmux("resize-window", "-t", pane_of("x"), "-x", "70", "-y", "20")
    running.send("x", "still fine")
    assert running.names() == ["x"] and running.line("x")["last_output"] == "still fine"


def test_resizing_is_no_output(running: Running) -> None:
    running.spawn("x", command="bash --norc")
    running.line("x")
    before = running.fleet.watch.view("x")
    assert before is not None
    until(lambda: time.time() - before.output_at > 2.5)
    tmux("resize-window", "-t", pane_of("x"), "-x", "70", "-y", "20")
    until(lambda: running.fleet.watch.view("x").pane.activity > before.pane.activity)  # type: ignore[union-attr]
    after = running.fleet.watch.view("x")
    assert after is not None and after.pane.width == 70 and after.output_at == before.output_at


def test_after_kill_9_every_agent_is_there_again_with_all_its_facts(home: Path) -> None:
    first = Running()
    for number in range(20):
        first.spawn(f"w{number:02}", command="cat", parent="ea" if number % 2 else None)
    first.do(first.fleet.set_status("w00", "half done"))
    first.send("w01", "typed once")
    facts = {name: first.detail(name) for name in first.names()}
    first.abandon()
    second = Running()
    try:
        assert second.names() == sorted(facts)
        changing = ("idle_seconds", "health")
        for name, before in facts.items():
            after = second.detail(name)
            assert {key: after[key] for key in after if key not in changing} == {
                key: before[key] for key in before if key not in changing
            }
        assert second.do(second.fleet.summary("w00"))["status"] == "half done"
        second.send("w01", "and again")
        assert second.detail("w01")["output_tail"].splitlines() == ["typed once"] * 2 + ["and again"] * 2
    finally:
        second.close()


def test_a_session_without_a_record_is_adopted_and_an_unfinished_spawn_is_settled(home: Path) -> None:
    first = Running()
    first.spawn("known", command="cat")
    tmux("new-session", "-d", "-s", "omar-agent-foreign", "-c", str(home), "cat")
    with first.store.write() as connection:
        connection.exec_driver_sql("UPDATE agents SET stage = 'starting' WHERE name = 'known'")
        connection.exec_driver_sql(
            "INSERT INTO agents (name, stage, created_at, workdir, command, delivery)"
            " VALUES ('ghost', 'starting', 1, '/', 'cat', 'none')"
        )
    first.abandon()
    second = Running()
    try:
        assert second.names() == ["foreign", "known"]
        assert second.detail("foreign")["workdir"] == str(home)
        second.spawn("ghost", command="cat")
    finally:
        second.close()


def test_a_daemon_that_finds_no_tmux_does_not_bury_the_living(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Running()
    first.spawn("x", command="cat")
    first.abandon()
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(home))
        blind = Running()
        try:
            with pytest.raises(TmuxMissing, match="not installed"):
                blind.names()
            time.sleep(1.5 * upkeep.ROUND_SECONDS)
            assert blind.fleet.roster.get("x").record.stage == "running"
        finally:
            blind.abandon()
    again = Running()
    try:
        assert again.line("x")["status"] == "running"
    finally:
        again.close()


def test_without_tmux_and_agents_there_are_simply_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    empty = Running()
    try:
        assert empty.names() == []
    finally:
        empty.abandon()


def test_an_agent_that_died_while_no_daemon_ran_is_listed_dead(home: Path) -> None:
    first = Running()
    first.spawn("x", command="cat; exit 4")
    first.abandon()
    tmux("send-keys", "-t", pane_of("x"), "C-d")
    until(lambda: tmux("list-panes", "-a", "-F", "#{pane_dead}").count("1") == 2)
    second = Running()
    try:
        # tmux tells the code a moment after the end.
        until(lambda: second.line("x")["health"] == "dead")
        assert second.line("x")["exit_code"] == 4
        second.do(second.fleet.kill("x"))
        assert second.names() == []
    finally:
        second.close()


def test_what_is_a_day_dead_is_forgotten(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.spawn("x", command="sleep 0.4")
    until(lambda: running.line("x")["health"] == "dead")
    monkeypatch.setattr(upkeep, "KEPT_SECONDS", 0.0)
    until(lambda: running.names() == [], 4)
    assert "omar-agent-x" not in tmux("list-sessions", "-F", "#{session_name}")


def test_an_agent_somebody_looks_at_is_killed_only_by_force(running: Running) -> None:
    running.spawn("x", command="cat")
    argv = ["script", "-qfc", f"tmux -L {paths.tmux_socket()} attach -t =omar-agent-x", "/dev/null"]
    person = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={"TERM": "xterm", "PATH": "/usr/bin:/bin"}
    )
    try:
        until(lambda: tmux("list-clients", "-t", "=omar-agent-x"), 5)
        with pytest.raises(KillRefused, match="attached"):
            running.do(running.fleet.kill("x"))
        running.send("x", "while attached")
        assert running.line("x")["last_output"] == "while attached"
        running.do(running.fleet.kill("x", force=True))
    finally:
        person.kill()
        person.communicate()
    assert running.names() == []


def test_the_manager_is_listed_apart_and_not_killed(running: Running) -> None:
    running.spawn("ea", command="cat")
    found = running.do(running.fleet.overview())
    assert found["agents"] == [] and found["manager"]["id"] == "omar-agent-ea"
    with pytest.raises(KillRefused, match="manager"):
        running.do(running.fleet.kill("omar-agent-ea", force=True))


def test_claude_code_s_own_word_decides_when_its_pid_is_the_pane_s(running: Running, home: Path) -> None:
    running.spawn("c", command=None, env={"RECORD": str(home / "told")})
    view = running.fleet.watch.view("c")
    assert view is not None
    state = home / ".claude" / "sessions" / f"{view.pane.pid}.json"
    state.parent.mkdir(parents=True)
    for said, expected in (("waiting", "waiting"), ("busy", "working"), ("idle", "idle"), ("?", "working")):
        state.write_text(json.dumps({"pid": view.pane.pid, "status": said}))
        assert running.line("c")["health"] == expected
    state.write_text(json.dumps({"pid": 1, "status": "waiting"}))
    assert running.line("c")["health"] == "working"


def test_two_readers_at_once_see_the_same(running: Running) -> None:
    import asyncio

    running.spawn("x", command="cat")

    async def both() -> list[dict[str, object]]:
        return list(await asyncio.gather(running.fleet.overview(), running.fleet.overview()))

    one, other = running.do(both())
    assert one == other
