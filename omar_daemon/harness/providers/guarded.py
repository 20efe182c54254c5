"""A provider as the loop uses it: what it says can be stored, and its errors do not tell the key."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any

from omar_daemon.harness.providers.interface import Block, ModelError, ModelRequest, Part, Piece, Provider

_SHORTEST_SECRET = 6
_HIDDEN = "[hidden]"


class GuardedProvider:
    """Passes on what `provider` says; `secrets` are its key and what else its card sends."""

    def __init__(self, provider: Provider, secrets: Iterable[str]) -> None:
        self._provider = provider
        self._secrets = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]

    async def stream(self, request: ModelRequest) -> AsyncIterator[Part]:
        halves: dict[int, str] = {}
        try:
            async with contextlib.aclosing(_closable(self._provider.stream(request))) as parts:
                async for part in parts:
                    yield _storable(part, halves)
        except ModelError as error:
            # Some servers repeat the key they refuse, and errors are kept in the session's log.
            for secret in self._secrets:
                error.message = error.message.replace(secret, _HIDDEN)
            raise

    async def close(self) -> None:
        await self._provider.close()


async def _closable(parts: AsyncIterator[Part]) -> AsyncGenerator[Part]:
    async for part in parts:
        yield part


def _storable(part: Part, halves: dict[int, str]) -> Part:
    """The part without halves of characters. `halves`: what a block's last piece ended with, to be joined."""
    if isinstance(part, Block):
        return Block(part.index, _whole(part.content))
    if not isinstance(part, Piece):
        return part
    text = halves.pop(part.index, "") + part.text
    if text and "\ud800" <= text[-1] <= "\udbff":
        halves[part.index], text = text[-1], text[:-1]
    return Piece(part.index, part.kind, _whole(text), part.name)


def _whole(value: Any) -> Any:
    """Halves of a character that JSON escapes can spell: joined where both are there, else a mark in their place."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
