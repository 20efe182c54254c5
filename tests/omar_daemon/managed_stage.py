"""A daemon, its key, the official SDK and a scripted model."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.daemon import Daemon
from tests.fakes.model_process import RunningModel, running_model


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for all tests of a module that only look at their own sessions: starting one costs a second."""
    folder = tmp_path_factory.mktemp("shared-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("OMA_HOME", str(folder / "oma"))
        for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
            patch.delenv(name, raising=False)
        running = Daemon()
    with running:
        yield running


@pytest.fixture
def key(daemon: Daemon) -> str:
    return daemon.key("managed")


@pytest.fixture
def http(daemon: Daemon, key: str) -> Iterator[httpx.Client]:
    """A plain client, as curl would be: no `anthropic-version`."""
    with httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def sdk(daemon: Daemon, key: str) -> Iterator[Any]:
    """The official client, as its users make it."""
    from anthropic import Anthropic

    with Anthropic(base_url=daemon.url, api_key=key) as client:
        yield client


@pytest.fixture
def model(tmp_path: Path) -> Iterator[RunningModel]:
    with running_model(tmp_path / "model", {"turns": []}) as running:
        yield running


class Stage:
    """An agent, an environment and a card for the scripted model: what most turns need."""

    def __init__(self, http: httpx.Client, model: RunningModel, provider: str = "ant-compatible") -> None:
        self.http = http
        card = {"model_id": "stub-1", "provider": provider, "api_key": "sk-canary-model", "base_url": model.url}
        known = {row["model_id"]: row["id"] for row in http.get("/v1/model_cards").json()["data"]}
        if "stub-1" in known:
            self.post(f"/v1/model_cards/{known['stub-1']}", card, 200)
        else:
            assert self.post("/v1/model_cards", card)["probe"]["ok"]
        self.environment = self.post("/v1/environments", {"name": "here"})["id"]

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def agent(self, **fields: Any) -> str:
        tools = {"tools": [{"type": "agent_toolset_20260401"}]}
        return str(self.post("/v1/agents", {"name": "worker", "model": "stub-1", **tools, **fields})["id"])

    def session(self, agent: str | None = None, **fields: Any) -> str:
        body = {"agent": agent or self.agent(), "environment_id": self.environment, **fields}
        return str(self.post("/v1/sessions", body)["id"])

    def send(self, session: str, *events: dict[str, Any]) -> None:
        self.post(f"/v1/sessions/{session}/events", {"events": list(events)}, 202)

    def say(self, session: str, text: str) -> None:
        self.send(session, {"type": "user.message", "content": [{"type": "text", "text": text}]})

    def turn(self, session: str, text: str) -> list[dict[str, Any]]:
        """One message and the frames of its turn."""
        return list(self.frames(session, text))

    def frames(self, session: str, text: str) -> Iterator[dict[str, Any]]:
        path = f"/v1/sessions/{session}/messages"
        with self.http.stream("POST", path, json={"content": text}) as answer:
            assert answer.status_code == 200
            yield from frames_of(answer)

    def log(self, session: str, *types: str) -> list[dict[str, Any]]:
        answer = self.http.get(f"/v1/sessions/{session}/events", params={"limit": 1000, "types[]": list(types)})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def wait_for(self, session: str, kind: str, count: int = 1, seconds: float = 15.0) -> list[dict[str, Any]]:
        """The log, once it holds `count` events of this type."""
        deadline = time.monotonic() + seconds
        while True:
            log = self.log(session)
            if sum(event["type"] == kind for event in log) >= count:
                return log
            assert time.monotonic() < deadline, [event["type"] for event in log]
            time.sleep(0.02)


def frames_of(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The data of each frame as it comes; the event line must name its type."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            value = json.loads(line[6:])
            assert value["type"] == name
            yield value


@pytest.fixture
def stage(http: httpx.Client, model: RunningModel) -> Stage:
    return Stage(http, model)


def types_of(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def tool_turn(name: str, given: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A scripted answer of the model that calls one tool."""
    return {"tools": [{"name": name, "input": given}], **fields}
