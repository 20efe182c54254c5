"""429: a user's flood, and more than the disk can take."""

from __future__ import annotations

import pytest

from omar_daemon.anchors_api.limits import MOST_WAITING, Limits
from omar_daemon.routing import ApiError
from tests.daemon import Daemon
from tests.omar_daemon.anchors_api.test_ingest import event


def test_a_user_may_send_so_many_in_a_minute_and_others_are_not_held_back() -> None:
    now = [0.0]
    limits = Limits(2, lambda: now[0])
    limits.take("ada", 0)
    limits.take("ada", 0)
    now[0] = 20.0
    with pytest.raises(ApiError) as refused:
        limits.take("ada", 0)
    assert refused.value.status == 429 and refused.value.headers["Retry-After"] == "40"
    limits.take("bob", 0)
    now[0] = 60.0
    limits.take("ada", 0)


def test_when_too_many_wait_for_the_disk_everybody_is_asked_for_rest() -> None:
    with pytest.raises(ApiError) as refused:
        Limits(0).take("ada", MOST_WAITING)
    assert refused.value.status == 429 and int(refused.value.headers["Retry-After"]) >= 1
    Limits(0).take("ada", MOST_WAITING - 1)


def test_ingest_answers_429_in_the_surfaces_shape_and_takes_the_event_later() -> None:
    from shared import durable, paths

    durable.private_dir(paths.config_file("omar").parent)
    paths.config_file("omar").write_text("[anchors]\nper_minute = 1\n")
    with Daemon() as daemon:
        headers = daemon.headers("anchors")
        assert daemon.client.post("/anchors/ingest", json=event("a" * 40), headers=headers).status_code == 200
        answer = daemon.client.post("/anchors/ingest", json=event("b" * 40), headers=headers)
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["error"] == "rate_limited" and answer.json()["success"] is False
        other = daemon.headers("anchors", user="bob")
        assert daemon.client.post("/anchors/ingest", json=event("b" * 40), headers=other).status_code == 200
