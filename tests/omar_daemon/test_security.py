from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import time

import pytest

from omar_daemon.settings import SETTINGS
from shared import config, paths
from tests.daemon import Daemon

FOREIGN = {"Origin": "https://app.example"}


def test_the_seeds_health_example_needs_nothing(daemon: Daemon) -> None:
    answer = daemon.request("GET", "/api/health")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["version"], body["pid"]) == ("ok", "0.1.0", daemon.process.pid)
    assert body["uptime_seconds"] >= 0
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_foreign_page_with_a_valid_key_is_let_in(daemon: Daemon) -> None:
    key = daemon.key("agents")
    for headers in ({"Authorization": f"Bearer {key}"}, {"x-api-key": key}):
        assert daemon.request("GET", "/api/agents", headers={**FOREIGN, **headers}).status_code == 200
    assert daemon.request("GET", "/api/agents", headers=FOREIGN).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_the_daemons_own_page_needs_no_key(daemon: Daemon, host: str) -> None:
    headers = {
        "Host": f"{host}:{daemon.port}",
        "Origin": f"http://{host}:{daemon.port}",
        "Sec-Fetch-Site": "same-origin",
    }
    assert daemon.request("GET", "/api/agents", headers=headers).status_code == 200


def test_two_host_headers_and_none_are_400(daemon: Daemon) -> None:
    for head in (
        "GET /api/health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /api/health HTTP/1.0\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=5) as raw:
            raw.sendall(head.encode())
            assert b" 400 " in raw.recv(4096).split(b"\r\n")[0]


def test_what_is_no_http_is_refused_in_json_that_any_page_may_read(daemon: Daemon) -> None:
    for nonsense in (b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=5) as raw:
            raw.sendall(nonsense)
            answer = b"".join(iter(lambda: raw.recv(4096), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ") and b"access-control-allow-origin: *" in head.lower()
        assert b"application/json" in head and json.loads(body) == {"error": "Invalid HTTP request received."}


@pytest.mark.parametrize(
    ("body", "said"), [("9" * 5000, "a number in it is too long."), ("NaN", "NaN is no JSON value.")]
)
def test_a_number_that_cannot_be_read_is_said_in_our_words(daemon: Daemon, body: str, said: str) -> None:
    content = f'{{"name": {body}}}'.encode()
    answer = daemon.request("POST", "/api/agents", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, f"The body is not valid JSON: {said}")


def test_a_key_opens_only_its_scopes(daemon: Daemon) -> None:
    assert daemon.request("GET", "/api/keys", headers=daemon.headers("agents")).status_code == 403
    assert daemon.request("GET", "/api/agents", headers=daemon.headers("metrics")).status_code == 403
    assert daemon.request("GET", "/api/agents", headers=daemon.headers("admin")).status_code == 200


def test_a_wrong_key_is_401_even_where_none_is_needed(daemon: Daemon) -> None:
    answer = daemon.request("GET", "/api/agents", headers={"Authorization": "Bearer oma_" + "a" * 40})
    assert answer.status_code == 401
    assert answer.json() == {"error": "The key is not valid."}


def test_a_revoked_and_an_expired_key_are_refused_at_once(daemon: Daemon) -> None:
    made = daemon.owner.post("/api/keys", json={"name": "x", "scopes": ["agents"]}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert daemon.request("GET", "/api/agents", headers=headers).status_code == 200
    assert daemon.owner.delete(f"/api/keys/{made['id']}").status_code == 200
    assert daemon.request("GET", "/api/agents", headers=headers).status_code == 401
    assert daemon.owner.delete(f"/api/keys/{made['id']}").status_code == 404
    short = daemon.owner.post("/api/keys", json={"name": "x", "scopes": ["agents"], "expires_in": 0.3}).json()
    headers = {"Authorization": f"Bearer {short['key']}"}
    assert daemon.request("GET", "/api/agents", headers=headers).status_code == 200
    time.sleep(0.35)
    assert daemon.request("GET", "/api/agents", headers=headers).status_code == 401


def test_keys_survive_a_restart_and_are_stored_as_hashes_only(daemon: Daemon) -> None:
    key = daemon.key("agents")
    daemon.kill()
    with Daemon() as again:
        assert again.request("GET", "/api/agents", headers={"x-api-key": key}).status_code == 200
        home = paths.tool_home("omar")
        for file in home.rglob("*"):
            if file.is_file():
                assert key.encode() not in file.read_bytes(), file


def test_everything_in_the_home_is_private(daemon: Daemon) -> None:
    daemon.key("agents")
    for path in [paths.tool_home("omar"), *paths.tool_home("omar").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_require_token_closes_the_local_routes(home: object) -> None:
    config.set_value("omar", SETTINGS, "api.require_token", "true")
    with Daemon() as running:
        assert running.request("GET", "/api/agents").status_code == 401
        assert running.request("GET", "/api/health").status_code == 200
        assert running.request("GET", "/api/agents", headers=running.headers("agents")).status_code == 200


def test_bound_beyond_loopback_a_key_is_always_required(home: object) -> None:
    with Daemon("--host", "0.0.0.0") as running:
        assert running.request("GET", "/api/agents").status_code == 401
        assert running.request("GET", "/api/agents", headers=running.headers("agents")).status_code == 200


def test_a_configured_host_name_is_served(home: object) -> None:
    path = paths.config_file("omar")
    path.parent.mkdir(parents=True)
    path.write_text('[api]\nallowed_hosts = ["box.lan"]\n')
    with Daemon() as running:
        assert running.request("GET", "/api/health", headers={"Host": f"box.lan:{running.port}"}).status_code == 200
        own = {"Host": f"box.lan:{running.port}", "Origin": f"http://box.lan:{running.port}"}
        assert running.request("GET", "/api/agents", headers=own).status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"\xff", {"Content-Type": "application/json"}, 400),
        (b"[" * 100_000, {"Content-Type": "application/json"}, 400),
        (b'{"name": NaN, "scopes": ["agents"]}', {"Content-Type": "application/json"}, 400),
        (b'{"name": 3, "scopes": ["agents"]}', {"Content-Type": "application/json"}, 422),
        (b"[]", {"Content-Type": "application/json"}, 422),
        (b'{"name": "x", "scopes": ["everything"]}', {"Content-Type": "application/json"}, 400),
        (b'{"name": "x", "scopes": ["agents"]}', {"Content-Type": "text/plain"}, 415),
        (b"x" * 5_000_000, {"Content-Type": "application/json"}, 413),
    ],
)
def test_a_bad_body_is_one_sentence_with_its_status(
    daemon: Daemon, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = daemon.owner.post("/api/keys", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "\n" not in answer.json()["error"]


def test_a_wrong_verb_is_405_with_the_surfaces_body(daemon: Daemon) -> None:
    answer = daemon.owner.put("/api/keys", json={})
    assert answer.status_code == 405
    assert set(answer.json()) == {"error"}


def test_what_a_proxy_passes_on_is_not_from_this_machine(daemon: Daemon) -> None:
    # uvicorn believes the address and port a loopback client claims; a tool in a sandbox could claim another program's.
    for name, value in (
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-For", f"127.0.0.1:{daemon.port}"),
        ("X-Real-IP", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
    ):
        assert daemon.request("GET", "/api/agents", headers={name: value}).status_code == 401, name
        assert daemon.request("GET", "/api/agents", headers={name: value, **daemon.headers("agents")}).is_success


def test_one_foreign_mark_among_several_is_enough(daemon: Daemon) -> None:
    marks = [("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")]
    assert daemon.client.get("/api/agents", headers=marks).status_code == 403


def test_answers_from_outside_the_routes_carry_the_cors_header_too(daemon: Daemon) -> None:
    assert daemon.request("GET", "/v1/%00").headers["access-control-allow-origin"] == "*"


def test_a_bug_in_a_route_is_a_500_any_page_may_read_and_logs_no_values(home: object) -> None:
    with Daemon() as running:
        headers = running.headers("metrics", user="canary-user")
        with contextlib.closing(sqlite3.connect(paths.daemon_database())) as database:
            database.execute("DROP TABLE metrics_sessions")
        answer = running.request("GET", "/api/v1/metrics/me", headers=headers)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (500, "*")
        assert "no such table" in running.log
        assert "canary-user" not in running.log
