"""What a sandbox that shares the network cannot keep from its tools is said, once, and a limited one keeps it."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omar_daemon.harness.sandbox import desktop
from omar_daemon.harness.sandbox.isolation import isolation
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.harness.test_turns import of_type
from tests.omar_daemon.managed_stage import Stage, tool_turn

NAMED = f"/tmp/.X11-unix/X9{os.getpid()}"
CONNECT = f"python3 -c \"import socket; socket.socket(socket.AF_UNIX).connect('\\0{NAMED}'); print('in')\" 2>&1"


@pytest.fixture
def display() -> Iterator[str]:
    """An abstract socket with the name of an X server's."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        try:
            listening.bind("\0" + NAMED)
        except OSError:
            pytest.skip("this system has no abstract sockets")
        listening.listen()
        yield "@" + NAMED


def warnings(stage: Stage, session: str) -> list[dict[str, Any]]:
    return [event for event in stage.log(session, "session.warning") if event["source"] == "sandbox"]


def test_sockets_of_x_servers_and_buses_that_listen_are_doors_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "unix"
    table.write_text(
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 11 @/tmp/.X11-unix/X0\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 12 /tmp/.X11-unix/X0\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 13 @/tmp/.X11-unix/X1\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 14\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 15 @/home/a b/ibus/dbus-x7\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 16 @something-else\n"
    )
    monkeypatch.setattr(desktop, "_SOCKETS", table)
    assert desktop.open_doors() == ["@/home/a b/ibus/dbus-x7", "@/tmp/.X11-unix/X0"]
    monkeypatch.setattr(desktop, "_SOCKETS", tmp_path / "missing")
    assert desktop.open_doors() == []


@pytest.mark.skipif(isolation() == "none", reason="without isolation nothing is kept apart")
def test_a_session_that_can_reach_the_desktop_says_so_once(stage: Stage, model: RunningModel, display: str) -> None:
    call = tool_turn("bash", {"command": CONNECT})
    model.rewrite({"turns": [call, {"text": "one"}, call, {"text": "two"}]})
    session = stage.session()
    stage.turn(session, "go")
    stage.turn(session, "again")
    (warning,) = warnings(stage, session)
    assert display in warning["details"]["sockets"]
    assert "type into it" in warning["message"]
    # True for as long as it is said: without this the warning can go.
    assert of_type(stage.log(session), "agent.tool_result")[0]["content"][0]["text"] == "in\n"


@pytest.mark.skipif(isolation() == "none", reason="without isolation nothing is kept apart")
def test_in_a_limited_network_the_desktop_is_out_of_reach(stage: Stage, model: RunningModel, display: str) -> None:
    config = {"type": "cloud", "networking": {"type": "limited"}}
    stage.environment = stage.post("/v1/environments", {"name": "limited", "config": config})["id"]
    model.rewrite({"turns": [tool_turn("bash", {"command": CONNECT})]})
    session = stage.session()
    stage.turn(session, "go")
    assert warnings(stage, session) == []
    assert "refused" in of_type(stage.log(session), "agent.tool_result")[0]["content"][0]["text"]
