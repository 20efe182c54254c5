"""Login by a code on the daemon (RFC 8628): the two routes, the page, the one-time link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from omar_daemon.browser import Browsers
from omar_daemon.metrics_api.codes import Codes, Grant
from omar_daemon.metrics_api.device import GRANT_TYPE
from tests.daemon import Daemon


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("device")


@pytest.fixture(scope="module")
def daemon(folder: Path) -> Iterator[Daemon]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMA_HOME", str(folder))
        with Daemon() as running:
            yield running


@pytest.fixture
def browser(daemon: Daemon) -> Iterator[httpx.Client]:
    """A browser that `omar open` signed in."""
    link = daemon.owner.post("/api/open", json={}).json()["url"]
    with httpx.Client(base_url=daemon.url, trust_env=False) as client:
        answer = client.get(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/device")
        yield client


def begin(daemon: Daemon) -> dict[str, Any]:
    answer = daemon.request("POST", "/api/v1/auth/device/code", data={"client_id": "omas-cli", "scope": "metrics"})
    assert answer.status_code == 200
    return dict(answer.json())


def poll(daemon: Daemon, device_code: str) -> httpx.Response:
    form = {"grant_type": GRANT_TYPE, "device_code": device_code, "client_id": "omas-cli"}
    return daemon.request("POST", "/api/v1/auth/device/token", data=form)


def decide(browser: httpx.Client, user_code: str, decision: str, **more: str) -> httpx.Response:
    page = browser.get("/device", params={"user_code": user_code}).text
    token = re.search(r'name=form_token value="([^"]+)"', page)
    assert token is not None
    form = {"form_token": token[1], "user_code": user_code, "decision": decision, **more}
    return browser.post("/device", data=form, headers={"Origin": str(browser.base_url).rstrip("/")})


def test_a_confirmed_code_gives_a_key_once(daemon: Daemon, browser: httpx.Client) -> None:
    code = begin(daemon)
    assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", code["user_code"])
    assert (code["expires_in"], code["interval"]) == (900, 5)
    assert code["verification_uri"] == f"{daemon.url}/device"
    pending = poll(daemon, code["device_code"])
    assert (pending.status_code, pending.json()["error"]) == (400, "authorization_pending")
    assert decide(browser, code["user_code"].lower().replace("-", " "), "approve", user="ada").status_code == 200
    given = poll(daemon, code["device_code"])
    assert given.status_code == 200 and given.headers["cache-control"] == "no-store"
    token = given.json()
    assert (token["token_type"], token["scope"]) == ("bearer", "metrics")
    key = {"Authorization": f"Bearer {token['access_token']}"}
    assert daemon.request("POST", "/api/v1/auth/verify", headers=key, json={}).json()["username"] == "ada"
    assert daemon.request("GET", "/v1/agents", headers=key).status_code == 403
    assert poll(daemon, code["device_code"]).json()["error"] == "invalid_grant"


def test_a_refused_code_gives_none(daemon: Daemon, browser: httpx.Client) -> None:
    code = begin(daemon)
    decide(browser, code["user_code"], "deny")
    assert poll(daemon, code["device_code"]).json()["error"] == "access_denied"
    assert decide(browser, code["user_code"], "approve").status_code == 404


def test_asking_too_soon_is_told_to_slow_down(daemon: Daemon) -> None:
    code = begin(daemon)
    assert poll(daemon, code["device_code"]).json()["error"] == "authorization_pending"
    assert poll(daemon, code["device_code"]).json()["error"] == "slow_down"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": GRANT_TYPE}, "invalid_request"),
        ({"grant_type": "password", "device_code": "x"}, "unsupported_grant_type"),
        ({"grant_type": GRANT_TYPE, "device_code": "x"}, "invalid_grant"),
    ],
)
def test_wrong_questions_get_the_rfcs_errors(daemon: Daemon, form: dict[str, str], error: str) -> None:
    for body in ({"data": form}, {"json": form}):
        answer = daemon.client.post("/api/v1/auth/device/token", **body)  # type: ignore[arg-type]
        assert answer.status_code == 400
        assert answer.json()["error"] == error and answer.json()["error_description"]


def test_bodies_that_are_neither_form_nor_object_are_refused(daemon: Daemon) -> None:
    for content, kind in (
        (b"[1]", "application/json"),
        (b"a=1&a=2", "application/x-www-form-urlencoded"),
        (b"\xff=\xff", "application/x-www-form-urlencoded"),
        (b"x" * 20000, "text/plain"),
    ):
        answer = daemon.client.post("/api/v1/auth/device/code", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_nobody_confirms_without_the_sign_in_of_the_machines_user(daemon: Daemon) -> None:
    code = begin(daemon)
    page = daemon.request("GET", "/device", params={"user_code": code["user_code"]})
    assert page.status_code == 401 and "omar open" in page.text and code["user_code"] not in page.text
    form = {"user_code": code["user_code"], "decision": "approve", "form_token": "guess"}
    assert daemon.request("POST", "/device", data=form).status_code == 401
    assert poll(daemon, code["device_code"]).json()["error"] == "authorization_pending"


def test_a_form_of_another_page_confirms_nothing(daemon: Daemon, browser: httpx.Client) -> None:
    code = begin(daemon)
    form = {"user_code": code["user_code"], "decision": "approve", "form_token": "guess"}
    assert browser.post("/device", data=form).status_code == 403
    foreign = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post("/device", data=form, headers=foreign).status_code == 403
    assert poll(daemon, code["device_code"]).json()["error"] == "authorization_pending"


def test_the_page_shows_what_a_stranger_wrote_as_text_and_cannot_be_framed(
    daemon: Daemon, browser: httpx.Client
) -> None:
    form = {"client_id": "<script>alert(1)</script>"}
    code = daemon.request("POST", "/api/v1/auth/device/code", data=form).json()
    page = browser.get("/device", params={"user_code": code["user_code"]})
    assert "<script" not in page.text and "&lt;script&gt;" in page.text
    assert "<script" not in browser.get("/device", params={"user_code": '"><script>'}).text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert decide(browser, code["user_code"], "approve", user="../ada").status_code == 400


def test_a_link_works_once_and_leads_nowhere_else(daemon: Daemon, folder: Path) -> None:
    link = daemon.owner.post("/api/open", json={}).json()["url"]
    with httpx.Client(trust_env=False) as client:
        first = client.get(link + "&next=//evil.example/x")
        assert first.headers["location"] == "/device"
        cookie = first.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
    with httpx.Client(trust_env=False) as client:
        again = client.get(link)
        assert again.status_code == 403 and "set-cookie" not in again.headers
    ticket = parse_qs(urlsplit(link).query)["ticket"][0].encode()
    assert not any(ticket in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_only_the_owner_makes_links(daemon: Daemon) -> None:
    assert daemon.request("POST", "/api/open", json={}).status_code == 401
    assert daemon.request("POST", "/api/open", json={}, headers=daemon.headers("metrics")).status_code == 403


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_codes_end_after_fifteen_minutes_and_each_hasty_question_costs_five_seconds() -> None:
    clock = Clock()
    codes = Codes(clock)
    grant = codes.begin("x")
    assert grant is not None
    assert codes.poll(grant.device_code) == "authorization_pending"
    clock.now = 4
    assert codes.poll(grant.device_code) == "slow_down"
    clock.now = 12
    assert codes.poll(grant.device_code) == "slow_down"
    clock.now = 40
    assert codes.poll(grant.device_code) == "authorization_pending"
    clock.now = 901
    assert codes.waiting(grant.user_code) is None
    assert codes.poll(grant.device_code) == "expired_token"
    assert codes.poll(grant.device_code) == "invalid_grant"


def test_no_more_logins_wait_than_five_hundred() -> None:
    codes = Codes(Clock())
    begun = [codes.begin("x") for _ in range(501)]
    assert all(isinstance(grant, Grant) for grant in begun[:500]) and begun[500] is None


def test_a_ticket_is_too_old_after_two_minutes() -> None:
    clock = Clock()
    browsers = Browsers(clock)
    ticket, late = browsers.ticket("local"), browsers.ticket("local")
    assert browsers.sign_in(ticket) and browsers.sign_in(ticket) is None
    clock.now = 121
    assert browsers.sign_in(late) is None
