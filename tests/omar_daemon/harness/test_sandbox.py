"""What a tool can see and do, with each kind of isolation that this machine has."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from omar_daemon.harness.sandbox.isolation import isolation
from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.tools import files, search, shell
from omar_daemon.harness.tools.results import ToolFailure, ToolResult
from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel, running_model
from tests.omar_daemon.harness.test_turns import sleepers
from tests.omar_daemon.managed_stage import Stage

KINDS = ["bubblewrap", "unshare", "none"]
ISOLATED = ["bubblewrap", "unshare"]


@pytest.fixture
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Sandbox:
    kind = request.param
    best = isolation()
    if (kind == "bubblewrap" and best != "bubblewrap") or (kind == "unshare" and best == "none"):
        pytest.skip(f"{kind} does not work on this machine")
    return Sandbox(Layout(tmp_path / "session"), kind=kind)


def text(result: ToolResult) -> str:
    return str(result.content[0]["text"])


def assert_gone(seconds: str) -> None:
    """A killed process is seen for a moment until the kernel is done with it."""
    deadline = time.monotonic() + 1
    while sleepers(seconds):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def bash(sandbox: Sandbox, command: str, **given: Any) -> ToolResult:
    return asyncio.run(shell.bash(sandbox, {"command": command, **given}))


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_a_tool_sees_nothing_of_the_daemons_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-key")
    seen = text(bash(sandbox, "env; cat /proc/self/environ | tr '\\0' '\\n'"))
    assert "canary" not in seen
    assert "OMA_HOME" not in seen


@pytest.mark.parametrize("sandbox", ISOLATED, indirect=True)
def test_the_seeds_paths_are_real_and_the_rest_of_the_machine_is_not_there(sandbox: Sandbox, tmp_path: Path) -> None:
    hidden = tmp_path / "secret.txt"
    hidden.write_text("canary")
    places = ["/workspace", "/mnt/session/outputs", "/mnt/session/uploads", "/mnt/memory", "/home/user/files"]
    seen = text(bash(sandbox, f"pwd; ls -d {' '.join(places)}; cat {hidden}; true"))
    assert all(place in seen for place in places)
    assert "canary" not in seen
    assert "/root" not in text(bash(sandbox, "ls -d /root 2>/dev/null; true"))


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_a_tool_that_hangs_is_killed_with_all_it_started_and_its_words_are_kept(sandbox: Sandbox) -> None:
    begun = time.monotonic()
    long = f"51{os.getpid()}"
    result = bash(sandbox, f"echo before; setsid sleep {long} & nohup sleep {long} & sleep {long}", timeout_ms=1500)
    assert time.monotonic() - begun < 5
    assert result.is_error
    assert "before" in text(result)
    assert_gone(long)


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_a_child_in_the_background_does_not_outlive_its_call(sandbox: Sandbox) -> None:
    begun = time.monotonic()
    long = f"52{os.getpid()}"
    assert "done" in text(bash(sandbox, f"(setsid sleep {long} > /dev/null &) ; sleep {long} & echo done"))
    assert time.monotonic() - begun < 5
    assert_gone(long)


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_place_and_variables_last_from_call_to_call_but_secrets_are_not_kept(sandbox: Sandbox) -> None:
    sandbox.variables = {"VAULT": "canary-vault"}
    bash(sandbox, "mkdir -p deep/er; cd deep/er; export COLOUR=blue; greet() { echo hi $1; }")
    assert text(bash(sandbox, "basename $PWD; echo $COLOUR; greet you; echo $VAULT")).split() == [
        "er", "blue", "hi", "you", "canary-vault",
    ]  # fmt: skip
    kept = [file.read_text() for file in sandbox.layout.state.iterdir()]
    assert not any("canary" in content for content in kept)
    bash(sandbox, "true", restart=True)
    assert "blue" not in text(bash(sandbox, "echo $COLOUR; basename $PWD"))


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_files_are_written_read_changed_and_found(sandbox: Sandbox) -> None:
    async def play() -> None:
        body = "one\ntwo\nthree ü\n"
        await files.write(sandbox, {"file_path": "/workspace/a b/c.txt", "content": body})
        assert text(await files.read(sandbox, {"file_path": "a b/c.txt", "view_range": [2, 3]})).split("\t")[1] == (
            "two\n     3"
        )
        await files.edit(sandbox, {"file_path": "a b/c.txt", "old_string": "two", "new_string": "zwei"})
        with pytest.raises(ToolFailure, match="not in"):
            await files.edit(sandbox, {"file_path": "a b/c.txt", "old_string": "two", "new_string": "x"})
        with pytest.raises(ToolFailure, match="times"):
            await files.edit(sandbox, {"file_path": "a b/c.txt", "old_string": "e", "new_string": "x"})
        assert text(await search.glob(sandbox, {"pattern": "**/*.txt"})) == "/workspace/a b/c.txt"
        assert "zwei" in text(await search.grep(sandbox, {"pattern": "zw.i"}))
        with pytest.raises(ToolFailure, match="cannot be read"):
            await files.read(sandbox, {"file_path": "none.txt"})

    asyncio.run(play())
    assert (sandbox.layout.root / "workspace" / "a b" / "c.txt").read_text() == "one\nzwei\nthree ü\n"


@pytest.mark.parametrize("sandbox", ISOLATED, indirect=True)
def test_a_link_does_not_lead_the_file_tools_out_of_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    hidden = tmp_path / "secret.txt"
    hidden.write_text("canary")
    bash(sandbox, f"ln -s {hidden} link; ln -s {tmp_path} folder")
    with pytest.raises(ToolFailure):
        asyncio.run(files.read(sandbox, {"file_path": "link"}))
    with pytest.raises(ToolFailure):
        asyncio.run(files.write(sandbox, {"file_path": "folder/new.txt", "content": "x"}))
    assert sorted(os.listdir(tmp_path)) == ["secret.txt", "session"]


@pytest.mark.parametrize("sandbox", ["bubblewrap"], indirect=True)
def test_a_pipe_or_a_device_is_neither_read_nor_written(sandbox: Sandbox) -> None:
    bash(sandbox, "mkfifo pipe")
    begun = time.monotonic()
    for path in ("pipe", "/dev/zero"):
        with pytest.raises(ToolFailure, match="no regular file"):
            asyncio.run(files.read(sandbox, {"file_path": path}))
    with pytest.raises(ToolFailure, match="no regular file"):
        asyncio.run(files.write(sandbox, {"file_path": "pipe", "content": "x"}))
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("sandbox", KINDS, indirect=True)
def test_much_output_is_cut_and_an_exit_code_is_told(sandbox: Sandbox) -> None:
    result = bash(sandbox, "yes word | head -c 300000; exit 3")
    assert text(result).startswith("Exit code 3\n")
    assert result.is_error
    assert len(text(result)) <= 50_000
    assert "left out" in text(result)


@pytest.mark.parametrize("sandbox", ["bubblewrap"], indirect=True)
def test_a_limited_environment_has_no_network(sandbox: Sandbox) -> None:
    sandbox.network = False
    assert "lo" in text(bash(sandbox, "cat /proc/net/dev"))
    assert "eth" not in text(bash(sandbox, "cat /proc/net/dev"))


def test_the_daemons_own_secrets_are_not_readable_from_its_process(tmp_path: Path) -> None:
    secrets = {"ANTHROPIC_API_KEY": "canary-start", "MY_TOKEN": "canary-token", "PLAIN": "seen"}
    with Daemon(environment=secrets) as daemon, running_model(tmp_path, {"turns": []}) as model:
        environment = Path(f"/proc/{daemon.process.pid}/environ").read_bytes()
        assert b"canary" not in environment
        assert b"PLAIN=seen" in environment
        _answers(daemon, model)


def _answers(daemon: Daemon, model: RunningModel) -> None:
    """The daemon still works, and still has the key it was started with."""
    import httpx

    with httpx.Client(base_url=daemon.url, headers=daemon.headers("managed"), timeout=30) as client:
        stage = Stage(client, model)
        assert stage.turn(stage.session(), "hi")[-1]["type"] == "session.status_idle"
