"""Who listens to which session. All of it happens on the event loop; nothing here waits or blocks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from omar_daemon.harness.frames import Frame, Wish

MAX_WAITING_BYTES = 2 * 1024 * 1024
"""A reader that is further behind is cut off; it comes back with its last id (contract 9)."""
CHUNK_BYTES = 256 * 1024


class Subscription:
    """The frames of one stream that were not sent yet."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._waiting: deque[Frame] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self.closed = False
        self.cut_off = False

    def offer(self, frame: Frame) -> None:
        """Queue the frame if the stream wants it and keeps up."""
        if self.closed or not self._wish.takes(frame):
            return
        self._waiting.append(frame)
        self._size += len(frame.encoded)
        if self._size > MAX_WAITING_BYTES:
            self.cut_off = True
            self._waiting.clear()
            self.close()
        self._changed.set()

    def close(self) -> None:
        """No further frames; those that wait are still handed out unless the reader was cut off."""
        self.closed = True
        self._changed.set()

    async def take(self, seconds: float) -> list[Frame] | None:
        """Some frames that wait, after at most `seconds` an empty list, None when there will be none any more."""
        if not self._waiting and not self.closed:
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                return []
        self._changed.clear()
        taken = self._take_some()
        return None if not taken and self.closed else taken

    def _take_some(self) -> list[Frame]:
        taken: list[Frame] = []
        size = 0
        while self._waiting and size < CHUNK_BYTES:
            frame = self._waiting.popleft()
            size += len(frame.encoded)
            taken.append(frame)
        self._size -= size
        return taken


class Broker:
    """Hands the frames of each session to its streams, in the order in which they are published."""

    def __init__(self) -> None:
        self._streams: dict[str, set[Subscription]] = {}

    def subscribe(self, session_id: str, wish: Wish) -> Subscription:
        subscription = Subscription(wish)
        self._streams.setdefault(session_id, set()).add(subscription)
        return subscription

    def unsubscribe(self, session_id: str, subscription: Subscription) -> None:
        streams = self._streams.get(session_id)
        if streams is None:
            return
        streams.discard(subscription)
        if not streams:
            del self._streams[session_id]

    def publish(self, session_id: str, frames: Iterable[Frame]) -> None:
        streams = self._streams.get(session_id)
        if not streams:
            return
        for frame in frames:
            for subscription in streams:
                subscription.offer(frame)

    def close(self, session_id: str | None = None) -> None:
        """End the streams of one session, or all."""
        chosen = self._streams.values() if session_id is None else [self._streams.get(session_id, set())]
        for streams in list(chosen):
            for subscription in list(streams):
                subscription.close()
