"""`/api/v1/*` of a real daemon: upload, own data, leaderboard (seed 000, contract: Server)."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omar_daemon.metrics_api.limits import RateLimit
from omar_daemon.routing import ApiError
from tests.daemon import Daemon

EXAMPLE: dict[str, Any] = json.loads("""
{"session_id": "abc123-def456", "project_hash": "sha256:...", "timestamp": "2025-06-15T10:30:00Z", "thread_type": "L",
 "session_duration_minutes": 45.2, "total_tool_calls": 127, "total_human_messages": 3,
 "parallelism": {"max_concurrent_agents": 3, "total_sub_agents": 5, "peak_parallel_tools": 4, "p_thread_score": 4.0},
 "autonomy": {"longest_autonomous_stretch_minutes": 32.5, "max_tool_calls_between_human": 89,
   "session_duration_minutes": 45.2, "max_consecutive_assistant_turns": 12, "l_thread_score": 7.1},
 "density": {"tool_calls_per_minute": 2.81, "max_sub_agent_depth": 1, "total_tool_calls": 127,
   "tokens_per_minute": 1250.0, "b_thread_score": 5.0},
 "trust": {"tool_calls_per_human_message": 42.33, "assistant_per_human_ratio": 8.0, "ask_user_count": 1,
   "autonomous_tool_call_pct": 99.21, "z_thread_score": 7.4},
 "overall_score": 5.87}
