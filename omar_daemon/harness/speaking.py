"""An answer while it is being streamed: frames for live readers, drafts for the case that the daemon dies.

The id of a message is chosen before its first piece is shown and is the id of the event it becomes. A piece of text is
kept before it is shown: what a reader has seen survives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omar_daemon.harness.frames import Frame, chunk, preview_start, preview_text
from omar_daemon.harness.journal import Entry, Journal
from omar_daemon.harness.providers.interface import Piece
from omar_daemon.store.managed import events
from omar_daemon.store.managed.ids import new_id

_NAMES = {"text": ("agent.message", "message_id"), "thinking": ("agent.thinking", "thinking_id")}
_TOOL = ("agent.tool_use_input", "tool_use_id")


@dataclass
class _Open:
    """A content block that was begun: the id of its event, and how many pieces of it were kept."""

    kind: str
    event_id: str
    parts: int = 0
    shown: bool = False


class Speaker:
    """Shows the pieces of one model answer."""

    def __init__(self, journal: Journal, session_id: str) -> None:
        self._journal = journal
        self._session_id = session_id
        self._open: dict[int, _Open] = {}

    def event_id(self, index: int, kind: str) -> str:
        """The id of the event that block `index` becomes."""
        return self._block(index, kind).event_id

    async def hear(self, pieces: Iterable[Piece]) -> None:
        """Show pieces; neighbours of one block are shown as one."""
        frames: list[Frame] = []
        drafts: list[tuple[str, int, str]] = []
        for piece in _joined(pieces):
            block = self._block(piece.index, piece.kind)
            frames += _frames(block, piece)
            if piece.kind == "text" and piece.text:
                drafts.append((block.event_id, block.parts, piece.text))
                block.parts += 1
        if not drafts:
            await self._journal.show(self._session_id, *frames)
            return

        def work(connection: Connection) -> Sequence[Entry]:
            for message_id, part, text in drafts:
                events.keep_draft(connection, self._session_id, message_id, part, text)
            return frames

        await self._journal.commit(self._session_id, work)

    async def become(self, index: int, value: dict[str, Any]) -> str:
        """Block `index` is whole: store its event under the id that was shown; returns the id."""
        block = self._open.pop(index)
        event = {**value, "id": block.event_id}

        def work(connection: Connection) -> Sequence[Entry]:
            if block.parts:
                events.drop_draft(connection, block.event_id)
            return [*_end(block, "completed"), *events.append(connection, self._session_id, [event])]

        await self._journal.commit(self._session_id, work)
        return block.event_id

    def forget(self, index: int) -> None:
        """Block `index` turned out to be empty."""
        self._open.pop(index, None)

    async def abort(self) -> None:
        """The answer broke off and will be asked for again: what was shown of it is taken back."""
        left, self._open = list(self._open.values()), {}
        if not left:
            return

        def work(connection: Connection) -> Sequence[Entry]:
            for block in left:
                events.drop_draft(connection, block.event_id)
            return [frame for block in left for frame in _end(block, "aborted")]

        await self._journal.commit(self._session_id, work)

    def _block(self, index: int, kind: str) -> _Open:
        if index not in self._open:
            self._open[index] = _Open(kind, new_id("sevt"))
        return self._open[index]


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and (last.index, last.kind) == (piece.index, piece.kind):
            joined[-1] = Piece(piece.index, piece.kind, last.text + piece.text, piece.name or last.name)
        else:
            joined.append(piece)
    return joined


def _frames(block: _Open, piece: Piece) -> list[Frame]:
    kind, id_name = _NAMES.get(piece.kind, _TOOL)
    named = {id_name: block.event_id}
    frames: list[Frame] = []
    if not block.shown:
        block.shown = True
        tool = {"tool_name": piece.name} if piece.kind == "tool_use" else {}
        frames.append(chunk(f"{kind}_stream_start", **named, **tool))
        if piece.kind in _NAMES:
            frames.append(preview_start(kind, block.event_id))
    if piece.text:
        frames.append(chunk(f"{kind}_chunk", **named, delta=piece.text))
        if piece.kind == "text":
            frames.append(preview_text(block.event_id, piece.text))
    return frames


def _end(block: _Open, status: str) -> list[Frame]:
    if not block.shown:
        return []
    kind, id_name = _NAMES.get(block.kind, _TOOL)
    return [chunk(f"{kind}_stream_end", **{id_name: block.event_id}, status=status)]
