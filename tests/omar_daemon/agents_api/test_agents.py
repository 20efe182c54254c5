"""The agents' routes as the contract's table says: success and each error, against a real daemon."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared import paths
from tests.daemon import Daemon
from tests.omar_daemon.agent_stage import Stage, stage, until


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("agents-api"), {"claude": "echo 'Fake Code'; exec cat"}) as made:
        yield made


@pytest.fixture
def scene(module_stage: Stage) -> Iterator[Stage]:
    yield module_stage
    module_stage.clear()


@pytest.fixture
def api(scene: Stage) -> httpx.Client:
    return scene.api


def spawn(api: httpx.Client, name: str = "w", **body: Any) -> dict[str, Any]:
    answer = api.post("/api/agents", json={"name": name, "command": "cat", **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def health(daemon: Daemon, name: str) -> str:
    answer = daemon.client.get(f"/api/agents/{name}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["health"])


def test_the_examples_of_the_documentation_work_as_printed(api: httpx.Client) -> None:
    """Spawn with a parent that does not run, look, type, kill (seed 002)."""
    body = '{"name": "auth", "task": "Implement JWT auth", "parent": "ea"}'
    made = api.post("/api/agents", content=body, headers={"Content-Type": "application/json"})
    assert made.status_code == 200, made.text
    assert set(made.json()) == {"id", "status", "session", "created_at"}
    assert (made.json()["id"], made.json()["session"]) == ("auth", "omar-agent-auth")
    looked = api.get("/api/agents/auth").json()
    assert (looked["backend"], looked["parent"], looked["task"]) == ("claude", "ea", "Implement JWT auth")
    sent = api.post("/api/agents/auth/send", json={"text": "y", "enter": True})
    assert sent.json() == {"status": "sent"}
    listed = api.get("/api/agents").json()
    assert [agent["id"] for agent in listed["agents"]] == ["auth"] and listed["manager"] is None
    killed = api.delete("/api/agents/auth")
    assert killed.json() == {
        "status": "killed", "message": "Agent 'auth' killed", "events_cancelled": 0, "children_orphaned": 0,
    }  # fmt: skip
    assert api.get("/api/agents/auth").status_code == 404


def test_the_list_has_the_contract_s_keys_sorted_by_name_and_can_be_chosen_from(api: httpx.Client) -> None:
    spawn(api, "b", parent="a")
    spawn(api, "a")
    agents = api.get("/api/agents").json()["agents"]
    assert [agent["id"] for agent in agents] == ["a", "b"]
    assert set(agents[0]) == {
        "id", "status", "health", "idle_seconds", "last_output", "parent", "backend", "created_at",
    }  # fmt: skip
    assert agents[0]["status"] == "running" and isinstance(agents[0]["idle_seconds"], int)
    chosen = api.get("/api/agents", params={"parent": "omar-agent-a"}).json()["agents"]
    assert [agent["id"] for agent in chosen] == ["b"]
    assert len(api.get("/api/agents", params={"health": "working"}).json()["agents"]) == 2
    assert api.get("/api/agents", params={"health": "dead"}).json()["agents"] == []


def test_the_detail_has_the_tail_and_the_children(api: httpx.Client) -> None:
    spawn(api, "w", command="seq 300; cat")
    spawn(api, "child", parent="w")
    detail = until(lambda: (found := api.get("/api/agents/w").json())["output_tail"].endswith("300") and found)
    assert detail["output_tail"].splitlines() == [str(number) for number in range(101, 301)]
    assert detail["children"] == ["child"] and detail["command"] == "seq 300; cat"
    assert {"task", "workdir", "output_tail", "children", "prompt_delivery"} <= set(detail)
    few = api.get("/api/agents/w", params={"lines": 2}).json()["output_tail"]
    assert few.splitlines() == ["299", "300"]
    every = api.get("/api/agents/omar-agent-w", params={"lines": 10_000}).json()["output_tail"]
    assert len(every.splitlines()) == 300


def test_the_summary_names_living_children_only(api: httpx.Client) -> None:
    spawn(api, "w", task="Do it.")
    spawn(api, "z", parent="w")
    spawn(api, "brief", parent="w", command="sleep 0.5")
    until(lambda: api.get("/api/agents/brief").json()["health"] == "dead")
    found = api.get("/api/agents/w/summary").json()
    assert found == {"id": "w", "health": "working", "task": "Do it.", "status": None, "children": ["z"]}


def test_a_status_is_kept_in_its_file_and_shown_in_the_summary(scene: Stage) -> None:
    api = scene.api
    spawn(api)
    text = "Implementing auth module - 60% done\nsecond line ü"
    answer = api.put("/api/agents/omar-agent-w/status", json={"status": text})
    assert answer.json() == {"status": "updated", "message": "Status updated for 'w'"}
    assert api.get("/api/agents/w/summary").json()["status"] == text
    file = scene.home / "oma" / "omar" / "status" / "omar-agent-w.md"
    assert file.read_text() == text and file.stat().st_mode & 0o777 == 0o600
    api.delete("/api/agents/w")
    assert not file.exists()


def test_what_is_sent_stands_on_the_screen(api: httpx.Client) -> None:
    spawn(api)
    for text in ("-n first ;", "#{pane_id} second"):
        assert api.post("/api/agents/w/send", json={"text": text, "enter": True}).status_code == 200

    def shown() -> list[str]:
        return sorted(api.get("/api/agents/w").json()["output_tail"].splitlines())

    # Typed, and written once more by `cat`, which takes its time on a busy machine.
    until(lambda: shown() == ["#{pane_id} second"] * 2 + ["-n first ;"] * 2)


def test_backends_are_listed_in_their_order(api: httpx.Client) -> None:
    found = api.get("/api/backends").json()["backends"]
    assert [entry["name"] for entry in found] == ["claude", "codex", "cursor", "opencode"]
    assert found[0] == {"name": "claude", "command": "claude --dangerously-skip-permissions", "available": True}
    assert found[1]["command"].startswith("codex --no-alt-screen") and not found[1]["available"]


def test_a_body_that_is_no_json_is_refused_by_its_kind(api: httpx.Client) -> None:
    spawn(api, "here")
    url, headers = "/api/agents/here/send", {"Content-Type": "application/json"}
    assert api.post(url, content="{", headers=headers).status_code == 400
    assert api.post(url, content='{"text": "x"}', headers={"Content-Type": "text/plain"}).status_code == 415
    assert api.post(url, content="x" * 30_000_000, headers=headers).status_code == 413
    halves = api.post(url, content='{"text": "\\ud800"}', headers=headers)
    assert halves.status_code == 422 and "Unicode" in halves.json()["error"]


def test_a_get_has_no_side_effect(api: httpx.Client) -> None:
    for path in ("/api/agents", "/api/backends", "/api/agents/nobody"):
        api.get(path)
    assert api.get("/api/agents").json()["agents"] == []


def test_after_kill_9_all_twenty_agents_are_back_and_nothing_is_typed_twice(home: Path) -> None:
    with Daemon() as first:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            wanted = {f"w{n:02}": {"command": f"cat > got{n:02}", "task": f"Task {n}."} for n in range(20)}
            list(pool.map(lambda name: spawn(first.client, name, **wanted[name]), wanted))
        names = [agent["id"] for agent in first.client.get("/api/agents").json()["agents"]]
        first.client.put("/api/agents/w00/status", json={"status": "half"})
        first.kill()
    with Daemon() as second:
        found = second.client.get("/api/agents").json()["agents"]
        assert [agent["id"] for agent in found] == names and len(names) == 20
        assert second.client.get("/api/agents/w00/summary").json()["status"] == "half"
        for number in range(20):
            until(lambda n=number: second.client.get(f"/api/agents/w{n:02}").json()["prompt_delivery"] == "delivered")
            until(lambda n=number: (home / f"got{n:02}").read_text().count("YOUR TASK") >= 1)
        time.sleep(0.3)
        assert all((home / f"got{number:02}").read_text().count("YOUR TASK") == 1 for number in range(20))
        assert "Traceback" not in second.log


@pytest.mark.parametrize("after", [0.05, 0.15, 0.4])
def test_a_daemon_killed_in_the_middle_of_spawning_loses_and_doubles_nothing(home: Path, after: float) -> None:
    answered: list[str] = []

    def ask(daemon: Daemon, number: int) -> None:
        body = {"name": f"w{number}", "command": f"cat > got{number}", "task": "Once."}
        try:
            answer = httpx.post(f"{daemon.url}/api/agents", json=body, timeout=10, trust_env=False)
        except httpx.HTTPError:
            return
        if answer.status_code == 200:
            answered.append(f"w{number}")

    with Daemon() as first, concurrent.futures.ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(ask, first, number) for number in range(12)]
        time.sleep(after)
        first.kill()
        concurrent.futures.wait(asked)
    with Daemon() as second:
        agents = second.client.get("/api/agents").json()["agents"]
        assert set(answered) <= {agent["id"] for agent in agents}
        for agent in agents:
            url = f"/api/agents/{agent['id']}"
            until(lambda url=url: second.client.get(url).json()["prompt_delivery"] == "delivered")
            got = home / agent["id"].replace("w", "got")
            until(lambda got=got: got.exists() and "YOUR TASK" in got.read_text())
            assert got.read_text().count("YOUR TASK") == 1
        for number in {f"w{n}" for n in range(12)} - {agent["id"] for agent in agents}:
            spawn(second.client, number)


def test_a_tmux_server_that_is_killed_is_said_and_replaced(scene: Stage) -> None:
    daemon = scene.daemon
    spawn(daemon.client, "w")
    scene.tmux("kill-server")
    until(lambda: health(daemon, "w") == "dead", 2)
    assert daemon.client.delete("/api/agents/w").status_code == 200
    spawn(daemon.client, "w")
    with scene.surroundings():
        assert "Traceback" not in daemon.log


def test_without_tmux_the_daemon_serves_and_a_spawn_says_what_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    bin_dir = home / "bin"
    bin_dir.mkdir()
    for program in ("sh", "cat", "bash", "env"):
        (bin_dir / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(bin_dir))
    with Daemon() as daemon:
        assert daemon.client.get("/api/agents").json() == {"agents": [], "manager": None}
        answer = daemon.client.post("/api/agents", json={"name": "w", "command": "cat"})
        assert answer.status_code == 500 and "tmux is not installed" in answer.json()["error"]
        assert "Traceback" not in daemon.log


def test_a_bad_settings_table_stops_the_daemon_with_its_name(home: Path) -> None:
    config = paths.config_file("omar")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[backends.mine]\ncolour = "red"\n')
    done = subprocess.run(
        [sys.executable, "-m", "omar_daemon.serve", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 78 and "[backends.mine]" in done.stderr


def test_a_web_page_cannot_spawn(api: httpx.Client) -> None:
    answer = api.post(
        "/api/agents",
        json={"command": "cat"},
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403 and json.loads(answer.text)["error"]
    assert api.get("/api/agents").json()["agents"] == []


def test_the_manager_is_apart_and_is_not_killed_by_the_api(api: httpx.Client) -> None:
    spawn(api, "ea")
    found = api.get("/api/agents").json()
    assert found["agents"] == []
    assert found["manager"] == {"id": "omar-agent-ea", "status": "running", "health": "working"}
    for name in ("ea", "omar-agent-ea"):
        answer = api.delete(f"/api/agents/{name}?force=true")
        assert (answer.status_code, list(answer.json())) == (403, ["error"])
