"""`web_fetch`: what it may reach, for how long, and what it makes of a page."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from omar_daemon.harness.tools import page, web
from omar_daemon.harness.tools.page import page_text
from omar_daemon.harness.tools.results import ToolFailure
from omar_daemon.harness.tools.url_sources import came_from_allowed, is_restricted
from tests.fakes.model_process import RunningModel
from tests.omar_daemon.managed_stage import Stage, tool_turn

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A program on this machine that answers one request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(65536)
                try:
                    answer(caller)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://pages.example:{listener.getsockname()[1]}/"
        thread.join(5)


@pytest.fixture
def this_machine_counts_as_the_web(monkeypatch: pytest.MonkeyPatch) -> None:
    async def public(_host: str, _port: int) -> str:
        return "127.0.0.1"

    monkeypatch.setattr(web, "_public_address", public)


def fetch(url: str) -> str:
    return str(asyncio.run(web.web_fetch({"url": url}, {}, None)).content[0]["text"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://169.254.169.254/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[::127.0.0.1]/",
        "http://2130706433/",
        "http://0/",
        "http://224.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_addresses_of_this_machine_and_its_network_are_refused(url: str) -> None:
    with pytest.raises(ToolFailure, match=r"public address|http or https"):
        fetch(url)


@pytest.mark.parametrize("url", ["http://host:99999/", "http://[::1/", "http://" + "a" * 70 + ".example/"])
def test_an_address_that_is_none_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(ToolFailure, match=r"cannot be read|not known"):
        fetch(url)


@pytest.mark.usefixtures("this_machine_counts_as_the_web")
def test_a_page_that_comes_drop_by_drop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_SECONDS", 1.0)

    def drip(caller: socket.socket) -> None:
        caller.sendall(HEAD)
        for _ in range(40):
            caller.sendall(b"x")
            time.sleep(0.1)

    with server(drip) as url:
        begun = time.monotonic()
        with pytest.raises(ToolFailure, match="did not come within 1 s"):
            fetch(url)
        assert time.monotonic() - begun < 3


@pytest.mark.usefixtures("this_machine_counts_as_the_web")
def test_a_page_without_end_is_cut() -> None:
    def flood(caller: socket.socket) -> None:
        caller.sendall(HEAD)
        for _ in range(4000):
            caller.sendall(b"<p>word</p>" * 1000)

    with server(flood) as url:
        assert len(fetch(url)) <= 50_000


PACKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Encoding: %b\r\n\r\n"


@pytest.mark.usefixtures("this_machine_counts_as_the_web")
def test_a_little_that_unpacks_to_a_lot_is_cut_before_it_is_unpacked() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(b"<p>word</p>" * 100_000) for _ in range(200)) + bomb.flush()

    def answer(encoding: bytes, body: bytes) -> Callable[[socket.socket], None]:
        return lambda caller: caller.sendall(PACKED % encoding + body)

    tracemalloc.start()
    with server(answer(b"gzip", packed)) as url:
        assert fetch(url).startswith("word")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60_000_000, "the page is 220 MB"
    with (
        server(answer(b"gzip, gzip", gzip.compress(packed))) as url,
        pytest.raises(ToolFailure, match="packed as gzip, gz"),
    ):
        fetch(url)
    with server(answer(b"gzip", b"no gzip")) as url, pytest.raises(ToolFailure, match="cannot be fetched"):
        fetch(url)


@pytest.mark.usefixtures("this_machine_counts_as_the_web")
def test_a_page_that_the_parser_takes_minutes_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_SECONDS", 2.0)
    with server(lambda caller: caller.sendall(HEAD + b"<![CDATA[" * 500_000)) as url:
        begun = time.monotonic()
        with pytest.raises(ToolFailure, match="did not come within 2 s"):
            fetch(url)
        assert time.monotonic() - begun < 10
    children = ["pgrep", "-P", str(os.getpid()), "-f", page.__file__]
    assert not subprocess.run(children, check=False, capture_output=True).stdout


def test_a_page_is_read_as_browsers_read_it() -> None:
    assert page_text("<html><head><title>T</title><body><h1>A</h1>x <li>b<li>c</body>", 999) == "# A\nx\n- b\n- c"
    assert page_text("<p>before</p><![<![x", 999) == "before"
    assert page_text("plain &amp; simple", 999) == "plain & simple"
    assert page_text("<script>if (a < b) {}</script>ok", 999) == "ok"


def test_of_a_long_page_only_what_is_wanted_is_read() -> None:
    page = "<p>hello <a href='http://x.example'>x</a></p>\n" * 100_000
    begun = time.process_time()
    assert page_text(page, 10_000).startswith("hello x (http://x.example)")
    assert time.process_time() - begun < 1


USER = {"id": "1", "type": "user.message", "content": [{"type": "text", "text": "see https://a.example/x, please"}]}
CALL = {"id": "c", "type": "agent.tool_use", "name": "bash", "input": {}}
FOUND = {
    "id": "2", "type": "agent.tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": "https://b.example"}]
}  # fmt: skip
BASH = [{"type": "tool_reference", "name": "bash"}]


@pytest.mark.parametrize(
    ("sources", "user", "tool"),
    [
        ({"user_input": {"type": "none"}}, False, True),
        ({"server_tool_results": {"type": "none"}}, True, False),
        ({"server_tool_results": {"type": "only", "tools": BASH}}, True, True),
        ({"server_tool_results": {"type": "except", "tools": BASH}, "user_input": None}, True, False),
    ],
)
def test_an_address_comes_from_where_the_agent_may_take_it(sources: dict[str, Any], user: bool, tool: bool) -> None:
    assert is_restricted(sources)
    log = [USER, CALL, FOUND]
    assert came_from_allowed("https://a.example/x", sources, log) is user
    assert came_from_allowed("https://b.example/", sources, log) is tool
    assert not came_from_allowed("https://made.up.example/", sources, log)


def test_an_agent_that_takes_addresses_from_tools_only_does_not_fetch_the_users(
    stage: Stage, model: RunningModel
) -> None:
    model.rewrite({"turns": [tool_turn("web_fetch", {"url": "https://a.example/x"})]})
    sources = {"user_input": "none"}
    tools = [{"type": "agent_toolset_20260401", "configs": [{"name": "web_fetch", "url_sources": sources}]}]
    session = stage.session(stage.agent(tools=tools))
    stage.turn(session, "see https://a.example/x")
    (result,) = stage.log(session, "agent.tool_result")
    assert "url_sources" in result["content"][0]["text"]
