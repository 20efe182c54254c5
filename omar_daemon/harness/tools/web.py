"""`web_fetch` and `web_search`. They run in the daemon, so addresses of this machine and its network are refused."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from omar_daemon.harness.tools import page
from omar_daemon.harness.tools.results import ToolFailure, ToolResult, decoded, text_result

_SECONDS = 30.0
_MAX_BYTES = 5 * 1024 * 1024
_MAX_REDIRECTS = 5
_CHARACTERS_PER_TOKEN = 4
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
"""Blocks of IPv6 whose last 32 bits are an IPv4 address."""


async def web_fetch(given: dict[str, Any], settings: Mapping[str, Any], allowed_hosts: list[str] | None) -> ToolResult:
    """The text of a page. `allowed_hosts` are those of a limited environment, None when it is unrestricted."""
    url = given.get("url")
    if not isinstance(url, str):
        raise ToolFailure("web_fetch needs a `url`.")
    try:
        async with asyncio.timeout(_SECONDS):
            return text_result(await _text(url, settings, allowed_hosts, _most(given, settings)))
    except TimeoutError:
        raise ToolFailure(f"{url} did not come within {_SECONDS:g} s.") from None


async def _text(url: str, settings: Mapping[str, Any], allowed_hosts: list[str] | None, most: int) -> str:
    """At most `most` characters of what a reader sees."""
    url, status, kind, body = await _followed(url, settings, allowed_hosts)
    if status >= 400:
        raise ToolFailure(f"{url} answered {status}.")
    if b"\0" in body[:4096]:
        raise ToolFailure(f"{url} is no text but {kind or 'binary'}.")
    text = decoded(body)
    return (await _visible(text, most) if "html" in kind else text)[:most]


async def _visible(html: str, most: int) -> str:
    """Read in a program of its own, which can be killed: a page can be made that takes the parser minutes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        page.__file__,
        str(most),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        text, _ = await process.communicate(html.encode(errors="replace"))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ToolFailure("The page cannot be read as HTML.")
    return text.decode()


async def _followed(
    url: str, settings: Mapping[str, Any], allowed_hosts: list[str] | None
) -> tuple[str, int, str, bytes]:
    """Where the redirects ended: URL, status, media type, body."""
    for _ in range(_MAX_REDIRECTS + 1):
        address = await _checked(url, settings, allowed_hosts)
        status, kind, body, location = await _get(url, address)
        if location is None:
            return url, status, kind, body
        url = urljoin(url, location)
    raise ToolFailure("The page redirects too often.")


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
    headers["accept-encoding"] = "identity"
    # The name was resolved and judged already: connecting by it again could meet another address.
    extensions = {"sni_hostname": parts.hostname}
    try:
        async with (
            httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client,
            client.stream("GET", target, headers=headers, extensions=extensions) as answer,
        ):
            if answer.is_redirect:
                return answer.status_code, "", b"", answer.headers.get("location")
            unpack = _unpacker(answer.headers.get("content-encoding", "").strip().lower())
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += unpack(piece, _MAX_BYTES - len(body))
                if len(body) == _MAX_BYTES:
                    break
            return answer.status_code, answer.headers.get("content-type", ""), bytes(body), None
    except (httpx.HTTPError, zlib.error) as error:
        raise ToolFailure(f"{url} cannot be fetched: {error or type(error).__name__}.") from None


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Gives at most so many bytes of a piece: a server may pack though it was asked not to, and a little be a lot."""
    if encoding in ("", "identity"):
        return lambda piece, most: piece[:most]
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress
    raise ToolFailure(f"The page comes packed as {encoding}, which is not read.")


async def _checked(url: str, settings: Mapping[str, Any], allowed_hosts: list[str] | None) -> str:
    """A public address of the URL's host, which the agent and its environment allow."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise ToolFailure(f"The URL cannot be read: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ToolFailure("The URL must be an http or https address.")
    allowed = settings.get("allowed_domains")
    if allowed is not None and not _fits(host, allowed):
        raise ToolFailure(f"{host} is not among the agent's allowed domains.")
    if _fits(host, settings.get("blocked_domains") or []):
        raise ToolFailure(f"{host} is among the agent's blocked domains.")
    if allowed_hosts is not None and not _fits(host, allowed_hosts):
        raise ToolFailure(f"{host} is not among the environment's allowed hosts.")
    return await _public_address(host, port or (443 if parts.scheme == "https" else 80))


async def _public_address(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ToolFailure(f"{host} is not known.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(_is_public, addresses)):
        raise ToolFailure(f"{host} is not a public address.")
    return addresses[0]


def _is_public(address: str) -> bool:
    """Whether an address belongs to the internet, also the IPv4 address within it."""
    found = ipaddress.ip_address(address)
    if not found.is_global or found.is_multicast:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    inner = found.sixtofour
    if inner is None and (found in _TRANSLATED or found in _COMPATIBLE):
        inner = ipaddress.IPv4Address(found.packed[-4:])
    return not found.is_site_local and (inner is None or inner.is_global)


def _fits(host: str, domains: list[str]) -> bool:
    plain = [domain.lower().removeprefix("*.").strip(".") for domain in domains]
    return any(host == domain or host.endswith("." + domain) for domain in plain if domain)


def _most(given: dict[str, Any], settings: Mapping[str, Any]) -> int:
    limits = [given.get("max_length"), (settings.get("max_content_tokens") or 0) * _CHARACTERS_PER_TOKEN]
    return min([limit for limit in limits if type(limit) is int and limit > 0], default=50_000)
