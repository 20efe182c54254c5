"""`omas auth login` by a code: GitHub's shapes by a stand-in program, and our own daemon."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from omas_cli import device_login
from omas_cli.commands import auth
from omas_cli.server import Target, saved_token
from shared import credentials, paths
from shared.errors import NotAuthorisedError, OmaError
from tests.daemon import Daemon
from tests.fakes.github_device import TOKEN
from tests.omas_cli.fake_server import FakeServer


@contextmanager
def github(folder: Path, *answers: str) -> Iterator[tuple[str, Callable[[], list[Any]]]]:
    """The stand-in's address, and what it was asked so far."""
    place = folder / "github"
    process = subprocess.Popen([sys.executable, "-m", "tests.fakes.github_device", str(place), *answers])
    try:
        deadline = time.monotonic() + 10
        while not place.exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        port = place.read_text().split()[0]
        yield f"http://127.0.0.1:{port}", lambda: [json.loads(line) for line in place.read_text().splitlines()[1:]]
    finally:
        process.kill()
        process.wait()


def provider(url: str) -> device_login.Provider:
    return device_login.github(url, "client-1")


class Sleeps:
    """Notes how long was waited, and does not wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.now = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.now += max(seconds, 1.0)

    def clock(self) -> float:
        return self.now


def ask(url: str) -> tuple[str, Sleeps]:
    sleeps = Sleeps()
    return device_login.token_of(provider(url), clock=sleeps.clock, sleep=sleeps), sleeps


def test_the_token_comes_once_the_person_has_confirmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with github(tmp_path, "pending", "pending", "token") as (url, asked):
        token, _ = ask(url)
        (_, path, form), *polls = asked()
    assert token == TOKEN
    assert (path, form) == ("/login/device/code", {"client_id": "client-1", "scope": "read:user user:email"})
    assert [found for _, found, _ in polls] == ["/login/oauth/access_token"] * 3
    assert polls[0][2]["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code"
    told = capsys.readouterr()
    assert "WDJB-MJHT" in told.err and "https://github.com/login/device" in told.err
    assert TOKEN not in told.err + told.out


def test_slow_down_makes_every_later_question_five_seconds_later(tmp_path: Path) -> None:
    with github(tmp_path, "slow", "pending", "slow", "token") as (url, _):
        _, sleeps = ask(url)
    assert sleeps.seconds == [0, 5, 5, 10]


@pytest.mark.parametrize(("answer", "words"), [("denied", "refused"), ("expired", "in time"), ("wrong", "not right")])
def test_a_refused_or_expired_login_ends_with_a_sentence(tmp_path: Path, answer: str, words: str) -> None:
    with github(tmp_path, "pending", answer) as (url, _), pytest.raises(NotAuthorisedError, match=words):
        ask(url)


def test_a_code_nobody_confirms_ends_when_the_server_said_it_would(tmp_path: Path) -> None:
    with github(tmp_path, "slow", "pending") as (url, _), pytest.raises(NotAuthorisedError, match="in time"):
        ask(url)


def test_faults_on_the_way_are_waited_out(tmp_path: Path) -> None:
    with github(tmp_path, "slow", "drop", "500", "token") as (url, _):
        token, sleeps = ask(url)
    assert token == TOKEN and sleeps.seconds == [0, 5, 10, 20]


def test_an_answer_that_is_no_json_ends_with_a_sentence(tmp_path: Path) -> None:
    with github(tmp_path, "broken") as (url, _), pytest.raises(OmaError, match="refuses"):
        ask(url)


def test_login_by_github_is_confirmed_by_the_server_and_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeServer() as server, github(tmp_path, "token") as (url, _):
        monkeypatch.setenv("OMAS_GITHUB_CLIENT_ID", "client-1")
        monkeypatch.setenv("OMAS_GITHUB_URL", url)
        assert auth.login(local=False, server_url=server.url, token_stdin=False) == 0
        assert saved_token(Target(server.url)) == TOKEN
        [(method, path, headers, _)] = server.requests
    assert (method, path, headers["authorization"]) == ("POST", "/api/v1/auth/verify", f"Bearer {TOKEN}")
    assert stat.S_IMODE(paths.credentials_file("omas").stat().st_mode) == 0o600


def test_a_server_without_such_a_login_says_what_to_do_instead(home: Path) -> None:
    with Daemon() as daemon:
        missing = device_login.Provider("it", daemon.url, "/api/v1/nothing", "/", "x", "")
        with pytest.raises(OmaError, match="does not offer") as caught:
            device_login.token_of(missing)
    assert "--token-stdin" in (caught.value.hint or "")


def confirm(daemon: Daemon, code: str) -> None:
    link = daemon.owner.post("/api/open", json={}).json()["url"]
    with httpx.Client(base_url=daemon.url, trust_env=False) as browser:
        browser.get(link)
        page = browser.get("/device").text
        token = re.search(r'name=form_token value="([^"]+)"', page)
        assert token is not None
        form = {"form_token": token[1], "user_code": code, "decision": "approve", "user": "grace"}
        assert browser.post("/device", data=form).status_code == 200


def test_login_on_a_server_of_ones_own_asks_that_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_login, "_seconds", lambda found, default, most: 0.2 if default == 5.0 else 60.0)
    shown: list[str] = []
    with Daemon() as daemon:
        monkeypatch.setattr("shared.output.say", shown.append)
        failures: list[BaseException] = []

        def login() -> None:
            try:
                auth.login(local=False, server_url=daemon.url, token_stdin=False)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=login)
        thread.start()
        deadline = time.monotonic() + 10
        while not shown and time.monotonic() < deadline:
            time.sleep(0.02)
        confirm(daemon, shown[0].rsplit(" ", 1)[1])
        thread.join(timeout=20)
        assert not thread.is_alive() and failures == []
        assert auth.status(server_url=daemon.url, json=False) == 0
    assert shown[-1].endswith("as grace.")
    token = credentials.read("omas", Target(daemon.url).credential)
    assert token is not None and token.startswith("oma_")
