"""`web_fetch` and `web_search`. They run in the daemon, so addresses of this machine and its network are refused."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from omar_daemon.harness.tools.results import ToolFailure, ToolResult, decoded, text_result

_SECONDS = 30.0
_MAX_BYTES = 5 * 1024 * 1024
_MAX_REDIRECTS = 5
_CHARACTERS_PER_TOKEN = 4


async def web_fetch(given: dict[str, Any], settings: Mapping[str, Any], allowed_hosts: list[str] | None) -> ToolResult:
    """The text of a page. `allowed_hosts` are those of a limited environment, None when it is unrestricted."""
    url = given.get("url")
    if not isinstance(url, str):
        raise ToolFailure("web_fetch needs a `url`.")
    for _ in range(_MAX_REDIRECTS + 1):
        address = await _checked(url, settings, allowed_hosts)
        status, kind, body, location = await _get(url, address)
        if location is None:
            break
        url = urljoin(url, location)
    else:
        raise ToolFailure("The page redirects too often.")
    if status >= 400:
        raise ToolFailure(f"{url} answered {status}.")
    text = _as_text(decoded(body)) if "html" in kind else decoded(body)
    if b"\0" in body[:4096]:
        raise ToolFailure(f"{url} is no text but {kind or 'binary'}.")
    return text_result(text[: _most(given, settings)])


async def web_search(_given: dict[str, Any]) -> ToolResult:
    raise ToolFailure("web_search is not configured on this machine: no search provider is set.")


async def _get(url: str, address: str) -> tuple[int, str, bytes, str | None]:
    """Status, media type, at most 5 MB of the body, and where a redirect leads. Connects to `address` only."""
    import httpx

    parts = urlsplit(url)
    pinned = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    target = parts._replace(netloc=pinned + port).geturl()
    headers = {"host": parts.netloc.rpartition("@")[2], "user-agent": "oma-suite", "accept": "text/*, */*;q=0.5"}
    # The name was resolved and judged already: connecting by it again could meet another address.
    extensions = {"sni_hostname": parts.hostname}
    try:
        async with (
            httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client,
            client.stream("GET", target, headers=headers, extensions=extensions) as answer,
        ):
            if answer.is_redirect:
                return answer.status_code, "", b"", answer.headers.get("location")
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _MAX_BYTES:
                    break
            return answer.status_code, answer.headers.get("content-type", ""), bytes(body[:_MAX_BYTES]), None
    except httpx.HTTPError as error:
        raise ToolFailure(f"{url} cannot be fetched: {error or type(error).__name__}.") from None


async def _checked(url: str, settings: Mapping[str, Any], allowed_hosts: list[str] | None) -> str:
    """A public address of the URL's host, which the agent and its environment allow."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host:
        raise ToolFailure("The URL must be an http or https address.")
    allowed = settings.get("allowed_domains")
    if allowed is not None and not _fits(host, allowed):
        raise ToolFailure(f"{host} is not among the agent's allowed domains.")
    if _fits(host, settings.get("blocked_domains") or []):
        raise ToolFailure(f"{host} is among the agent's blocked domains.")
    if allowed_hosts is not None and not _fits(host, allowed_hosts):
        raise ToolFailure(f"{host} is not among the environment's allowed hosts.")
    return await _public_address(host, parts.port or (443 if parts.scheme == "https" else 80))


async def _public_address(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise ToolFailure(f"{host} is not known.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise ToolFailure(f"{host} is not a public address.")
    return addresses[0]


def _fits(host: str, domains: list[str]) -> bool:
    plain = [domain.lower().removeprefix("*.").strip(".") for domain in domains]
    return any(host == domain or host.endswith("." + domain) for domain in plain if domain)


def _most(given: dict[str, Any], settings: Mapping[str, Any]) -> int:
    limits = [given.get("max_length"), (settings.get("max_content_tokens") or 0) * _CHARACTERS_PER_TOKEN]
    return min([limit for limit in limits if type(limit) is int and limit > 0], default=50_000)


class _Text(HTMLParser):
    """The visible text of a page; headings and list items as in Markdown, links with their address."""

    _SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "head"})
    _BREAKS = frozenset({"p", "div", "br", "tr", "section", "article", "table", "ul", "ol", "pre", "header", "footer"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipping = 0
        self._link = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in self._SKIPPED:
            self._skipping += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self.pieces.append("\n\n" + "#" * int(tag[1]) + " ")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in self._BREAKS:
            self.pieces.append("\n")
        elif tag == "a":
            self._link = dict(attributes).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "a" and self._link.startswith("http"):
            self.pieces.append(f" ({self._link})")
        elif tag in self._BREAKS or re.fullmatch(r"h[1-6]", tag):
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.pieces.append(re.sub(r"\s+", " ", data))


def _as_text(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    lines = [line.strip() for line in "".join(parser.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
