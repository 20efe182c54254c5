"""Events survive `kill -9`: none is lost, none comes twice without saying so."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omar_daemon.events.scheduler import next_time
from omar_daemon.fleet import kept
from tests.omar_daemon.agent_stage import Stage, stage, until

SECOND = 10**9
TUI = Path(__file__).parent.parent.parent / "fakes" / "box_tui.py"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def schedule(scene: Stage, **body: object) -> int:
    answer = scene.api.post("/api/events", json={"sender": "ea", "receiver": "w", "payload": "hello", **body})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["timestamp"])


def mark_as_begun(scene: Stage) -> None:
    database = sqlite3.connect(scene.home / "oma" / "omar" / "omar.db")
    database.execute("UPDATE scheduled_events SET begun = 1")
    database.commit()
    database.close()


def begun_marks(scene: Stage) -> list[int]:
    database = sqlite3.connect(scene.home / "oma" / "omar" / "omar.db")
    marks = [mark for (mark,) in database.execute("SELECT begun FROM scheduled_events")]
    database.close()
    return marks


def test_an_event_that_was_answered_for_is_delivered_by_the_next_daemon(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    due = schedule(scene, timestamp=time.time_ns() + SECOND // 2)
    scene.kill_daemon()
    time.sleep(0.6)
    scene.start_daemon()
    until(lambda: scene.got() == f"[EVENT at t={due}]\nFrom ea: hello\n", 4)


def test_a_delivery_that_had_begun_says_that_it_may_be_repeated(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    due = schedule(scene, timestamp=time.time_ns() + SECOND)
    plain = schedule(scene, timestamp=due + 1, payload="next")
    scene.kill_daemon()
    mark_as_begun(scene)
    scene.start_daemon()
    expected = [f"[EVENT at t={due}] (possibly repeated)\nFrom ea: hello\n"]
    expected += [f"[EVENT at t={plain}] (possibly repeated)\nFrom ea: next\n"]
    until(lambda: scene.got() == "".join(expected), 4)


def test_a_text_that_was_typed_and_not_submitted_is_only_submitted(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    due = schedule(scene, timestamp=time.time_ns() + SECOND)
    scene.kill_daemon()
    mark_as_begun(scene)
    text = f"[EVENT at t={due}]\nFrom ea: hello"
    scene.tmux("send-keys", "-t", "=omar-agent-w:", "-l", text)
    until(lambda: "From ea: hello" in scene.screen("w"))
    scene.start_daemon()
    until(lambda: scene.got() == text + "\n", 4)
    until(lambda: not scene.api.get("/api/events").json()["events"], 4)


def test_recurring_events_that_were_missed_come_once_late_and_keep_their_plan(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    first = time.time_ns() + SECOND // 5
    scene.api.post(
        "/api/events",
        json={"sender": "ea", "receiver": "w", "payload": "tick", "timestamp": first, "recurring_ns": SECOND},
    )
    scene.kill_daemon()
    time.sleep(2.4)
    again = time.time_ns()
    scene.start_daemon()
    until(lambda: "tick" in scene.got(), 10)
    [event] = until(lambda: [e for e in scene.api.get("/api/events").json()["events"] if e["deliveries"]], 3)
    assert (event["timestamp"] - first) % SECOND == 0 and event["timestamp"] > time.time_ns() - SECOND
    planned = [int(number) for number in re.findall(r"^\[CRON at t=(\d+)\]$", scene.got(), re.MULTILINE)]
    assert planned[0] == first and all(later > again - SECOND for later in planned[1:])


@pytest.mark.parametrize(
    ("planned", "interval", "now", "expected"),
    [(100, 10, 100, 110), (100, 10, 109, 110), (100, 10, 110, 120), (100, 10, 155, 160), (100, 10, 90, 110)],
)
def test_the_next_time_is_counted_from_the_planned_one(planned: int, interval: int, now: int, expected: int) -> None:
    assert next_time(planned, interval, now) == expected


def spawn_backend(scene: Stage, **setting: str) -> Path:
    """The fake program as agent `w`; the file with what it was told."""
    config = scene.home / "oma" / "omar" / "config.toml"
    config.write_text(f'[backends.claude]\ncommand = "{sys.executable} {TUI}"\n')
    assert scene.daemon.stop() == 0
    scene.daemon.close()
    scene.start_daemon()
    record = scene.home / "told"
    scene.spawn(command=None, backend="claude", env={"RECORD": str(record), **setting})
    until(lambda: "? for shortcuts" in scene.screen("w"))
    return record


def shown(scene: Stage) -> str:
    """What stands on the screen now."""
    return scene.tmux("capture-pane", "-p", "-t", "=omar-agent-w:")


def test_a_draft_that_was_out_of_its_box_when_the_daemon_was_killed_stands_there_again(scene: Stage) -> None:
    record = spawn_backend(scene, SWALLOW_ENTERS="1")
    scene.tmux("send-keys", "-t", "=omar-agent-w:", "-l", "half a thought ")
    until(lambda: "half a thought" in shown(scene))
    schedule(scene, payload="an event")
    until(lambda: "From ea: an event" in shown(scene), 5)
    assert "half a thought" not in shown(scene)
    scene.kill_daemon()
    scene.start_daemon()
    until(lambda: "half a thought" in shown(scene))
    until(lambda: not scene.api.get("/api/events").json()["events"])
    scene.tmux("send-keys", "-t", "=omar-agent-w:", "Enter")
    until(lambda: '"half a thought "' in record.read_text())
    assert record.read_text().count("an event") == 1


def test_a_draft_that_was_half_put_back_is_put_back_to_its_end(scene: Stage) -> None:
    record = spawn_backend(scene)
    scene.kill_daemon()
    with scene.surroundings():
        kept.keep("w", "one line\nand another ")
    scene.tmux("send-keys", "-t", "=omar-agent-w:", "-l", "one li")
    until(lambda: "one li" in shown(scene))
    scene.start_daemon()
    until(lambda: "and another" in shown(scene))
    with scene.surroundings():
        until(lambda: kept.load("w") is None)
    scene.tmux("send-keys", "-t", "=omar-agent-w:", "Enter")
    until(lambda: record.exists() and '"one line\\nand another "' in record.read_text())


def test_sigterm_lets_a_text_that_is_being_typed_come_to_its_end(scene: Stage) -> None:
    record = spawn_backend(scene, SWALLOW_ENTERS="1")
    schedule(scene, payload="to the end")
    until(lambda: "to the end" in scene.screen("w"), 5)
    assert begun_marks(scene) == [1], "kill -9 now must be remembered as a delivery that had begun"
    assert scene.daemon.stop() == 0
    assert record.read_text().count("to the end") == 1
    scene.daemon.close()
    scene.start_daemon()
    assert not scene.api.get("/api/events").json()["events"]


def test_nothing_of_the_events_is_readable_for_others(scene: Stage) -> None:
    scene.spawn()
    schedule(scene, payload="a private payload", timestamp=time.time_ns() + 3600 * SECOND)
    found = subprocess.run(
        ["grep", "-rl", "a private payload", str(scene.home / "oma")], capture_output=True, text=True, check=False
    ).stdout.split()
    assert found and all(Path(path).stat().st_mode & 0o077 == 0 for path in found)
