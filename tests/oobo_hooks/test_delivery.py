"""The outbox against servers of every temper: nothing lost, nothing doubled, nothing sent without being asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oobo_hooks import delivery
from oobo_hooks.settings import Server
from oobo_hooks.store import anchors, database, outbox
from shared import __version__
from shared.http import Answer
from tests.oobo_hooks.anchor_server import AnchorServer, Reply, anchor_server

KEY = "good-key-0123456789"


@pytest.fixture
def server() -> Iterator[AnchorServer]:
    with anchor_server() as made:
        yield made


def _target(server: AnchorServer) -> Server:
    return Server(server.url, KEY, "test", True)


def _queue(count: int) -> list[str]:
    commits = [f"{number:040x}" for number in range(1, count + 1)]
    with database.opened() as connection, database.transaction(connection):
        known = anchors.remember_repository(connection, common_dir="/r", worktree="/r", name="r", remote=None)
        for commit in commits:
            body = {"event": "git.commit", "anchor": {"commit_hash": commit}}
            outbox.put(connection, "git.commit", body, repository=known.id, once=commit, commit=commit)
    return commits


def _left() -> list[outbox.Item]:
    with database.opened() as connection:
        return outbox.items(connection)


def _notices() -> list[str]:
    with database.opened() as connection:
        return outbox.take_notices(connection)


def _script(server: AnchorServer, status: int, body: Any = None, **more: Any) -> None:
    server.script = lambda _event: Reply(status, body if body is not None else {"message": "no"}, keep=False, **more)


def test_what_is_accepted_leaves_in_order_with_key_and_user_agent(server: AnchorServer) -> None:
    commits = _queue(3)
    outcome = delivery.drain(_target(server))
    assert outcome is not None and outcome.sent == 3
    assert [event["anchor"]["commit_hash"] for event in server.events] == commits
    assert _left() == []
    method, path, headers = server.requests[0]
    assert (method, path) == ("POST", "/anchors/ingest")
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["User-Agent"] == f"oobo/{__version__}"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "body"),
    [(202, {}), (409, {"message": "Duplicate anchor"}), (500, {"message": "UNIQUE constraint failed"})],
)
def test_success_and_every_way_to_say_duplicate_remove_silently(server: AnchorServer, status: int, body: Any) -> None:
    _queue(1)
    _script(server, status, body)
    delivery.drain(_target(server))
    assert (_left(), _notices()) == ([], [])


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_item_is_parked_with_the_servers_words_and_the_others_go_on(
    server: AnchorServer, status: int
) -> None:
    first, second = _queue(2)
    server.script = lambda event: (
        Reply(status, {"message": "Missing field"}, keep=False) if event["anchor"]["commit_hash"] == first else None
    )
    delivery.drain(_target(server))
    (item,) = _left()
    assert (item.commit_hash, item.parked, item.last_error) == (first, True, f"{status}: Missing field")
    assert server.stored[second] == 1
    (notice,) = _notices()
    assert "Missing field" in notice and __version__ in notice
    assert _notices() == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_address_pauses_everything_and_counts_no_attempt(server: AnchorServer, status: int) -> None:
    _queue(3)
    _script(server, status, {"detail": "nope", "message": "nope"})
    outcome = delivery.drain(_target(server))
    assert outcome is not None and outcome.stopped
    assert len(server.requests) == 1
    assert [item.attempts for item in _left()] == [0, 0, 0]
    assert len(_notices()) == 1
    server.script = lambda _event: None
    delivery.drain(_target(server))
    assert len(server.requests) == 1, "a pause holds until something changes"
    delivery.drain(Server(server.url, "another-key", "test", True))
    assert _left() == []


def test_sync_overrides_a_pause_and_back_off(server: AnchorServer) -> None:
    _queue(2)
    _script(server, 401)
    delivery.drain(_target(server))
    _script(server, 503)
    delivery.drain(_target(server), force=True)
    server.script = lambda _event: None
    outcome = delivery.drain(_target(server), force=True)
    assert outcome is not None and outcome.sent == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_passing_failure_waits_and_is_sent_later(server: AnchorServer, status: int) -> None:
    _queue(1)
    _script(server, status)
    before = time.time()
    delivery.drain(_target(server))
    (item,) = _left()
    assert (item.attempts, item.parked) == (1, False)
    assert before + 3 < item.next_attempt_at < before + 10
    server.script = lambda _event: None
    delivery.drain(_target(server), force=True)
    assert _left() == []


def test_retry_after_is_honoured_for_all(server: AnchorServer) -> None:
    _queue(2)
    _script(server, 429, headers={"Retry-After": "120"})
    delivery.drain(_target(server))
    assert len(server.requests) == 1
    assert _left()[0].next_attempt_at > time.time() + 100
    server.script = lambda _event: None
    delivery.drain(_target(server))
    assert len(server.requests) == 1, "nobody asks again before the time"


def test_a_dropped_answer_is_sent_again_and_stored_once(server: AnchorServer) -> None:
    (commit,) = _queue(1)
    server.script = lambda _event: Reply(drop=True)
    delivery.drain(_target(server))
    assert [item.attempts for item in _left()] == [1]
    server.script = lambda _event: None
    delivery.drain(_target(server), force=True)
    assert (_left(), server.stored[commit]) == ([], 1)


def test_a_server_that_is_not_there_counts_no_attempt() -> None:
    _queue(2)
    outcome = delivery.drain(Server("http://127.0.0.1:9", KEY, "test", True))
    assert outcome is not None and outcome.stopped
    assert [item.attempts for item in _left()] == [0, 0]


def test_after_three_failures_in_a_row_the_others_are_spared(server: AnchorServer) -> None:
    _queue(6)
    _script(server, 500)
    delivery.drain(_target(server))
    assert len(server.requests) == 3


def test_two_senders_at_once_send_nothing_twice(server: AnchorServer) -> None:
    import threading

    _queue(30)
    server.script = lambda _event: None
    threads = [threading.Thread(target=delivery.drain, args=(_target(server),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _left() == []
    assert set(server.stored.values()) == {1} and len(server.requests) == 30


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("999999", 24 * 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-3", None),
    ],
)
def test_retry_after_may_be_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert delivery.retry_after(Answer(429, {"retry-after": header}, b"")) == seconds


def test_the_wait_doubles_with_jitter_up_to_an_hour() -> None:
    waits: list[Callable[[], float]] = [lambda n=n: delivery.wait_seconds(n) for n in (1, 2, 3, 30)]
    for wait, middle in zip(waits, (5, 10, 20, 3600), strict=True):
        assert all(middle * 0.75 <= wait() <= middle * 1.25 for _ in range(50))
    assert len({delivery.wait_seconds(3) for _ in range(20)}) > 1


def test_the_bodies_are_what_sync_dry_run_prints(server: AnchorServer) -> None:
    from tests.oobo_hooks.scene import oobo

    commits = _queue(2)
    printed = json.loads(oobo("sync", "--dry-run").stdout)
    assert [event["anchor"]["commit_hash"] for event in printed] == commits
    assert server.requests == []
