"""Every row of the contract's table, success and each error, against a real daemon; no route without a row."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from omar_daemon.app import surfaces
from tests.fakes.x_server import MISSING, WHY_SKIPPED, XServer
from tests.omar_daemon.agent_stage import Stage, stage, until
from tests.omar_daemon.contract_rows import DISPLAY_ROWS, ELSEWHERE, HOUR, ROWS, Row

MOST_AGENTS = 9


def declared() -> set[tuple[str, str]]:
    """Every route of OMAR's surfaces: below /api, without the scores' /api/v1, and without HEAD, which is GET."""
    return {
        (method, route.path)
        for surface in surfaces()
        for route in surface.routes
        for method in route.methods or ()
        if method != "HEAD" and route.path.startswith("/api/") and not route.path.startswith("/api/v1/")
    }


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("table")
    config = folder / "oma" / "omar" / "config.toml"
    config.parent.mkdir(parents=True, mode=0o700)
    config.write_text(f"[api]\nmax_agents = {MOST_AGENTS}\n")
    with stage(folder, {"claude": "exec cat"}) as made:
        made.spawn("ea")
        made.spawn("here")
        made.spawn("dead", command="sleep 0.4; exit 3")
        made.spawn("victim", parent="ea")
        made.spawn("orphan", parent="victim")
        made.spawn("top")
        made.spawn("below", parent="top")
        event = {"sender": "ea", "receiver": "victim", "payload": "x", "timestamp": time.time_ns() + HOUR}
        assert made.api.post("/api/events", json=event).status_code == 200
        until(lambda: made.api.get("/api/agents/dead").json()["health"] == "dead")
        yield made


def ask(api: httpx.Client, row: Row) -> httpx.Response:
    if isinstance(row.body, bytes):
        return api.request(row.method, row.path, content=row.body, headers={"Content-Type": "application/json"})
    return api.request(row.method, row.path, json=row.body)


def prepare(made: Stage, row: Row) -> None:
    """Fill the house up to its limit for the row that must be refused because of it, and empty it again."""
    if 429 in row.statuses:
        for number in range(MOST_AGENTS):
            made.api.post("/api/agents", json={"name": f"fill{number}", "command": "cat"})


def tidy(made: Stage) -> None:
    for agent in made.api.get("/api/agents").json()["agents"]:
        if agent["id"].startswith(("fill", "n1", "n2", "1")):
            made.api.delete(f"/api/agents/{agent['id']}")


def test_each_row_is_answered_as_written(furnished: Stage) -> None:
    """In one test, because later rows speak of what earlier ones made."""
    wrong = []
    for row in ROWS:
        try:
            check(furnished, row)
        except AssertionError as error:
            wrong.append(f"{row.label}: {error}")
    assert not wrong, "\n\n".join(wrong)
    with furnished.surroundings():
        assert "Traceback" not in furnished.daemon.log


@pytest.mark.skipif(bool(MISSING), reason=WHY_SKIPPED)
def test_each_row_of_the_computer_is_answered_as_written_on_a_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with XServer() as server:
        monkeypatch.setenv("DISPLAY", server.display)
        with stage(tmp_path) as made:
            made.spawn("here")
            made.spawn("dead", command="sleep 0.4; exit 3")
            until(lambda: made.api.get("/api/agents/dead").json()["health"] == "dead")
            for row in DISPLAY_ROWS:
                check(made, row)


def check(furnished: Stage, row: Row) -> None:
    prepare(furnished, row)
    answer = ask(furnished.api, row)
    assert answer.status_code in row.statuses, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    if answer.status_code >= 400:
        tidy(furnished)
        assert set(answer.json()) == {"error"}
        sentence = answer.json()["error"]
        assert sentence.strip() and "\n" not in sentence and "Traceback" not in sentence
    elif row.keys is not None or row.holds:
        check_success(answer.json(), row)
    if row.route == "/api/agents" and row.method == "POST":
        tidy(furnished)


def check_success(body: dict[str, Any], row: Row) -> None:
    if row.keys is not None:
        assert set(body) == row.keys
    for name, value in row.holds:
        assert body[name] == value, (name, json.dumps(body)[:300])


def test_no_route_is_without_a_success_and_its_errors_in_the_table() -> None:
    rows = {(row.method, row.route) for row in ROWS}
    assert declared() - ELSEWHERE - rows == set(), "a route was added without a row"
    asked = {(row.method, row.route) for row in ROWS if 405 not in row.statuses}
    assert asked - declared() == set(), "a row of the table has no route"
