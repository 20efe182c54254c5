"""An event that must not be typed now waits in the store, says why, and comes once when it may."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omar_daemon.commands import event as command
from tests.omar_daemon.agent_stage import Stage, stage, until

SECOND = 10**9
TUI = Path(__file__).parents[2] / "fakes" / "box_tui.py"
DRAFT = "\n".join(f"pasted line {number}" for number in range(20))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    settings = tmp_path / "oma" / "omar" / "config.toml"
    settings.parent.mkdir(mode=0o700, parents=True)
    settings.write_text(f'[backends.claude]\ncommand = "{sys.executable} {TUI}"\n')
    with stage(tmp_path) as made:
        made.spawn(command=None, backend="claude", env={"RECORD": str(tmp_path / "told")})
        until(lambda: "? for shortcuts" in made.screen("w"))
        paste(made, DRAFT)
        yield made


def paste(scene: Stage, text: str) -> None:
    """As a person's terminal does; the program shows only a sign of it."""
    signs = scene.screen("w").count("[Pasted")
    subprocess.run(["tmux", "-L", scene.socket, "load-buffer", "-b", "mine", "-"], input=text.encode(), check=True)
    scene.tmux("paste-buffer", "-dpr", "-b", "mine", "-t", "=omar-agent-w:")
    until(lambda: scene.screen("w").count("[Pasted") > signs)


def told(scene: Stage) -> list[str]:
    record = scene.home / "told"
    return [json.loads(line)["text"] for line in record.read_text().splitlines()] if record.exists() else []


def schedule(scene: Stage, **body: object) -> int:
    answer = scene.api.post("/api/events", json={"sender": "ea", "receiver": "w", "payload": "hello", **body})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["timestamp"])


def reasons(scene: Stage) -> list[str | None]:
    return [event.get("reason") for event in scene.api.get("/api/events").json()["events"]]


def submit_draft(scene: Stage) -> None:
    scene.tmux("send-keys", "-t", "=omar-agent-w:", "Enter")


def test_it_is_listed_with_the_reason_and_a_later_one_without(scene: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    schedule(scene)
    schedule(scene, timestamp=time.time_ns() + 3600 * SECOND)
    until(lambda: reasons(scene)[0])
    said = reasons(scene)
    assert "collapsed paste" in str(said[0]) and said[1] is None
    with scene.surroundings():
        assert command.show_all(receiver=None, dead=False, json=False) == 0
    shown = capsys.readouterr().out
    assert "REASON" in shown and "collapsed" in shown


def test_it_survives_kill_9_and_costs_no_attempt(scene: Stage) -> None:
    due = schedule(scene)
    until(lambda: reasons(scene)[0])
    scene.kill_daemon()
    scene.start_daemon()
    until(lambda: reasons(scene)[0])
    time.sleep(3.0)
    assert told(scene) == [] and scene.api.get("/api/events?state=dead").json()["events"] == []
    submit_draft(scene)
    text = f"[EVENT at t={due}]\nFrom ea: hello"
    until(lambda: told(scene) == [DRAFT, text])
    until(lambda: reasons(scene) == [])


def test_a_recurring_one_does_not_pile_up(scene: Stage) -> None:
    schedule(scene, recurring_ns=SECOND, timestamp=time.time_ns())
    until(lambda: reasons(scene)[0])
    time.sleep(2.5)
    submit_draft(scene)
    until(lambda: len(told(scene)) > 1)
    [event] = scene.api.get("/api/events").json()["events"]
    scene.api.delete(f"/api/events/{event['id']}")
    assert len(told(scene)) == 2 and event["deliveries"] <= 1


def test_one_that_is_cancelled_does_not_come(scene: Stage) -> None:
    schedule(scene)
    until(lambda: reasons(scene)[0])
    [event] = scene.api.get("/api/events").json()["events"]
    scene.api.delete(f"/api/events/{event['id']}")
    submit_draft(scene)
    due = schedule(scene, payload="the next")
    until(lambda: told(scene) == [DRAFT, f"[EVENT at t={due}]\nFrom ea: the next"])


def test_a_text_that_is_sent_is_refused_until_it_is_forced(scene: Stage) -> None:
    answer = scene.api.post("/api/agents/w/send", json={"text": "yes", "enter": True})
    assert answer.status_code == 409 and "agent 'w'. A draft with a collapsed paste" in answer.json()["error"]
    assert told(scene) == []
    answer = scene.api.post("/api/agents/w/send", json={"text": "yes", "enter": True, "force": True})
    assert answer.status_code == 200
    until(lambda: told(scene) == [f"{DRAFT}yes"])


def test_a_long_text_that_was_typed_and_not_submitted_is_known_by_its_size(scene: Stage) -> None:
    """Killed between paste and Enter, the daemon finds only the sign of its own text in the input."""
    submit_draft(scene)
    due = schedule(scene, payload=DRAFT, timestamp=time.time_ns() + SECOND)
    scene.kill_daemon()
    database = sqlite3.connect(scene.home / "oma" / "omar" / "omar.db")
    database.execute("UPDATE scheduled_events SET begun = 1")
    database.commit()
    database.close()
    text = f"[EVENT at t={due}]\nFrom ea: {DRAFT}"
    paste(scene, text)
    scene.start_daemon()
    until(lambda: told(scene) == [DRAFT, text])
    until(lambda: reasons(scene) == [])
