"""The verbs of events, projects, waiting and the manager from a shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omar_daemon.commands import event
from shared import paths
from shared.errors import UsageError
from tests.omar_daemon.agent_stage import Stage, stage, until


@pytest.fixture(scope="module")
def module_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("verbs"), {"opencode": "cat > told"}) as made:
        yield made


@pytest.fixture
def scene(module_stage: Stage) -> Iterator[Stage]:
    with module_stage.surroundings():
        yield module_stage
    module_stage.clear()


def omar(*arguments: str, typed: str = "", status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "omar_daemon.main", *arguments],
        input=typed, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


def test_an_event_s_life_from_the_shell(scene: Stage) -> None:
    scene.spawn()
    made = omar("event", "schedule", "w", "-", "--in", "1h", "--every", "5m", "--sender", "me", typed="look here\n")
    identifier = made.stdout.strip()
    [listed] = json.loads(omar("event", "list", "--json").stdout)["events"]
    assert (listed["id"], listed["payload"], listed["recurring_ns"]) == (identifier, "look here", 300 * 10**9)
    assert abs(listed["timestamp"] - time.time_ns() - 3600 * 10**9) < 60 * 10**9
    table = omar("event", "list", "--receiver", "w").stdout
    assert table.startswith("EVENT") and identifier in table and "300 s" in table
    assert f"Would cancel event {identifier} to w, due " in omar("event", "cancel", identifier, "--dry-run").stdout
    plan = json.loads(omar("event", "cancel", identifier, "--dry-run", "--json").stdout)["plan"]
    assert plan == [{"method": "DELETE", "path": f"/api/events/{identifier}"}]
    assert "cancelled" in omar("event", "cancel", identifier).stderr
    assert "not found" in omar("event", "cancel", identifier, status=1).stderr
    assert "--allow-missing" in omar("event", "schedule", "nobody", "hi", status=1).stderr
    omar("event", "schedule", "w", "at once", "--id", "mine")
    until(lambda: scene.screen("w").count("From user: at once") == 2)
    omar("event", "schedule", "nobody", "x", status=1)
    omar("event", "schedule", "nobody", "x", "--allow-missing")
    until(lambda: "nobody" in omar("event", "list", "--dead").stdout, 5)


def test_times_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, seconds in (("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1.5h", 5400), ("3", 3)):
        assert event.span(text) == seconds * 10**9
    assert event.span("250ms") == 250 * 10**6
    assert event.instant("1772904000000000000") == 1772904000000000000
    assert event.instant("2026-03-07T17:20:00+00:00") == 1772904000 * 10**9
    for text in ("soon", "", "5 weeks", "-3s"):
        with pytest.raises(UsageError):
            event.span(text)
    with pytest.raises(UsageError):
        event.instant("tomorrow")


def test_projects_are_read_without_a_daemon_and_changed_with_one(scene: Stage) -> None:
    assert omar("project", "add", "Build it").stdout == "1\n"
    assert json.loads(omar("project", "list", "--json").stdout)["projects"] == [{"id": 1, "name": "Build it"}]
    assert paths.tasks_file().read_text() == "1. Build it\n"
    assert omar("project", "done", "1", "--dry-run").stdout == "Would take project 1 off the list: Build it.\n"
    omar("project", "done", "2", "--dry-run", status=1)
    assert "removed" in omar("project", "done", "1").stderr
    omar("project", "done", "1", status=1)
    omar("project", "add", " ", status=2)


def test_events_are_read_without_a_daemon(scene: Stage) -> None:
    scene.spawn()
    for name, time_ in (("late", "2h"), ("early", "1h")):
        omar("event", "schedule", "w", name, "--in", time_, "--id", name)
    omar("event", "schedule", "nobody", "x", "--allow-missing", "--id", "lost")
    until(lambda: "lost" in omar("event", "list", "--dead").stdout, 5)
    questions: list[tuple[str, ...]] = [(), ("--dead",), ("--receiver", "omar-agent-w"), ("--receiver", "nobody")]
    asked = [omar("event", "list", *more, "--json").stdout for more in questions]
    found = [[one["id"] for one in json.loads(answer)["events"]] for answer in asked]
    assert found == [["early", "late"], ["lost"], ["early", "late"], []]
    scene.kill_daemon()
    try:
        omar("status", status=1)
        assert [omar("event", "list", *more, "--json").stdout for more in questions] == asked
    finally:
        scene.start_daemon()


def test_without_a_daemon_and_a_store_there_are_no_events(home: Path) -> None:
    assert omar("event", "list").stderr == "No events.\n"
    assert not paths.daemon_database().exists()


def test_without_a_daemon_the_projects_are_read_from_the_file(home: Path) -> None:
    paths.tasks_file().parent.mkdir(parents=True)
    paths.tasks_file().write_text("# mine\n4. By hand\n")
    assert json.loads(omar("project", "list", "--json").stdout)["projects"] == [{"id": 4, "name": "By hand"}]
    assert not paths.daemon_database().exists()


def test_waiting_ends_with_the_agent_or_the_time(scene: Stage) -> None:
    scene.spawn("brief", command="sleep 1")
    scene.spawn("long")
    assert json.loads(omar("wait", "brief", "--health", "dead", "--json").stdout) == {
        "reached": True, "agents": [{"id": "brief", "health": "dead"}],
    }  # fmt: skip
    began = time.monotonic()
    assert "long is working" in omar("wait", "long", "--health", "idle", "--timeout", "0.5", status=1).stderr
    assert time.monotonic() - began < 10
    assert "is dead, not idle" in omar("wait", "long", "brief", status=1).stderr
    omar("wait", "nobody", status=1)
    omar("wait", "long", "--health", "odd", status=2)


def test_the_manager_starts_once_with_its_prompt_and_how_things_stand(scene: Stage, tmp_path: Path) -> None:
    scene.spawn("helper", task="Count the files.")
    omar("project", "add", "The big one")
    omar("event", "schedule", "helper", "later", "--in", "1h")
    shown = json.loads(omar("manager", "start", "--dry-run", "--json", "--workdir", str(tmp_path)).stdout)
    assert shown["body"] == {"name": "ea", "workdir": str(tmp_path), "env": {"PATH": os.environ["PATH"]}}
    made = json.loads(omar("manager", "start", "--workdir", str(tmp_path), "--json").stdout)
    assert made == {"started": True, "id": "ea", "session": "omar-agent-ea"}
    told = until(lambda: "later" in (text := (tmp_path / "told").read_text()) and text)
    assert "You are the executive assistant" in told and "{{" not in told
    assert ". The big one" in told and "helper (" in told and "Count the files." in told
    assert "runs already" in omar("manager", "start").stderr
    scene.tmux("send-keys", "-t", "=omar-agent-ea:", "C-d")
    until(lambda: scene.api.get("/api/agents").json()["manager"]["health"] == "dead")
    assert json.loads(omar("manager", "start", "--command", "cat", "--json").stdout)["started"] is True


def test_the_documentation_s_spawn_works_with_whatever_is_installed(scene: Stage) -> None:
    body = '{"name": "auth", "task": "Implement JWT auth", "parent": "ea"}'
    made = scene.api.post("/api/agents", content=body, headers={"Content-Type": "application/json"})
    assert made.status_code == 200, made.text
    assert scene.api.get("/api/agents/auth").json()["backend"] == "opencode"
