"""Server-sent events of a session (contract 9), and turns that are streamed to their sender."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from omar_daemon.harness.broker import Subscription
from omar_daemon.harness.frames import DELTA_TYPES, SPEC_TYPES, Frame, Wish, chunk, stored_frame
from omar_daemon.harness.manager import Managed
from omar_daemon.managed_api import query
from omar_daemon.managed_api.errors import bad
from omar_daemon.managed_api.event_fields import Message, value_of
from omar_daemon.managed_api.events import take
from omar_daemon.managed_api.fields import read_body
from omar_daemon.managed_api.paths import managed
from omar_daemon.managed_api.sessions import session_exists
from omar_daemon.routing import ApiRoute
from omar_daemon.services import services
from omar_daemon.store.managed import clock, events
from omar_daemon.store.managed.documents import Document
from omar_daemon.store.managed.events import StoredEvent

PING_SECONDS = 15.0
_PING = b": ping\n\n"
_BEGIN = b"retry: 1000\n\n"
_REPLAY_PAGE = 500
_HEADERS = {
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class EventStream(Response):
    """Sends pieces as they come; ends when they end, when the client leaves, or when it cannot keep up."""

    def __init__(self, pieces: AsyncIterator[bytes], subscription: Subscription, leave: Callable[[], None]) -> None:
        super().__init__(headers=_HEADERS, media_type="text/event-stream")
        del self.headers["content-length"]
        self._pieces = pieces
        self._subscription = subscription
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send(send))
        watching = asyncio.create_task(self._watch(receive, sending))
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await sending
        finally:
            watching.cancel()
            self._leave()

    async def _send(self, send: Send) -> None:
        async with contextlib.aclosing(self._pieces) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _watch(self, receive: Receive, sending: asyncio.Task[None]) -> None:
        """End the sending when the client is gone, or has been cut off while its last piece is stuck."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            while not gone.done():
                await asyncio.wait({gone}, timeout=1.0)
                if self._subscription.cut_off:
                    break
        finally:
            gone.cancel()
        sending.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def stream(request: Request) -> Response:
    """GET …/events/stream: live; `replay=1` or Last-Event-ID first sends what is stored."""
    session = await session_exists(request)
    wish = _wish(request)
    after = _replay_after(request)
    sessions = services(request).managed
    subscription = sessions.broker.subscribe(session.id, wish)
    pieces = _live(sessions, session, subscription, wish, after)
    return EventStream(pieces, subscription, lambda: sessions.broker.unsubscribe(session.id, subscription))


def _wish(request: Request) -> Wish:
    include = query.items(request, "include", ("chunks",))
    types = query.items(request, "types")
    deltas = query.items(request, "event_deltas", DELTA_TYPES)
    for name in types:
        if name not in SPEC_TYPES and name != "session.warning":
            raise bad(f"types: there are no events of type {name!r}.")
    return Wish.of(chunks=bool(include), types=types, deltas=deltas)


def _replay_after(request: Request) -> int | None:
    """The last number the client has; None when it wants live events only."""
    text = request.headers.get("last-event-id", "").strip()
    if text:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise bad("Last-Event-ID must be the id of an event of this stream: a whole number.")
        return int(text)
    return 0 if query.flag(request, "replay") else None


async def _live(
    sessions: Managed, session: Document, subscription: Subscription, wish: Wish, after: int | None
) -> AsyncIterator[bytes]:
    """Subscribed before this begins: what happens during the replay waits and is sent after it, nothing twice."""
    yield _BEGIN
    sent = 0
    if after is not None:
        sent = after
        async for event in _replay(sessions, session.id, after):
            sent = event[-1].seq
            found = [frame for frame in map(stored_frame, event) if wish.takes(frame)]
            if found:
                yield b"".join(frame.encoded for frame in found)
    if wish.chunks:
        waiting = await run_in_threadpool(_waiting, sessions, session)
        yield b"".join(frame.encoded for frame in waiting)
    async for frames in _taken(subscription):
        fresh = [frame for frame in frames if frame.seq is None or frame.seq > sent]
        yield b"".join(frame.encoded for frame in fresh) if frames else _PING


async def _taken(subscription: Subscription) -> AsyncIterator[list[Frame]]:
    """What was published, an empty list every 15 quiet seconds."""
    while (frames := await subscription.take(PING_SECONDS)) is not None:
        yield frames


async def _replay(sessions: Managed, session_id: str, after: int) -> AsyncIterator[list[StoredEvent]]:
    def page(begin: int) -> list[StoredEvent]:
        with sessions.store.read() as connection:
            return events.read(connection, session_id, after=begin, limit=_REPLAY_PAGE)

    while found := await run_in_threadpool(page, after):
        yield found
        after = found[-1].seq


def _waiting(sessions: Managed, session: Document) -> list[Frame]:
    """A fresh reader learns what waits in the outbox."""
    with sessions.store.read() as connection:
        rows = events.pending(connection, session.id)
    return [
        chunk(
            "system.user_message_pending",
            event_id=row.event_id,
            pending_seq=row.pending_seq,
            enqueued_at=clock.iso(row.enqueued_at),
            session_thread_id=session.columns["thread_id"],
            event=row.value,
        )
        for row in rows
    ]


async def message(request: Request) -> Response:
    """POST …/messages: sends one message and streams its turn, from its own echo to its own idle."""
    wanted = await read_body(request, Message)
    content: Any = wanted.content
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else value_of(wanted)["content"]
    session = await session_exists(request)
    sessions = services(request).managed
    subscription = sessions.broker.subscribe(session.id, Wish.of(chunks=True))
    try:
        (sent,) = await take(request, [{"type": "user.message", "content": blocks}])
    except BaseException:
        sessions.broker.unsubscribe(session.id, subscription)
        raise
    pieces = _own_turn(subscription, sent["id"])
    return EventStream(pieces, subscription, lambda: sessions.broker.unsubscribe(session.id, subscription))


async def _own_turn(subscription: Subscription, event_id: str) -> AsyncIterator[bytes]:
    yield _BEGIN
    begun = False
    async for frames in _taken(subscription):
        own: list[Frame] = []
        for frame in frames:
            begun = begun or (frame.type == "user.message" and json.loads(frame.data)["id"] == event_id)
            cancelled = frame.type == "system.user_message_cancelled" and f'"{event_id}"' in frame.data
            if begun or cancelled:
                own.append(frame)
            if cancelled or (begun and frame.type in ("session.status_idle", "session.status_terminated")):
                yield b"".join(frame.encoded for frame in own)
                return
        if own or not frames:
            yield b"".join(frame.encoded for frame in own) or _PING


def routes() -> list[ApiRoute]:
    one = "/sessions/{session_id}"
    return [
        managed(one + "/events/stream", stream, "GET"),
        managed(one + "/stream", stream, "GET"),
        managed(one + "/messages", message, "POST"),
    ]
