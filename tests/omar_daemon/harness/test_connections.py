"""MCP servers and repositories: what a session reaches beyond its sandbox."""

from __future__ import annotations

import base64
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.fakes.model_process import REPOSITORY, RunningModel
from tests.omar_daemon.harness.test_turns import of_type
from tests.omar_daemon.managed_stage import Stage, tool_turn
from tests.ports import free_port


@pytest.fixture
def mcp_server() -> Iterator[str]:
    """The address of a server that wants the token `canary-mcp`."""
    port = free_port()
    line = [sys.executable, "-m", "tests.fakes.mcp_server", str(port), "canary-mcp"]
    process = subprocess.Popen(line, cwd=REPOSITORY)
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    process.terminate()
    process.wait(10)


def agent_with(stage: Stage, url: str) -> str:
    policy = {"default_config": {"permission_policy": {"type": "always_allow"}}}
    return stage.agent(
        mcp_servers=[{"type": "url", "name": "calc_er", "url": url}],
        tools=[{"type": "mcp_toolset", "mcp_server_name": "calc_er", **policy}],
    )


def test_an_mcp_tool_is_called_with_the_vaults_token(stage: Stage, model: RunningModel, mcp_server: str) -> None:
    vault = stage.post("/v1/vaults", {"display_name": "v"})["id"]
    auth = {"type": "static_bearer", "token": "canary-mcp", "mcp_server_url": mcp_server}
    stage.post(f"/v1/vaults/{vault}/credentials", {"auth": auth})
    model.rewrite({"turns": [tool_turn("mcp__calc_er__add", {"a": 2, "b": 3})], "after": "Five."})
    session = stage.session(agent_with(stage, mcp_server), vault_ids=[vault])
    stage.turn(session, "add")
    log = stage.log(session)
    (call,) = of_type(log, "agent.mcp_tool_use")
    assert (call["mcp_server_name"], call["name"]) == ("calc_er", "add")
    (result,) = of_type(log, "agent.mcp_tool_result")
    assert result["mcp_tool_use_id"] == call["id"]
    assert result["content"][0]["text"] == "the sum is 5"
    assert of_type(log, "session.error") == []


def test_a_server_and_a_call_of_any_name_reach_the_model_under_one_it_may_have(
    stage: Stage, model: RunningModel, mcp_server: str
) -> None:
    vault = stage.post("/v1/vaults", {"display_name": "v"})["id"]
    auth = {"type": "static_bearer", "token": "canary-mcp", "mcp_server_url": mcp_server}
    stage.post(f"/v1/vaults/{vault}/credentials", {"auth": auth})
    policy = {"default_config": {"permission_policy": {"type": "always_allow"}}}
    agent = stage.agent(
        mcp_servers=[{"type": "url", "name": "Rechen Hilfe: Über", "url": mcp_server}],
        tools=[{"type": "mcp_toolset", "mcp_server_name": "Rechen Hilfe: Über", **policy}],
    )
    name = "mcp__Rechen_Hilfe___ber__add"
    model.rewrite({"turns": [tool_turn(name, {"a": 1, "b": 1}), tool_turn("what is\nthis?", {}), {"text": "Two."}]})
    session = stage.session(agent, vault_ids=[vault])
    stage.turn(session, "add")
    (result,) = of_type(stage.log(session), "agent.mcp_tool_result")
    assert result["content"][0]["text"] == "the sum is 2"
    sent = model.requests()[-1]["body"]
    assert [tool["name"] for tool in sent["tools"]] == [name]
    blocks = [block for message in sent["messages"] for block in message["content"]]
    assert [block["name"] for block in blocks if block["type"] == "tool_use"] == [name, "what_is_this_"]


