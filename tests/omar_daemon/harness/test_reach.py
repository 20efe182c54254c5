"""What an agent leaves in its folders does not lead the daemon out of them; its tools have no rights to spare."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import httpx
import pytest

from omar_daemon.harness.sandbox import contents
from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.setup import FileMount
from omar_daemon.store.managed import files as file_room
from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.harness.test_sandbox import ISOLATED, bash, sandbox, text
from tests.omar_daemon.harness.test_turns import of_type
from tests.omar_daemon.managed_stage import Stage, tool_turn

__all__ = ["sandbox"]


@pytest.mark.parametrize("sandbox", ISOLATED, indirect=True)
def test_a_tool_has_no_capabilities_and_cannot_make_the_system_writable(sandbox: Sandbox) -> None:
    seen = text(bash(sandbox, "grep CapEff /proc/self/status; mount -o remount,bind,rw /usr && echo remounted; true"))
    assert seen.startswith("CapEff:\t0000000000000000\n")
    assert "remounted" not in seen


def test_a_memory_folder_that_was_replaced_by_a_link_is_neither_read_nor_emptied(
    stage: Stage, model: RunningModel, tmp_path: Path
) -> None:
    """The agent cannot follow the link itself, but the daemon, which is the user, could."""
    hidden = tmp_path / "home-of-the-user"
    hidden.mkdir()
    (hidden / "owner.key").write_text("canary")
    store = stage.post("/v1/memory_stores", {"name": "notes"})["id"]
    stage.post(f"/v1/memory_stores/{store}/memories", {"path": "/old.md", "content": "kept"})
    hijack = f"cd /mnt/memory; for name in *; do rm -r $name; ln -s {hidden} $name; done; ls"
    calls = [tool_turn("bash", {"command": hijack}), tool_turn("bash", {"command": "ls -R /mnt/memory"})]
    model.rewrite({"turns": calls})
    resource = {"type": "memory_store", "memory_store_id": store, "access": "read_write"}
    session = stage.session(resources=[resource])
    stage.turn(session, "go")
    linked, listed = (event["content"][0]["text"] for event in of_type(stage.log(session), "agent.tool_result"))
    assert linked.startswith("notes")
    assert "owner.key" not in listed
    assert (hidden / "owner.key").read_text() == "canary"
    found = stage.http.get(f"/v1/memory_stores/{store}/memories", params={"view": "full"}).json()["data"]
    assert all("canary" not in (memory["content"] or "") for memory in found)


def test_a_file_is_placed_in_the_sandbox_whatever_link_lies_in_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob, outside = tmp_path / "blob", tmp_path / "outside"
    blob.write_text("content")
    outside.mkdir()
    monkeypatch.setattr(file_room, "blob", lambda _sha256: blob)
    layout = Layout(tmp_path / "session")
    layout.prepare()
    (layout.root / "home" / "files").rmdir()
    (layout.root / "home" / "files").symlink_to(outside)
    (layout.root / "workspace" / "in").symlink_to(outside)
    file = FileMount("file_1", "a.txt", hashlib.sha256(b"content").hexdigest(), "/workspace/in/b.txt")
    assert contents.place_files(layout, [file]) == []
    assert os.listdir(outside) == []
    assert (layout.root / "home" / "files" / "file_1" / "a.txt").read_text() == "content"
    assert (layout.root / "workspace" / "in" / "b.txt").read_text() == "content"
    elsewhere = FileMount("file_1", "a.txt", file.sha256, "/data/a.txt")
    (mount,) = contents.place_files(layout, [elsewhere])
    assert (mount.source, mount.target) == (blob, "/data/a.txt")


@pytest.mark.parametrize("sandbox", ISOLATED, indirect=True)
def test_a_link_in_the_place_of_the_files_folder_does_not_stop_the_session(sandbox: Sandbox) -> None:
    bash(sandbox, "rmdir /home/user/files; ln -s /nowhere /home/user/files")
    again = Sandbox(sandbox.layout, kind=sandbox.kind)
    asyncio.run(again.ready())
    assert text(bash(again, "ls -ld /home/user/files")).startswith("d")


ASK = """
ask() {
  exec 3<> /dev/tcp/127.0.0.1/$1
  printf 'POST /api/agents HTTP/1.1\\r\\nhost: localhost\\r\\ncontent-type: application/json\\r\\n' >&3
  printf 'content-length: 42\\r\\n\\r\\n{"name": "escaped", "command": "sleep 30"}' >&3
}
ask %d; head -n 1 <&3; exec 3>&-
ask %d; exec 3>&-; sleep 1
"""


def test_a_tool_that_reaches_the_daemons_port_cannot_start_agents_outside_of_its_sandbox(
    daemon: Daemon, stage: Stage, model: RunningModel
) -> None:
    model.rewrite({"turns": [tool_turn("bash", {"command": ASK % (daemon.port, daemon.port)})]})
    session = stage.session()
    stage.say(session, "go")
    stage.wait_for(session, "agent.tool_use")
    refused = 0
    while not (results := of_type(stage.log(session), "agent.tool_result")):
        # A program of the user is not taken for a tool while one runs.
        with httpx.Client(base_url=daemon.url, trust_env=False) as plain:
            refused += plain.get("/api/agents").status_code != 200
    assert results[0]["content"][0]["text"] == "HTTP/1.1 403 Forbidden\n"
    assert refused == 0
    assert daemon.request("GET", "/api/agents").json()["agents"] == []
