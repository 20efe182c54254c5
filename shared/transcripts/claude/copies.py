"""Lines that a fork of a session copied: they stand in the older log too and count only there."""

from __future__ import annotations

from collections.abc import Iterable

from shared.transcripts.claude.records import Record, decode
from shared.transcripts.instants import later, milliseconds
from shared.transcripts.lines import read_lines
from shared.transcripts.model import LogFile


class Copies:
    """Ids of lines and responses of older logs, and when the last of those lines was written."""

    def __init__(self, lines: dict[str, int | None], responses: set[str]) -> None:
        self._lines = lines
        self._responses = responses
        self._last_ms: int | None = None
        for at_ms in lines.values():
            self._last_ms = later(self._last_ms, at_ms)

    @classmethod
    def of(cls, files: Iterable[LogFile]) -> Copies:
        """What the logs hold; one that cannot be read holds nothing."""
        lines: dict[str, int | None] = {}
        responses: set[str] = set()
        for file in files:
            for record in records_of(file):
                if record.uuid:
                    lines[record.uuid] = milliseconds(record.timestamp)
                if record.message is not None and record.message.id:
                    responses.add(record.message.id)
        return cls(lines, responses)

    def holds(self, record: Record) -> bool:
        """Whether the line is a copy. One without an id is, when it is as old as the copied ones."""
        if record.uuid and record.uuid in self._lines:
            return True
        if record.message is not None and record.message.id:
            return record.message.id in self._responses
        if record.uuid:
            return False
        at_ms = milliseconds(record.timestamp)
        return at_ms is not None and self._last_ms is not None and at_ms <= self._last_ms


def line_times(file: LogFile) -> dict[str, int]:
    """Line id → instant (0 when it names none) of each line of a log that has an id."""
    return {record.uuid: milliseconds(record.timestamp) or 0 for record in records_of(file) if record.uuid}


def records_of(file: LogFile) -> Iterable[Record]:
    try:
        for _, _, data in read_lines(file.path, lambda _number, _reason: None):
            record = decode(data)
            if record is not None:
                yield record
    except OSError:
        return
