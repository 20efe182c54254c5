"""One JSONL log of the synthetic corpus: envelopes, lines that are cut short, lines that are nasty."""

from __future__ import annotations

import json
import random
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

NASTY = [
    "bad_utf8", "scalar", "array", "null_message", "null_usage", "naive_time", "string_usage", "huge_line",
]  # fmt: skip
UNREADABLE = ("bad_utf8", "scalar", "array")
"""Those nasty lines that cannot be used at all; the others are odd in one field."""

Json = dict[str, Any]


def dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def milliseconds(when: datetime) -> int:
    """The instant as `stamp` writes it, in ms since the epoch."""
    return int(when.replace(microsecond=0).timestamp()) * 1000 + when.microsecond // 1000


class Log:
    """Writes lines with their envelope; a share `broken` of them is followed by a torn or empty one."""

    def __init__(
        self,
        path: Path,
        rng: random.Random,
        session: str,
        cwd: str,
        version: str,
        broken: float,
        agent: str | None = None,
    ) -> None:
        self.file = path.open("wb")
        self.rng, self.session, self.cwd, self.version = rng, session, cwd, version
        self._broken, self._agent = broken, agent
        self._parent: str | None = None
        self.bytes = self.lines = self.broken_lines = 0
        self.first_ms: int | None = None
        self.last_ms: int | None = None

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def raw(self, data: str | bytes) -> None:
        body = data.encode() if isinstance(data, str) else data
        self.file.write(body + b"\n")
        self.bytes += len(body) + 1
        self.lines += 1

    def line(self, value: Json) -> None:
        text = dumps(value)
        self.raw(text)
        if self.rng.random() < self._broken:
            self.broken_lines += 1
            kind = self.rng.randrange(3)
            if kind == 0:
                self.raw("")
            elif kind == 1:
                self.raw(text[: self.rng.randint(5, 60)])
            else:
                self.raw('{"type":"assistant","message":{"id":"msg_cut","usage":{"input_tok')

    def entry(self, kind: str, when: datetime, **more: Any) -> None:
        value: Json = {
            "parentUuid": self._parent,
            "isSidechain": self._agent is not None,
            "userType": "external",
            "cwd": self.cwd,
            "sessionId": self.session,
            "version": self.version,
            "gitBranch": "main",
        }
        if self._agent:
            value["agentId"] = self._agent
        value["type"] = kind
        value.update(more)
        self._parent = value["uuid"] = self.new_id()
        value["timestamp"] = stamp(when)
        self.seen_at(milliseconds(when))
        self.line(value)

    def seen_at(self, at_ms: int) -> None:
        """A line bears this instant."""
        self.first_ms = at_ms if self.first_ms is None else min(self.first_ms, at_ms)
        self.last_ms = at_ms if self.last_ms is None else max(self.last_ms, at_ms)

    def close(self) -> None:
        self.file.close()


def nasty_line(log: Log, kind: str, when: datetime) -> None:
    """One line of kind `kind` of NASTY at the end of a log."""
    base: Json = {"type": "assistant", "sessionId": log.session, "timestamp": stamp(when)}
    if kind == "bad_utf8":
        log.raw(b'{"type":"user","message":{"content":"\xff\xfe\xc3"}}')
    elif kind == "scalar":
        log.raw('"just a string"')
    elif kind == "array":
        log.raw("[1,2,3]")
    elif kind == "naive_time":
        message = {"id": "msg_t", "content": []}
        log.raw(dumps({**base, "timestamp": "2026-03-02T09:00:00", "message": message}))
        log.seen_at(milliseconds(datetime.fromisoformat("2026-03-02T09:00:00+00:00")))
    else:
        log.raw(dumps({**base, "message": _odd_message(kind)}))
        log.seen_at(milliseconds(when))


def _odd_message(kind: str) -> Json | None:
    if kind == "null_message":
        return None
    if kind == "null_usage":
        return {"id": "msg_n", "content": [], "usage": None}
    if kind == "string_usage":
        return {"id": "msg_s", "content": [], "usage": {"input_tokens": None, "output_tokens": "12"}}
    return {"id": "msg_h", "content": [{"type": "text", "text": "x" * 3000000}]}
