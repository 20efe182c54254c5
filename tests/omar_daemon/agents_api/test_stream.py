"""An agent followed over HTTP: new lines, health, the end, and going on after a broken connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from omar_daemon.fleet.feed import new_lines
from tests.omar_daemon.agent_stage import Stage, stage, until


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stream")) as made:
        yield made


@pytest.fixture
def scene(module_stage: Stage) -> Iterator[Stage]:
    yield module_stage
    module_stage.clear()


class Follower:
    """Reads a stream in the background; `news` are (id, kind, data)."""

    def __init__(self, scene: Stage, name: str, last_id: str | None = None) -> None:
        self.news: list[tuple[str, str, dict[str, Any]]] = []
        self.ended = threading.Event()
        self._client = httpx.Client(base_url=scene.daemon.url, trust_env=False, timeout=httpx.Timeout(5, read=30))
        self._headers = {"Last-Event-ID": last_id} if last_id else {}
        self._path = f"/api/agents/{name}/stream"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with self._client, self._client.stream("GET", self._path, headers=self._headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    self.news.append((fields["id"], fields["event"], json.loads(fields["data"])))
                    fields = {}
        self.ended.set()

    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.news]

    def lines(self) -> list[str]:
        return [line for _, kind, data in self.news if kind == "output" for line in data["lines"]]


def test_new_lines_health_and_the_end_come_as_they_happen(scene: Stage) -> None:
    scene.spawn(command="echo before; read x; seq 300; sleep 0.5; exit 7")
    follower = Follower(scene, "omar-agent-w")
    until(lambda: follower.news[:1])
    assert follower.news[0][1:] == ("health", {"health": "working"})
    scene.api.post("/api/agents/w/send", json={"text": "go", "enter": True})
    assert follower.ended.wait(5)
    assert [line for line in follower.lines() if line.isdigit()] == [str(number) for number in range(1, 301)]
    assert "before" not in follower.lines()
    assert follower.news[-2][1:] == ("health", {"health": "dead"})
    end = {"exit_code": 7, "exit_signal": None, "reason": "ended with exit code 7"}
    assert follower.news[-1][1:] == ("exit", end)


def test_a_broken_connection_goes_on_behind_the_last_event(scene: Stage) -> None:
    scene.spawn()
    first = Follower(scene, "w")
    until(lambda: first.news)
    for word in ("one", "two"):
        scene.api.post("/api/agents/w/send", json={"text": word, "enter": True})
        until(lambda word=word: word in first.lines())
    place = next(number for number, (_, _, data) in enumerate(first.news) if "one" in data.get("lines", []))
    second = Follower(scene, "w", first.news[place][0])
    until(lambda: "two" in second.lines())
    assert "one" not in second.lines() and second.news == first.news[place + 1 :]
    third = Follower(scene, "w", "nonsense-5")
    assert until(lambda: third.news)[0][1] == "health"
    scene.api.delete("/api/agents/w")
    for follower in (first, second, third):
        assert follower.ended.wait(5) and follower.news[-1][1] == "exit"


def test_a_killed_agent_s_stream_can_be_read_to_its_end_later(scene: Stage) -> None:
    scene.spawn(command="sleep 1; echo last words; sleep 0.5")
    first = Follower(scene, "w")
    assert first.ended.wait(6)
    late = Follower(scene, "w", first.news[0][0])
    assert late.ended.wait(5) and late.news == first.news[1:]


def test_the_stream_of_an_agent_that_has_ended_tells_so_each_time(scene: Stage) -> None:
    scene.spawn(command="sleep 0.4; exit 3")
    until(lambda: scene.api.get("/api/agents/w").json()["health"] == "dead")
    for last_id in (None, "nonsense-5", None, None, None, None):
        follower = Follower(scene, "w", last_id)
        assert follower.ended.wait(5)
        assert follower.kinds() == ["health", "exit"]
        assert follower.news[1][2]["exit_code"] == 3


@pytest.mark.parametrize(
    ("before", "after", "fresh"),
    [
        (["$ "], ["$ ls", "a", "b", "$ "], ["$ ls", "a", "b"]),
        (["a", "b", ""], ["a", "b", "c", ""], ["c"]),
        (["a", "b", "c"], ["b", "c", "d"], ["d"]),
        (["10%"], ["20%"], ["20%"]),
        (["a"], ["a"], []),
        (["box", "> ", "hint"], ["box", "said", "> ", "hint"], ["said"]),
        (["a"], ["a", "red\x1b"], ["red"]),
    ],
)
def test_only_what_was_not_there_is_new(before: list[str], after: list[str], fresh: list[str]) -> None:
    assert new_lines(tuple(before), after) == fresh
