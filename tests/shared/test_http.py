from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shared.errors import NotAuthorisedError, OmaError, UnavailableError
from shared.http import Answer, Client, Unreachable, raise_for


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A real listening socket whose one connection is handled by `behave`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            behave(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(timeout=5)


def client(url: str, **options: float) -> Client:
    return Client(url, user_agent="test/1", **options)  # type: ignore[arg-type]


def test_a_refused_connection_did_not_leave_the_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with client(f"http://127.0.0.1:{port}") as refused, pytest.raises(Unreachable) as caught:
        refused.request("GET", "/")
    assert caught.value.sent is False
    assert caught.value.exit_code == 69


def test_a_connection_closed_without_an_answer_may_have_been_read() -> None:
    def close(connection: socket.socket) -> None:
        connection.recv(65536)

    with server(close) as url, client(url) as opened, pytest.raises(Unreachable) as caught:
        opened.request("POST", "/", json={"a": 1})
    assert caught.value.sent is True


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 O"])
def test_a_server_that_drips_its_answer_is_cut_off_at_the_limit(begun: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(begun)
        try:
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            return

    started = time.monotonic()
    with server(drip) as url, client(url, total_seconds=0.4) as opened, pytest.raises(Unreachable) as caught:
        opened.request("GET", "/")
    assert caught.value.sent is True and "no whole answer in 0.4 s" in caught.value.message
    assert time.monotonic() - started < 2


def test_an_answer_without_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.LONGEST_ANSWER", 1_000_000)

    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x" * 65536)

    with server(flood) as url, client(url) as opened, pytest.raises(Unreachable, match="longer than 1000000 bytes"):
        opened.request("GET", "/")


def test_what_is_sent_carries_the_agent_and_the_token_in_headers_only() -> None:
    seen: list[bytes] = []

    def record(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b'HTTP/1.1 409 Conflict\r\nContent-Length: 15\r\n\r\n{"error":"dup"}')

    with server(record) as url, Client(url, user_agent="omas-cli/1", token="oma_x") as opened:
        answer = opened.request("POST", "/api?x=1", json={"é": 1})
    assert answer.status == 409
    assert answer.message() == "dup"
    head = seen[0].decode()
    assert "user-agent: omas-cli/1" in head.lower()
    assert "authorization: bearer oma_x" in head.lower()
    assert "oma_x" not in head.splitlines()[0]


def test_a_redirect_is_not_followed_so_the_token_stays_here() -> None:
    def redirect(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with server(redirect) as url, client(url) as opened:
        assert opened.request("GET", "/").status == 302


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotAuthorisedError), (403, NotAuthorisedError), (500, UnavailableError), (404, OmaError)]
)
def test_each_status_maps_to_its_error(status: int, kind: type[OmaError]) -> None:
    with pytest.raises(kind) as caught:
        raise_for(Answer(status, {}, b'{"error":{"message":"no"}}'), "Asking")
    assert type(caught.value) is kind
    assert caught.value.message == "Asking failed: no"


def test_an_answer_below_400_raises_nothing() -> None:
    raise_for(Answer(302, {}, b""), "Asking")


def test_an_address_that_is_none_is_one_sentence() -> None:
    with client("not an address") as opened, pytest.raises(OmaError):
        opened.request("GET", "/")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"detail": "Invalid API key"}', "Invalid API key"),
        (b'{"error": "invalid_token", "detail": "Invalid API key"}', "Invalid API key"),
        (b'{"error": "invalid_token", "message": "API key is invalid"}', "API key is invalid"),
        (b'{"detail": [{"loc": ["body", "anchor"], "msg": "field required"}]}', "anchor: field required"),
        (b'{"error": "invalid_token"}', "invalid_token"),
        (b'{"detail": [1]}', "status 401"),
    ],
)
def test_a_servers_sentence_is_found_where_each_kind_of_server_writes_it(body: bytes, sentence: str) -> None:
    assert Answer(401, {}, body).message() == sentence
