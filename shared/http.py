"""The one HTTP client of the commands: time limits, one mapping of failures, one User-Agent.

httpx stays behind this module and is imported on first use (about 100 ms).
"""

from __future__ import annotations

import contextlib
import json as json_module
import re
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from shared.errors import NotAuthorisedError, OmaError, UnavailableError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 10.0
MESSAGE_LENGTH = 300
LONGEST_ANSWER = 64 * 1024 * 1024


class Unreachable(UnavailableError):
    """The server gave no answer. `sent` tells whether the request may have reached it all the same."""

    def __init__(self, message: str, *, sent: bool, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON; OmaError when it is none."""
        try:
            return json_module.loads(self.content)
        except (ValueError, RecursionError):
            raise OmaError(f"The server answered {self.status} with a body that is not JSON.") from None

    def message(self) -> str:
        """The server's own sentence about an error, in any of the suite's error shapes; else the status."""
        try:
            found = _sentence(self.json())
        except OmaError:
            found = None
        return (found or f"status {self.status}")[:MESSAGE_LENGTH]


class Client:
    """A keep-alive client for one server. `token` goes into an Authorization header, nowhere else.

    `total_seconds` limits a request with its whole answer; redirects are not followed, so a token never travels to
    another host.
    """

    def __init__(
        self,
        base_url: str,
        *,
        user_agent: str,
        token: str | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": user_agent}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        self._client: httpx.Client | None = None
        self._line = _Line()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and read the whole answer. Raises `Unreachable`; a status never raises."""
        import httpx

        sent_headers = dict(headers or {})
        if json is not None:
            content = json_module.dumps(json, ensure_ascii=False).encode("utf-8", "replace")
        if content is not None:
            sent_headers.setdefault("Content-Type", "application/json")
        try:
            status, answer_headers, body = self._exchange(method, path, content, sent_headers, params)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"{self.base_url} cannot be reached: {_reason(error)}.", sent=False) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise OmaError(f"{self.base_url}{path} is not a usable address: {_reason(error)}.") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.base_url} gave no whole answer: {_reason(error)}.", sent=True) from error
        return Answer(status, answer_headers, body)

    def _exchange(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], params: Mapping[str, str] | None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request, cut off at the limits of time and length."""
        import httpx

        watch = self._line.cut_after(self._total_seconds)
        follow = {"trace": self._line.follow}
        opened = self._open().stream(method, path, content=content, headers=headers, params=params, extensions=follow)
        try:
            with opened as answer:
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return answer.status_code, lowered, _whole(answer.iter_bytes())
        except httpx.HTTPError:
            if self._line.is_cut:
                raise httpx.ReadTimeout(f"no whole answer in {self._total_seconds:g} s") from None
            raise
        finally:
            watch.cancel()

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            timeout = httpx.Timeout(self._total_seconds, connect=self._connect_seconds)
            # A proxy from the environment must not see what is meant for this machine.
            local = httpx.URL(self.base_url).host in ("127.0.0.1", "localhost", "::1")
            self._client = httpx.Client(
                base_url=self.base_url, headers=self._headers, timeout=timeout, trust_env=not local
            )
        return self._client


def _whole(chunks: Iterable[bytes]) -> bytes:
    import httpx

    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise httpx.ReadError(f"its answer is longer than {LONGEST_ANSWER} bytes")
    return bytes(body)


class _Line:
    """The connection of a client, which is cut at the limit: a server that drips is never late for httpx's reads."""

    def __init__(self) -> None:
        self.is_cut = False
        self._socket: socket.socket | None = None

    def follow(self, event: str, told: Mapping[str, Any]) -> None:
        """What httpcore tells of its connections."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = told["return_value"].get_extra_info("socket")

    def cut_after(self, seconds: float) -> threading.Timer:
        """A timer that ends the connection, whatever is waited for, unless it is cancelled before."""
        self.is_cut = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        return timer

    def _cut(self) -> None:
        self.is_cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket, which would take the keys away under a thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def raise_for(answer: Answer, what: str) -> None:
    """Raise the error that fits a status ≥ 400: 401/403 NotAuthorisedError, 5xx UnavailableError, else OmaError."""
    if answer.status < 400:
        return
    sentence = f"{what} failed: {answer.message()}"
    if answer.status in (401, 403):
        raise NotAuthorisedError(sentence)
    if answer.status >= 500:
        raise UnavailableError(sentence)
    raise OmaError(sentence)


def _sentence(body: Any) -> str | None:
    if not isinstance(body, dict):
        return None
    found = body.get("error")
    if isinstance(found, dict):
        found = found.get("message")
    told = [body.get("message"), _detail(body.get("detail")), found]
    return next((one for one in told if isinstance(one, str) and one), None)


def _detail(detail: Any) -> str | None:
    """`{"detail": "…"}`, or the list of wrong fields that FastAPI's servers answer with 422."""
    if isinstance(detail, str):
        return detail
    first = detail[0] if isinstance(detail, list) and detail else None
    if not isinstance(first, dict) or not isinstance(first.get("msg"), str):
        return None
    place = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _reason(error: Exception) -> str:
    """The system's words without its number, which tells a person nothing."""
    words = re.sub(r"\A\[Errno -?\d+\] ", "", str(error).strip())
    return words.rstrip(".") or type(error).__name__
