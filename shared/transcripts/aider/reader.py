"""Reads a chat history of Aider.

    # aider chat started at 2026-03-01 10:00:00      a session begins (the user's own clock)
    #### what a person typed                         lines after each other are one message
    > what the program said                          models, tokens, edits, commands, commits
    anything else                                    the model's answer

No line but the first carries a time: calls and answers stand at the session's start, and the session ends when
the file was last written if it is the last one in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from shared.transcripts.assembly import Skips, Talk, session_of
from shared.transcripts.lines import read_lines
from shared.transcripts.model import Detail, LogFile, Position, Response, Session, Source, Usage

HEADING = "# aider chat started at "
_TOKENS = re.compile(
    r"Tokens: ([\d.,]+)([kM]?) sent,(?: ([\d.,]+)([kM]?) cache write,)?"
    r"(?: ([\d.,]+)([kM]?) cache hit,)? ([\d.,]+)([kM]?) received"
)
_MODEL = re.compile(r"(?:Main model|Model): (\S+)")
_VERSION = re.compile(r"Aider v(\S+)")
_EDIT = re.compile(r"Applied edit to (.+)")
_COMMIT = re.compile(r"Commit ([0-9a-f]{7,40}) ")
_RUN = re.compile(r"Running (.+)")
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000}
# Commands that carry a message to the model.
_SPEAKING = ("/ask ", "/code ", "/architect ", "/chat ")

Wanted = Callable[[str, str | None], bool]


def read(source: Source, detail: Detail) -> Iterator[Session]:
    yield from read_wanted(source, detail, lambda _id, _cwd: True)


def read_wanted(source: Source, detail: Detail, wanted: Wanted) -> Iterator[Session]:
    """The sessions of the history for whose id and directory `wanted` is true, in the order they stand."""
    file = source.files[0]
    folder = str(Path(file.path).parent)
    skips = Skips()
    reading: _Reading | None = None
    known: dict[str, int] = {}
    try:
        for number, offset, data in read_lines(file.path, partial(_skip, skips, file.path)):
            line = data.decode()
            if line.startswith(HEADING):
                yield from _finished(reading, source, skips, wanted, folder, None)
                reading = _Reading(detail, line.removeprefix(HEADING).strip(), file, known)
            elif reading is not None:
                reading.add(line, Position(0, number, offset))
    except OSError as error:
        skips.add(file.path, 0, error.strerror or "cannot be read")
    yield from _finished(reading, source, skips, wanted, folder, file)


def _skip(skips: Skips, path: str, number: int, reason: str) -> None:
    """Markdown has empty lines; they are no defect."""
    if reason != "empty":
        skips.add(path, number, reason)


def _finished(
    reading: _Reading | None, source: Source, skips: Skips, wanted: Wanted, folder: str, last: LogFile | None
) -> Iterator[Session]:
    if reading is None or not wanted(reading.id, folder):
        return
    reading.end_message()
    if reading.talk.is_empty:
        return
    if last is not None and reading.started_ms is not None:
        reading.talk.note(max(last.modified_ns // 1_000_000, reading.started_ms))
    yield session_of(
        source,
        reading.id,
        reading.talk,
        skips,
        cwd=folder,
        version=reading.version,
        modified_ms=None if last is not None else reading.started_ms,
    )
    skips.told, skips.count = [], 0


class _Reading:
    """One session of the file."""

    def __init__(self, detail: Detail, begun: str, file: LogFile, known: dict[str, int]) -> None:
        known[begun] = known.get(begun, 0) + 1
        mark = f"{file.path}\0{begun}\0{known[begun]}"
        self.id = f"aider-{hashlib.sha256(mark.encode('utf-8', 'replace')).hexdigest()[:32]}"
        self.talk = Talk(detail)
        self.version: str | None = None
        self.started_ms = _local(begun)
        self.talk.note(self.started_ms)
        self._model: str | None = None
        self._typed: list[str] = []
        self._place: Position | None = None
        self._response: Response | None = None

    def add(self, line: str, position: Position) -> None:
        if line.startswith("#### "):
            self._place = self._place if self._typed else position
            self._typed.append(line.removeprefix("#### ").removesuffix("  "))
            return
        self.end_message()
        if line.startswith("> "):
            self._add_notice(line.removeprefix("> ").strip())
        elif line.strip():
            self.talk.say(self._answer(), line)

    def end_message(self) -> None:
        if not self._typed:
            return
        words, self._typed = "\n".join(self._typed), []
        self._response = None
        if words.startswith("/") and not words.startswith(_SPEAKING):
            return
        key = f"{self.id}#{len(self.talk.humans)}"
        self.talk.human(key, self.started_ms, words, 0, self._place if self.talk.keeps_content else None)

    def _add_notice(self, notice: str) -> None:
        if found := _VERSION.match(notice):
            self.version = found[1]
        elif found := _MODEL.match(notice):
            self._model = found[1]
        elif found := _TOKENS.match(notice):
            self._answer().usage.add(_usage(found))
        elif found := _EDIT.match(notice):
            self._call("edit", {"path": found[1]})
        elif found := _COMMIT.match(notice):
            self._call("commit", {"commit": found[1]})
        elif found := _RUN.match(notice):
            self._call("run", {"command": found[1]})

    def _answer(self) -> Response:
        if self._response is None:
            key = f"{self.id}#answer {len(self.talk.responses)}"
            self._response = self.talk.response(key, self.started_ms, self._model)
        return self._response

    def _call(self, name: str, asked: dict[str, str]) -> None:
        call_id = f"{self.id}#call {len(self.talk.calls)}"
        self.talk.call(self._answer(), call_id, name, self.started_ms, asked)
        self.talk.result(call_id, self.started_ms)


def _local(text: str) -> int | None:
    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _usage(found: re.Match[str]) -> Usage:
    sent, written, hit, received = (_count(found[place], found[place + 1]) for place in (1, 3, 5, 7))
    # What was written to the cache and found in it is told beside what was sent, not within it.
    return Usage(sent, received, hit, written)


def _count(digits: str | None, factor: str | None) -> int:
    try:
        return round(float((digits or "0").replace(",", "")) * _FACTORS[factor or ""])
    except ValueError:
        return 0