class TokenEndpoint(http.server.BaseHTTPRequestHandler):
    """Gives the token that the MCP server wants, once for each refresh token."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        used: list[str] = self.server.used  # type: ignore[attr-defined]
        refresh_token = form["refresh_token"][0]
        fresh = json.dumps({"access_token": "canary-mcp", "refresh_token": "canary-second", "expires_in": 3600})
        self.send_response(400 if refresh_token in used else 200)
        used.append(refresh_token)
        self.send_header("content-length", str(len(fresh)))
        self.end_headers()
        self.wfile.write(fresh.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def token_endpoint() -> Iterator[http.server.ThreadingHTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenEndpoint) as server:
        server.used = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_token_that_is_over_is_renewed_once_for_all_sessions(
    stage: Stage, model: RunningModel, mcp_server: str, token_endpoint: http.server.ThreadingHTTPServer
) -> None:
    vault = stage.post("/v1/vaults", {"display_name": "v"})["id"]
    refresh = {
        "client_id": "me",
        "refresh_token": "canary-first",
        "token_endpoint": f"http://127.0.0.1:{token_endpoint.server_port}/",
        "token_endpoint_auth": {"type": "none"},
    }
    auth = {"type": "mcp_oauth", "access_token": "canary-over", "mcp_server_url": mcp_server, "refresh": refresh}
    credential = stage.post(f"/v1/vaults/{vault}/credentials", {"auth": auth})["id"]
    model.rewrite({"turns": [tool_turn("mcp__calc_er__add", {"a": 2, "b": 3})], "after": "Five."})
    agent = agent_with(stage, mcp_server)
    sessions = [stage.session(agent, vault_ids=[vault]) for _ in range(2)]
    for session in sessions:
        stage.say(session, "add")
    for session in sessions:
        log = stage.wait_for(session, "session.status_idle", seconds=30)
        assert [result["content"][0]["text"] for result in of_type(log, "agent.mcp_tool_result")] == ["the sum is 5"]
        assert of_type(log, "session.error") == []
    assert token_endpoint.used == ["canary-first"]  # type: ignore[attr-defined]
    shown = stage.http.get(f"/v1/vaults/{vault}/credentials/{credential}")
    assert shown.json()["auth"]["expires_at"] is not None
    assert "canary" not in shown.text


def test_a_server_that_refuses_or_is_away_is_told_and_the_turn_goes_on(
    stage: Stage, model: RunningModel, mcp_server: str
) -> None:
    model.rewrite({"turns": [], "after": "Without it."})
    for url, kind in (
        (mcp_server, "mcp_authentication_failed_error"),
        ("http://127.0.0.1:9/mcp", "mcp_connection_failed_error"),
    ):
        session = stage.session(agent_with(stage, url))
        stage.turn(session, "hi")
        log = stage.log(session)
        (error,) = of_type(log, "session.error")
        assert (error["error"]["type"], error["error"]["mcp_server_name"]) == (kind, "calc_er")
        assert log[-1]["stop_reason"] == {"type": "end_turn"}


class GitServer(http.server.SimpleHTTPRequestHandler):
    """A repository as plain files, for those who know the token."""

    def do_GET(self) -> None:
        wanted = base64.b64encode(b"x-access-token:canary-git").decode()
        if self.headers.get("authorization") != f"Basic {wanted}":
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


WHO_IMPORTS = """
import asyncio, sys, threading
from types import SimpleNamespace
from omar_daemon.harness.mcp import McpServers

class Finder:
    @staticmethod
    def find_spec(name, *_):
        if name in ("mcp", "httpx"):
            print(name, threading.current_thread() is threading.main_thread())

async def connect():
    setup = SimpleNamespace(
        agent={"tools": [{"type": "mcp_toolset", "mcp_server_name": "a"}], "mcp_servers": [{"name": "a", "url": URL}]},
        environment={"config": {}}, bearers={}, session=SimpleNamespace(id="s"),
    )
    async def append(*event):
        print(event[1]["error"]["type"])
    async with McpServers.connected(setup, SimpleNamespace(append=append, store=None)):
        pass

sys.meta_path.insert(0, Finder)
asyncio.run(connect())
"""


def test_the_clients_libraries_are_not_loaded_on_the_event_loop() -> None:
    program = WHO_IMPORTS.replace("URL", '"http://127.0.0.1:1/mcp"')
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split("\n")) == ["", "httpx False", "mcp False", "mcp_connection_failed_error"]


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    work, served = tmp_path / "work", tmp_path / "served" / "thing.git"
    for line in (
        ["git", "init", "-q", str(work)],
        ["git", "-C", str(work), "commit", "-q", "--allow-empty", "-m", "first"],
        ["git", "-C", str(work), "branch", "side"],
        ["git", "clone", "-q", "--bare", str(work), str(served)],
        ["git", "-C", str(served), "update-server-info"],
    ):
        subprocess.run(line, check=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(GitServer, directory=str(tmp_path / "served")))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/thing.git"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_repository_is_cloned_with_its_token_which_is_left_nowhere(
    stage: Stage, model: RunningModel, repository: str
) -> None:
    command = "cd thing && git branch --show-current; git log --format=%s; cat .git/config; git remote -v"
    model.rewrite({"turns": [tool_turn("bash", {"command": command})]})
    resource = {
        "type": "github_repository",
        "url": repository,
        "authorization_token": "canary-git",
        "checkout": {"type": "branch", "name": "side"},
    }
    session = stage.session(resources=[resource])
    stage.turn(session, "look")
    (result,) = of_type(stage.log(session), "agent.tool_result")
    seen = result["content"][0]["text"]
    assert seen.splitlines()[:2] == ["side", "first"]
    assert "canary" not in seen
    assert base64.b64encode(b"x-access-token:canary-git").decode() not in seen


def test_a_repository_that_cannot_be_cloned_is_told_in_a_typed_error(
    stage: Stage, model: RunningModel, repository: str
) -> None:
    model.rewrite({"turns": [tool_turn("bash", {"command": "ls"})]})
    session = stage.session(resources=[{"type": "github_repository", "url": repository}])
    stage.turn(session, "look")
    log = stage.log(session)
    (error,) = of_type(log, "session.error")
    assert error["error"]["type"] == "repository_clone_error"
    assert error["error"]["repository_url"] == repository
    assert log[-1]["stop_reason"] == {"type": "end_turn"}
