"""Events by HTTP: kept, listed, delivered in batches, recurring, dead with a reason (contract, "Events")."""

from __future__ import annotations

import concurrent.futures
import sys
import time
from typing import Any

import httpx
import pytest

from tests.omar_daemon.agent_stage import Stage, until

SECOND = 10**9


def post(scene: Stage, **body: Any) -> httpx.Response:
    return scene.api.post("/api/events", json={"sender": "ea", "receiver": "w", "payload": "hello", **body})


def scheduled(scene: Stage, **body: Any) -> dict[str, Any]:
    answer = post(scene, **body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def listed(scene: Stage, **params: str) -> list[dict[str, Any]]:
    return list(scene.api.get("/api/events", params=params).json()["events"])


def test_an_event_without_a_time_comes_at_once_with_its_head_and_sender(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    before = time.time_ns()
    made = scheduled(scene, sender="omar-agent-ea", payload="Status? -n ; #{pane_id}\nsecond line")
    assert set(made) == {"id", "timestamp"} and before <= made["timestamp"] <= time.time_ns()
    text = f"[EVENT at t={made['timestamp']}]\nFrom ea: Status? -n ; #{{pane_id}}\nsecond line\n"
    until(lambda: scene.got() == text, 3)
    until(lambda: listed(scene) == [], 3)


FIRST_MOMENT = """
import http.client, json, os
def ask(method, path, body):
    daemon = http.client.HTTPConnection(os.environ["OMAR_URL"].removeprefix("http://"))
    daemon.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    return daemon.getresponse().status
event = {"sender": "me", "receiver": "early", "payload": "to myself"}
print(ask("PUT", "/api/agents/early/status", {"status": "here"}), ask("POST", "/api/events", event),
      ask("POST", "/api/events", {**event, "payload": "even so", "allow_missing": True}), flush=True)
while True:
    open("heard", "a").write(input() + "\\n")
"""


def test_an_agent_is_known_from_its_first_moment_to_itself_and_to_its_events(scene: Stage) -> None:
    program = scene.home / "first_moment.py"
    program.write_text(FIRST_MOMENT)
    scene.spawn("early", command=f"{sys.executable} -S {program}", workdir=str(scene.home))
    until(lambda: "200 200 200" in scene.screen("early"), 3)
    heard = scene.home / "heard"
    until(lambda: heard.exists() and heard.read_text().count("From me: ") == 2, 5)
    assert {"From me: to myself", "From me: even so"} <= set(heard.read_text().split("\n"))
    assert listed(scene, state="dead") == []


def test_the_documentation_s_examples_work_as_printed(scene: Stage) -> None:
    scene.spawn("auth")
    body = '{"sender": "ea", "receiver": "auth", "payload": "Status?", "recurring_ns": 300000000000}'
    answer = scene.api.post("/api/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    [event] = listed(scene, receiver="omar-agent-auth")
    assert set(event) == {
        "id", "sender", "receiver", "timestamp", "payload", "created_at", "recurring_ns", "deliveries",
    }  # fmt: skip
    assert event["timestamp"] - event["created_at"] == 300 * SECOND and event["deliveries"] == 0
    assert scene.api.delete(f"/api/events/{event['id']}").json() == {"status": "cancelled", "id": event["id"]}
    assert scene.api.delete(f"/api/events/{event['id']}").status_code == 404 and listed(scene) == []


def test_the_list_is_in_the_order_of_time_and_then_of_coming(scene: Stage) -> None:
    scene.spawn()
    later, soon = time.time_ns() + 3600 * SECOND, time.time_ns() + 1800 * SECOND
    ids = [scheduled(scene, timestamp=at)["id"] for at in (later, soon, later, soon)]
    found = listed(scene)
    assert [event["id"] for event in found] == [ids[1], ids[3], ids[0], ids[2]]
    assert all("recurring_ns" not in event for event in found)
    assert listed(scene, receiver="nobody") == []


def test_what_is_due_at_one_instant_comes_as_one_batch(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    due = time.time_ns() + SECOND // 2
    for number in range(3):
        scheduled(scene, sender=f"s{number}", payload=f"p{number}", timestamp=due)
    scheduled(scene, payload="alone", timestamp=due + 1)
    batch = f"[EVENT BATCH at t={due}]\nFrom s0: p0\nFrom s1: p1\nFrom s2: p2\n"
    until(lambda: scene.got() == batch + f"[EVENT at t={due + 1}]\nFrom ea: alone\n", 4)


def test_a_recurring_event_keeps_its_id_and_does_not_drift(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    first = time.time_ns() + SECOND // 5
    made = scheduled(scene, timestamp=first, recurring_ns=SECOND)
    until(lambda: listed(scene)[0]["deliveries"] == 2, 4)
    [event] = listed(scene)
    assert event["id"] == made["id"] and event["timestamp"] == first + 2 * SECOND
    assert scene.got() == "".join(f"[CRON at t={at}]\nFrom ea: hello\n" for at in (first, first + SECOND))


def test_the_same_request_with_the_same_id_is_one_event_even_at_once_and_after_it_came(scene: Stage) -> None:
    scene.spawn()
    body = {"id": "mine-1", "timestamp": time.time_ns() + SECOND // 3, "payload": "only one"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(scene, **body), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["id"] for answer in answers} == {"mine-1"}
    until(lambda: not listed(scene), 4)
    assert scheduled(scene, **body)["id"] == "mine-1"
    assert post(scene, **{**body, "payload": "another"}).status_code == 409
    assert listed(scene) == [] and scene.screen("w").count("[EVENT at") == 2


def test_an_event_for_one_who_is_not_there_is_dead_with_its_reason_and_not_lost(scene: Stage) -> None:
    assert post(scene, receiver="nobody").status_code == 404
    made = scheduled(scene, receiver="nobody", allow_missing=True)
    [dead] = until(lambda: listed(scene, state="dead"), 3)
    assert (dead["id"], dead["payload"]) == (made["id"], "hello") and "nobody" in dead["reason"]
    assert listed(scene) == []
    assert scene.api.delete(f"/api/events/{made['id']}").status_code == 200
    assert listed(scene, state="dead") == []


def test_an_event_may_wait_for_an_agent_that_comes_later(scene: Stage) -> None:
    scheduled(scene, allow_missing=True, timestamp=time.time_ns() + SECOND)
    scene.spawn()
    until(lambda: scene.screen("w").count("From ea: hello") == 2, 4)


def test_an_event_for_an_agent_that_has_ended_is_dead_recurring_ones_too(scene: Stage) -> None:
    scene.spawn(command="sleep 0.4")
    until(lambda: scene.api.get("/api/agents/w").json()["health"] == "dead")
    scheduled(scene, recurring_ns=SECOND)
    [dead] = until(lambda: listed(scene, state="dead"), 4)
    assert dead["recurring_ns"] == SECOND and "dead" in dead["reason"] and listed(scene) == []


def test_a_killed_agent_s_events_are_cancelled_and_counted(scene: Stage) -> None:
    scene.spawn()
    scene.spawn("w2")
    later = time.time_ns() + 3600 * SECOND
    for receiver in ("w", "omar-agent-w", "w2"):
        scheduled(scene, receiver=receiver, timestamp=later)
    assert scene.api.delete("/api/agents/w").json()["events_cancelled"] == 2
    assert [event["receiver"] for event in listed(scene)] == ["w2"]


def test_a_slow_agent_delays_nobody_else(scene: Stage) -> None:
    scene.spawn("slow", command="stty -echo raw; sleep 60")
    scene.spawn("quick")
    due = time.time_ns() + SECOND // 4
    for receiver in ("slow", "quick"):
        scheduled(scene, receiver=receiver, timestamp=due)
    until(lambda: scene.screen("quick").count("hello") == 2, 2)
    assert time.time_ns() - due < 2 * SECOND


def test_a_hundred_events_for_one_agent_come_once_each_and_in_order(scene: Stage) -> None:
    scene.spawn(command="cat > got")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: scheduled(scene, payload=f"n{number}."), range(100)))
    until(lambda: not listed(scene), 20)
    lines = scene.got().splitlines()
    assert sorted(line for line in lines if line.startswith("From")) == sorted(f"From ea: n{n}." for n in range(100))
    heads = [int(line.split("t=")[1].rstrip("]")) for line in lines if line.startswith("[")]
    assert heads == sorted(heads) and set(heads) == {event["timestamp"] for event in made}


def test_a_cancelled_event_does_not_come(scene: Stage) -> None:
    scene.spawn()
    made = scheduled(scene, timestamp=time.time_ns() + SECOND // 2)
    scene.api.delete(f"/api/events/{made['id']}")
    scheduled(scene, payload="the next", timestamp=time.time_ns() + SECOND)
    until(lambda: scene.screen("w").count("the next") == 2, 4)
    assert "hello" not in scene.screen("w")


@pytest.mark.parametrize("state", ["waiting", "pending"])
def test_waiting_is_what_is_listed_without_a_state(scene: Stage, state: str) -> None:
    scene.spawn()
    scheduled(scene, timestamp=time.time_ns() + 3600 * SECOND)
    assert listed(scene, state=state) == listed(scene) != []
