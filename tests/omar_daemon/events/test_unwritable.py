"""A store that takes no writes, as on a full disk: what has arrived is not typed again, and nothing dies of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.omar_daemon.agent_stage import Stage, stage, until

REASON = "database or disk is full"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def in_database(scene: Stage, statement: str) -> None:
    database = sqlite3.connect(scene.home / "oma" / "omar" / "omar.db")
    database.execute(statement)
    database.commit()
    database.close()


def refuse(scene: Stage, when: str) -> None:
    """From now on the database refuses such changes of events."""
    in_database(
        scene,
        f"CREATE TRIGGER refusal BEFORE UPDATE ON scheduled_events WHEN {when}"
        f" BEGIN SELECT RAISE(FAIL, '{REASON}'); END",
    )


def allow(scene: Stage) -> None:
    in_database(scene, "DROP TRIGGER refusal")


def schedule(scene: Stage, **body: object) -> str:
    """The text with which the event comes."""
    answer = scene.api.post("/api/events", json={"sender": "ea", "receiver": "w", "payload": "hello", **body})
    assert answer.status_code == 200, answer.text
    return f"[EVENT at t={answer.json()['timestamp']}]\nFrom ea: hello\n"


def waiting(scene: Stage) -> list[str | None]:
    return [event.get("reason") for event in scene.api.get("/api/events").json()["events"]]


def test_what_has_arrived_is_written_down_later_and_not_typed_again(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    refuse(scene, "NEW.stage <> 'waiting'")
    text = schedule(scene)
    until(scene.got)
    time.sleep(3.0)
    assert scene.got() == text and REASON in str(waiting(scene))
    allow(scene)
    until(lambda: waiting(scene) == [])
    assert scene.got() == text


def test_after_a_restart_it_says_that_it_may_be_repeated(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    refuse(scene, "NEW.stage <> 'waiting'")
    text = schedule(scene)
    until(lambda: REASON in str(waiting(scene)))
    scene.kill_daemon()
    allow(scene)
    scene.start_daemon()
    until(lambda: scene.got() == text + text.replace("]", "] (possibly repeated)", 1))
    until(lambda: waiting(scene) == [])


def test_what_cannot_be_begun_is_not_typed_and_not_given_up(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    refuse(scene, "NEW.begun")
    text = schedule(scene)
    until(lambda: REASON in str(waiting(scene)))
    time.sleep(5.0)
    assert scene.got() == "" and scene.api.get("/api/events?state=dead").json()["events"] == []
    allow(scene)
    until(lambda: scene.got() == text)


def test_one_for_a_dead_agent_is_tried_calmly_until_it_can_be_listed_as_dead(scene: Stage) -> None:
    refuse(scene, "NEW.stage <> 'waiting'")
    schedule(scene, receiver="nobody", allow_missing=True)
    until(lambda: REASON in str(waiting(scene)))
    time.sleep(3.0)
    with scene.surroundings():
        assert scene.daemon.log.count(REASON) == 1
    allow(scene)
    until(lambda: waiting(scene) == [])
    [event] = scene.api.get("/api/events?state=dead").json()["events"]
    assert event["receiver"] == "nobody"
