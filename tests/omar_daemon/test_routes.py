"""Every route says who may call it, and what stands before the routes holds for each of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from omar_daemon.app import surfaces
from omar_daemon.routing import SCOPES, Access, ApiRoute
from shared import paths
from tests.daemon import Daemon

KEYLESS = {
    ("GET", "/api/health"),
    ("HEAD", "/api/health"),
    ("GET", "/anchors/health"),
    ("HEAD", "/anchors/health"),
    ("GET", "/s/{id}"),
    ("HEAD", "/s/{id}"),
    ("POST", "/api/v1/auth/device/code"),
    ("POST", "/api/v1/auth/device/token"),
    ("GET", "/device"),
    ("GET", "/open"),
    ("POST", "/device"),
    ("GET", "/openapi.json"),
}
"""The written allow-list: routes that never ask for a key. Adding one here is a decision, not a convenience."""

LOCAL_PREFIX = "/api/"
LOCAL_TOO = {("POST", "/anchors/share")}
"""OMAR's own routes may be called from loopback without a key (seed 002's examples), and a session be shared."""

ROUTES: list[tuple[str, ApiRoute]] = [
    (method, route) for surface in surfaces() for route in surface.routes for method in sorted(route.methods or ())
]
IDS = [f"{method} {route.path}" for method, route in ROUTES]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for the whole walk: nothing here changes its state."""
    patch = pytest.MonkeyPatch()
    patch.setenv("OMA_HOME", str(tmp_path_factory.mktemp("routes")))
    socket = paths.tmux_socket()
    try:
        with Daemon() as daemon:
            yield daemon
    finally:
        patch.undo()
        subprocess.run(["tmux", "-L", socket, "kill-server"], capture_output=True, check=False)


def address(route: ApiRoute) -> str:
    return re.sub(r"\{[^}]*\}", "nothing-here", re.sub(r"\{[^}]*:int\}", "1", route.path))


def ask(daemon: Daemon, method: str, route: ApiRoute, **headers: str) -> httpx.Response:
    return daemon.request(method, address(route), headers={name.replace("_", "-"): v for name, v in headers.items()})


def test_no_route_is_declared_twice_and_every_scope_is_known() -> None:
    assert len(IDS) == len(set(IDS))
    assert {route.key_scope for _, route in ROUTES} <= set(SCOPES)


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_route_without_a_key_is_on_the_written_allow_list(method: str, route: ApiRoute) -> None:
    if route.access is Access.PUBLIC:
        assert (method, route.path) in KEYLESS
    elif route.access is Access.LOCAL:
        assert route.path.startswith(LOCAL_PREFIX) or (method, route.path) in LOCAL_TOO
        assert not route.path.startswith("/api/v1/")
    else:
        assert (method, route.path) not in KEYLESS


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_foreign_host_is_400_before_anything_else(running: Daemon, method: str, route: ApiRoute) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.", "", "localhost:9876@evil", "[::2]"):
        answer = ask(running, method, route, Host=host, Origin="http://evil.example")
        assert answer.status_code == 400, host
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_page_of_another_origin_is_403_and_reads_nothing(running: Daemon, method: str, route: ApiRoute) -> None:
    for marks in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{running.port + 1}"},
        {"Origin": f"http://evil.localhost:{running.port}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example", "Authorization": "Bearer oma_" + "x" * 40},
        {"Origin": "http://evil.example", "Cookie": "session=1"},
    ):
        answer = ask(running, method, route, **marks)
        assert answer.status_code == 403, marks
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_preflight_is_answered_for_any_origin(running: Daemon, method: str, route: ApiRoute) -> None:
    answer = running.request(
        "OPTIONS",
        address(route),
        headers={
            "Origin": "http://app.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,x-api-key,content-type",
        },
    )
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "x-api-key" in allowed


KEYED = [(method, route) for method, route in ROUTES if route.access is Access.KEY]


@pytest.mark.parametrize(("method", "route"), KEYED, ids=[f"{m} {r.path}" for m, r in KEYED])
def test_a_keyed_route_is_401_without_a_key_and_with_a_wrong_one(running: Daemon, method: str, route: ApiRoute) -> None:
    assert ask(running, method, route).status_code == 401
    for header in (
        {"Authorization": "Bearer oma_" + "x" * 40},
        {"x_api_key": "nonsense"},
        {"Authorization": "Basic x"},
    ):
        assert ask(running, method, route, **header).status_code == 401


@pytest.mark.parametrize(("method", "route"), KEYED, ids=[f"{m} {r.path}" for m, r in KEYED])
def test_a_key_is_not_taken_from_the_address(running: Daemon, method: str, route: ApiRoute) -> None:
    key = running.key("admin")
    answer = running.request(method, address(route), params={"key": key, "token": key, "api_key": key})
    assert answer.status_code == 401


HEADS = [route for method, route in ROUTES if method == "HEAD" and route.path.startswith("/api/")]


@pytest.mark.parametrize("route", HEADS, ids=[route.path for route in HEADS])
def test_head_answers_as_get_without_the_body(running: Daemon, route: ApiRoute) -> None:
    get, head = (running.request(method, address(route)) for method in ("GET", "HEAD"))
    assert head.status_code == get.status_code and head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


def test_whatever_can_be_read_of_omar_can_be_asked_for_its_head() -> None:
    read = {route.path for method, route in ROUTES if method == "GET" and route.access is Access.LOCAL}
    assert read - {route.path for route in HEADS} == {"/api/agents/{id}/stream"}, "a stream has no end to wait for"


def test_a_wrong_verb_is_told_of_every_verb_of_its_path(running: Daemon) -> None:
    for path, verbs in (
        ("/api/agents", "GET, HEAD, POST"),
        ("/api/agents/w", "DELETE, GET, HEAD"),
        ("/api/events/x", "DELETE"),
    ):
        answer = running.request("PATCH", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, verbs)


def test_options_without_a_browser_is_answered_too(running: Daemon) -> None:
    answer = running.request("OPTIONS", "/api/agents")
    assert answer.status_code == 204 and answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert running.request("OPTIONS", "/api/agents", headers={"Host": "evil.example"}).status_code == 400


def test_unknown_paths_are_guarded_too(running: Daemon) -> None:
    assert running.request("GET", "/nothing", headers={"Host": "evil.example"}).status_code == 400
    assert running.request("GET", "/nothing", headers={"Origin": "http://evil.example"}).status_code == 403
    answer = running.request("GET", "/nothing")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}
    assert answer.headers["access-control-allow-origin"] == "*"