""")


@pytest.fixture(scope="module")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for this file; each test has users of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMA_HOME", str(tmp_path_factory.mktemp("daemon")))
        with Daemon() as running:
            yield running


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    return f"user-{abs(hash(request.node.nodeid))}"


class Person:
    """A user with a key for scores."""

    def __init__(self, daemon: Daemon, name: str) -> None:
        self.daemon, self.name = daemon, name
        self.headers = daemon.headers("metrics", user=name)

    def call(self, method: str, path: str, **options: Any) -> Any:
        return self.daemon.request(method, f"/api/v1{path}", headers=self.headers, **options)

    def upload(self, *sessions: Any) -> Any:
        return self.call("POST", "/metrics/upload", json={"sessions": list(sessions)})


@pytest.fixture
def person(shared_daemon: Daemon, user: str) -> Person:
    return Person(shared_daemon, user)


def session(name: str = "abc123-def456", *, days_ago: float | None = None, **changes: Any) -> dict[str, Any]:
    found = copy.deepcopy(EXAMPLE)
    found.update(changes, session_id=name)
    if days_ago is not None:
        moment = datetime.now(UTC) - timedelta(days=days_ago)
        found["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def test_the_seeds_example_is_accepted_and_comes_back_as_it_was_sent(person: Person) -> None:
    answer = person.upload(EXAMPLE)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "duplicates": 0})
    me = person.call("GET", "/metrics/me").json()
    assert (me["username"], me["total_sessions"], me["sessions"]) == (person.name, 1, [EXAMPLE])


def test_verify_says_whose_key_it_is(person: Person, shared_daemon: Daemon) -> None:
    answer = person.call("POST", "/auth/verify")
    assert answer.json() == {"valid": True, "username": person.name, "provider": "local"}
    for headers in ({}, {"Authorization": "Bearer nonsense"}, shared_daemon.headers("anchors", user="other")):
        refused = shared_daemon.request("POST", "/api/v1/auth/verify", headers=headers)
        assert refused.status_code in (401, 403) and list(refused.json()) == ["error"]


def test_duplicates_are_counted_and_all_duplicates_are_a_conflict(person: Person) -> None:
    assert person.upload(session("a"), session("a"), session("b")).json() == {"accepted": 2, "duplicates": 1}
    assert person.upload(session("b"), session("c")).json() == {"accepted": 1, "duplicates": 1}
    again = person.upload(session("a"), session("c"))
    assert again.status_code == 409
    assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 2) and again.json()["error"]
    assert person.upload().json() == {"accepted": 0, "duplicates": 0}


def test_the_first_upload_of_a_session_stands_and_users_are_apart(person: Person, shared_daemon: Daemon) -> None:
    other = Person(shared_daemon, f"{person.name}-other")
    person.upload(session("a", overall_score=1.0))
    person.upload(session("a", overall_score=9.0))
    assert other.upload(session("a", overall_score=9.0)).status_code == 200
    assert person.call("GET", "/metrics/me").json()["sessions"][0]["overall_score"] == 1.0


def without(field: str) -> dict[str, Any]:
    found = session("bad")
    group, _, name = field.rpartition(".")
    del (found[group] if group else found)[name]
    return found


BAD: list[tuple[Any, str]] = [
    (session("bad", overall_score="high"), "overall_score"),
    (session("bad", total_tool_calls=-1), "total_tool_calls"),
    (session("bad", total_tool_calls=1.5), "total_tool_calls"),
    (session("bad", total_tool_calls=True), "total_tool_calls"),
    (session("bad", project_hash="/home/me"), "project_hash"),
    (session("bad", timestamp="yesterday"), "timestamp"),
    (session("bad", timestamp="2025-06-15T10:30:00"), "timestamp"),
    (session("bad", thread_type="Q"), "thread_type"),
    (session("bad", parallelism=None), "parallelism"),
    (without("overall_score"), "overall_score"),
    (without("trust.z_thread_score"), "trust.z_thread_score"),
    (session(""), "session_id"),
    (session("x" * 201), "session_id"),
    (session("nul\x00"), "session_id"),
]


@pytest.mark.parametrize(("bad", "field"), BAD)
def test_an_invalid_session_is_named_with_its_field_and_nothing_is_stored(person: Person, bad: Any, field: str) -> None:
    answer = person.upload(session("good"), bad)
    assert answer.status_code == 422
    [detail] = answer.json()["details"]
    assert detail["field"] == field and detail["message"] and answer.json()["error"]
    assert detail["session"] == (bad["session_id"][:200] or 1)
    assert person.call("GET", "/metrics/me").json()["total_sessions"] == 0


@pytest.mark.parametrize(
    "body", [b'{"sessions": 5}', b"[]", b'"x"', b"{}", b'{"sessions": [7]}', b'{"sessions": null}']
)
def test_a_body_of_another_shape_is_422(person: Person, body: bytes) -> None:
    headers = {**person.headers, "Content-Type": "application/json"}
    answer = person.daemon.request("POST", "/api/v1/metrics/upload", content=body, headers=headers)
    assert answer.status_code == 422 and answer.json()["details"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"sessions": [NaN]}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"x" * (33 << 20), "application/json", 413),
    ],
)
def test_what_is_no_json_is_refused_in_the_errors_shape(person: Person, body: bytes, kind: str, status: int) -> None:
    headers = {**person.headers, "Content-Type": kind}
    answer = person.daemon.request("POST", "/api/v1/metrics/upload", content=body, headers=headers)
    assert answer.status_code == status and isinstance(answer.json()["error"], str)


def test_unknown_fields_are_not_kept(person: Person) -> None:
    person.upload(session("a", prompt="secret", model="m"))
    assert set(person.call("GET", "/metrics/me").json()["sessions"][0]) == set(EXAMPLE)


def test_an_early_clients_thread_type_is_kept_in_the_seeds_form(person: Person) -> None:
    person.upload(session("a", thread_type="L-thread"))
    assert person.call("GET", "/metrics/me").json()["sessions"][0]["thread_type"] == "L"


def test_own_sessions_come_in_pages_newest_first(person: Person) -> None:
    now = datetime.now(UTC)
    times = [(now - timedelta(days=number // 3)).strftime("%Y-%m-%dT%H:%M:%SZ") for number in range(7)]
    person.upload(*[session(f"s{number}", timestamp=stamp) for number, stamp in enumerate(times)])
    names: list[str] = []
    parameters: dict[str, Any] = {"limit": 2}
    while True:
        page = person.call("GET", "/metrics/me", params=parameters).json()
        names += [found["session_id"] for found in page["sessions"]]
        assert page["total_sessions"] == 7
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert names == [f"s{number}" for number in range(7)]
    since = (datetime.now(UTC) - timedelta(days=1.5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    recent = person.call("GET", "/metrics/me", params={"since": since}).json()["sessions"]
    assert [found["session_id"] for found in recent] == [f"s{number}" for number in range(6)]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "cursor=%21", "cursor=e30", "since=soon"])
def test_odd_parameters_are_refused(person: Person, query: str) -> None:
    answer = person.call("GET", f"/metrics/me?{query}")
    assert answer.status_code == 400 and isinstance(answer.json()["error"], str)


def test_deletion_takes_everything_of_the_user_and_of_nobody_else(person: Person, shared_daemon: Daemon) -> None:
    other = Person(shared_daemon, f"{person.name}-other")
    for someone in (person, other):
        someone.upload(session("a"), session("b"))
        someone.call("PUT", "/leaderboard/me", json={"listed": True})
    assert person.call("DELETE", "/metrics/me").json() == {"deleted": 2}
    assert person.call("GET", "/metrics/me").json()["sessions"] == []
    assert other.call("GET", "/metrics/me").json()["total_sessions"] == 2
    listed = board(person)
    assert person.name not in listed and other.name in listed
    assert person.upload(session("a")).json()["accepted"] == 1
    assert person.name not in board(person)


def board(person: Person, **parameters: Any) -> dict[str, dict[str, Any]]:
    answer = person.call("GET", "/leaderboard", params={"limit": 200, **parameters})
    assert answer.status_code == 200, answer.text
    return {entry["username"]: entry for entry in answer.json()["entries"]}


def test_only_who_joined_is_listed_and_leaving_takes_one_off(person: Person) -> None:
    person.upload(session("a"))
    assert person.name not in board(person)
    assert person.call("PUT", "/leaderboard/me", json={"listed": True}).json()["listed"] is True
    assert board(person)[person.name]["sessions"] == 1
    person.call("PUT", "/leaderboard/me", json={"listed": False})
    assert person.name not in board(person)
    assert person.call("PUT", "/leaderboard/me", json={"listed": "yes"}).status_code == 422


def test_ranks_follow_the_composite_score_of_qualified_sessions(person: Person, shared_daemon: Daemon) -> None:
    scores = {"w": [9.0, 9.0], "x": [5.0, 7.0], "y": [5.0, 7.0], "z": [1.0, 1.0]}
    people = {name: Person(shared_daemon, f"{person.name}-{name}") for name in scores}
    for name, someone in people.items():
        small = session("small", days_ago=1, overall_score=10.0, total_tool_calls=3)
        own = [session(f"s{n}", days_ago=n + 1, overall_score=score) for n, score in enumerate(scores[name])]
        someone.upload(small, *own)
        someone.call("PUT", "/leaderboard/me", json={"listed": True})
    listed = board(person)
    found = {name: listed[someone.name] for name, someone in people.items()}
    assert found["w"]["composite_rank"] == 9.2 and found["w"]["sessions"] == 2
    assert (found["x"]["weighted_score"], found["x"]["consistency"], found["x"]["composite_rank"]) == (6.0, 6.67, 6.13)
    assert found["x"]["rank"] == found["y"]["rank"] > found["w"]["rank"]
    assert found["z"]["rank"] >= found["y"]["rank"] + 2
    assert found["w"]["dominant_thread_type"] == "L"


def test_periods_roll_and_pages_follow_each_other(person: Person) -> None:
    person.upload(session("old", days_ago=20), session("new", days_ago=2))
    person.call("PUT", "/leaderboard/me", json={"listed": True})
    counts = {
        period: board(person, period=period).get(person.name, {}).get("sessions")
        for period in ("day", "week", "month", "year", "all")
    }
    assert counts == {"day": None, "week": 1, "month": 2, "year": 2, "all": 2}
    everyone = list(board(person))
    names, cursor = [], None
    while True:
        parameters = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = person.call("GET", "/leaderboard", params=parameters).json()
        assert page["period"] == "all" and page["updated_at"].endswith("Z")
        names += [entry["username"] for entry in page["entries"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == everyone
    assert person.call("GET", "/leaderboard?period=decade").status_code == 400


def test_more_than_120_uploads_a_minute_are_told_to_wait(person: Person) -> None:
    answers = [person.upload() for _ in range(121)]
    assert [answer.status_code for answer in answers[:120]] == [200] * 120
    assert answers[120].status_code == 429 and 1 <= int(answers[120].headers["retry-after"]) <= 60
    assert person.call("GET", "/metrics/me").status_code == 200


def test_the_limit_forgives_with_time_and_tells_how_long() -> None:
    now = [0.0]
    limit = RateLimit(2, 60.0, clock=lambda: now[0])
    limit.take("a")
    now[0] = 30.5
    limit.take("a")
    limit.take("b")
    with pytest.raises(ApiError) as refused:
        limit.take("a")
    assert refused.value.headers["Retry-After"] == "30"
    now[0] = 60.0
    limit.take("a")
