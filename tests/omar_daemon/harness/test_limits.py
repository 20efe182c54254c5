"""What tools may take of the machine: processes, memory, files. Each kind of isolation that this machine has."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from omar_daemon.harness.sandbox import limits
from omar_daemon.harness.sandbox.isolation import bubblewrap_sizes, isolation
from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.sandbox.limits import Limits
from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.tools import search, shell
from omar_daemon.harness.tools.results import ToolFailure, ToolResult
from shared import paths
from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.harness.test_sandbox import ISOLATED, KINDS, bash, sandbox, text
from tests.omar_daemon.managed_stage import Stage, tool_turn

__all__ = ["sandbox"]

BOMB = "bomb() { bomb | bomb & }; bomb; sleep 30"
ESCAPING_BOMB = """
printf '%s\\n' 'setsid sh "$0" & setsid sh "$0" &' > bomb.sh
sh bomb.sh; sleep 30
"""


@pytest.fixture(autouse=True)
def own_limits() -> Iterator[None]:
    yield
    limits.apply(Limits())


@pytest.mark.parametrize("command", [BOMB, ESCAPING_BOMB], ids=["forks", "escapes"])
@pytest.mark.parametrize("sandbox", ISOLATED, indirect=True)
def test_a_fork_bomb_is_ended_within_seconds_and_the_model_is_told_why(sandbox: Sandbox, command: str) -> None:
    limits.apply(Limits(processes=200))
    begun = time.monotonic()
    result = bash(sandbox, command)
    # Seconds where the machine is free; where it is not, nobody says how long a look at all processes takes.
    assert time.monotonic() - begun < 90, "the guard ended it, not the tool's own time limit of 120 s"
    assert result.is_error
    assert text(result).startswith("The command was killed: tools may run 200 processes at once")
    assert "sandbox.processes" in text(result)


@pytest.mark.parametrize("sandbox", ["none"], indirect=True)
def test_a_fork_bomb_is_ended_without_isolation_too(sandbox: Sandbox) -> None:
    limits.apply(Limits(processes=200))
    assert "200 processes" in text(bash(sandbox, BOMB))


@pytest.mark.parametrize("sandbox", ["none"], indirect=True)
def test_a_child_that_hides_from_its_tool_ends_with_it(sandbox: Sandbox) -> None:
    result = asyncio.run(shell.bash(sandbox, {"command": "env -i setsid sleep 98765 & sleep 30", "timeout_ms": 1500}))
    assert "did not end within 1.5 s" in text(result)
    assert subprocess.run(["pgrep", "-fx", "sleep 98765"], check=False).returncode == 1


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_a_tool_that_takes_too_much_memory_is_ended(sandbox: Sandbox) -> None:
    limits.apply(Limits(memory_mb=200))
    result = bash(sandbox, "echo before; exec python3 -c 'x = bytearray(3 << 30)'")
    assert result.is_error
    assert text(result).startswith("The command was killed: tools may use 200 MB of memory")
    assert "before" in text(result)


@pytest.mark.parametrize("sandbox", ["bubblewrap"], indirect=True)
def test_memory_counts_over_all_processes_of_a_tool(sandbox: Sandbox) -> None:
    limits.apply(Limits(memory_mb=200))
    one = "python3 -c 'import time; x = bytearray(90 << 20); time.sleep(20)'"
    assert "200 MB" in text(bash(sandbox, f"{one} & {one} & {one} & wait"))


@pytest.mark.parametrize("sandbox", ["bubblewrap"], indirect=True)
def test_what_forked_processes_share_counts_once(sandbox: Sandbox) -> None:
    limits.apply(Limits(memory_mb=200))
    program = "import os, time; x = bytearray(90 << 20); [os.fork() for _ in range(3)]; time.sleep(1)"
    assert not bash(sandbox, f"python3 -c '{program}'").is_error


@pytest.mark.parametrize("sandbox", ["bubblewrap"], indirect=True)
def test_of_several_tools_the_one_that_takes_most_is_ended(sandbox: Sandbox) -> None:
    limits.apply(Limits(memory_mb=300))

    async def both() -> list[ToolResult]:
        calls = [f"python3 -c 'import time; x = bytearray({size} << 20); time.sleep(3)'" for size in (100, 250)]
        return list(await asyncio.gather(*[shell.bash(sandbox, {"command": call}) for call in calls]))

    small, large = asyncio.run(both())
    assert not small.is_error
    assert "300 MB" in text(large)


@pytest.mark.parametrize("sandbox", ["bubblewrap"], indirect=True)
def test_a_search_that_is_ended_says_why(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    bash(sandbox, "head -c 400M /dev/zero | tr '\\0' a > one-line.txt")
    limits.apply(Limits(memory_mb=100))
    with pytest.raises(ToolFailure, match="100 MB of memory"):
        asyncio.run(search.grep(sandbox, {"pattern": "(a|b)*c"}))


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_a_file_does_not_grow_beyond_its_bound(sandbox: Sandbox) -> None:
    limits.apply(Limits(file_mb=3))
    result = bash(sandbox, "head -c 5M /dev/zero > large")
    assert text(result).startswith("Exit code 153: a file grew beyond 3 MB (setting sandbox.file_mb)")
    assert (sandbox.layout.root / "workspace" / "large").stat().st_size == 3 * 1024 * 1024


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_a_tool_has_the_limits_of_the_settings_and_ends_before_the_daemon(sandbox: Sandbox) -> None:
    limits.apply(Limits(open_files=99))
    assert text(bash(sandbox, "ulimit -n; ulimit -c; cat /proc/self/oom_score_adj")).split() == ["99", "0", "1000"]


@pytest.mark.parametrize("sandbox", ISOLATED, indirect=True)
def test_what_lies_in_memory_as_files_is_bounded(sandbox: Sandbox) -> None:
    limits.apply(Limits(memory_mb=400))
    said = text(bash(sandbox, "for f in /dev/shm/x /x; do head -c 300M /dev/zero > $f; stat -c %s $f; rm $f; done"))
    sizes = [int(line) for line in said.splitlines() if line.isdigit()]
    assert sizes == [100 * 1024 * 1024, pytest.approx(64 * 1024 * 1024, abs=2**20)]


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_what_is_in_tmp_lasts_from_call_to_call(sandbox: Sandbox) -> None:
    bash(sandbox, "echo kept > $TMPDIR/note")
    assert "kept" in text(bash(sandbox, "cat $TMPDIR/note"))


def test_a_tools_start_runs_no_other_program_on_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["omar_daemon.harness.sandbox.isolation"]
    isolation.cache_clear()
    bubblewrap_sizes.cache_clear()
    threads: list[bool] = []
    run = subprocess.run

    def noted(*given: Any, **options: Any) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return run(*given, **options)

    monkeypatch.setattr(module.subprocess, "run", noted)
    bash(Sandbox(Layout(tmp_path / "session")), "true")
    assert threads
    assert not any(threads)


def test_the_daemon_answers_while_a_fork_bomb_runs(tmp_path: Path, model: RunningModel) -> None:
    if isolation() == "none":
        pytest.skip("without isolation the bomb is bounded by the rlimit only")
    config = paths.config_file("omar")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[sandbox]\nprocesses = 300\n")
    model.rewrite({"turns": [tool_turn("bash", {"command": ESCAPING_BOMB})]})
    with Daemon() as daemon, httpx.Client(base_url=daemon.url, headers=daemon.headers("managed"), timeout=30) as http:
        stage = Stage(http, model)
        session = stage.session()
        stage.say(session, "go")
        seconds: list[float] = []
        while not stage.log(session, "agent.tool_result"):
            begun = time.monotonic()
            http.get(f"/v1/sessions/{session}").raise_for_status()
            seconds.append(time.monotonic() - begun)
            time.sleep(0.01)
        assert statistics.median(seconds) < 0.05
        assert "300 processes" in str(stage.log(session, "agent.tool_result"))
        stage.wait_for(session, "session.status_idle")
