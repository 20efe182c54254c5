"""Forks: of a session that began as a copy of an older one, only what is its own counts (contract: Fine print)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omas_cli.ledger import Ledger
from omas_cli.record import Record
from omas_cli.scan import work
from shared.transcripts.model import LogFile, Source

SourceOf = Mapping[tuple[str, str], Source]


def separate(ledger: Ledger, found: Iterable[Source]) -> list[tuple[str, str]]:
    """Read the forks among the sessions just read once more, without their copied lines; failures as (path, reason).

    A family of which a log is gone stays as it was read.
    """
    families = ledger.kin()
    failures: list[tuple[str, str]] = []
    if families:
        source_of = {(source.tool, source.session_id): source for source in found}
        for family in families:
            if all((record.tool, record.id) in source_of for record in family):
                failures += _separate_family(ledger, family, source_of)
    ledger.compared()
    return failures


def _separate_family(ledger: Ledger, family: list[Record], source_of: SourceOf) -> list[tuple[str, str]]:
    sources = [source_of[record.tool, record.id] for record in in_order(family, source_of)]
    failures: list[tuple[str, str]] = []
    older: list[LogFile] = []
    for source in sources:
        outcome = work.outcome_of(Source(source.tool, source.session_id, source.files, tuple(older)))
        if outcome.reading is not None:
            ledger.save([outcome.reading])
            if not outcome.reading.records:
                # A copy with nothing of its own.
                ledger.forget(source.tool, source.session_id)
        elif outcome.failure is not None:
            failures.append((source.files[0].path, outcome.failure))
        older.append(source.files[0])
    return failures


def in_order(family: list[Record], source_of: SourceOf) -> list[Record]:
    """The oldest first: one that names its origin comes after it; else whoever went on by himself first is older."""
    from shared.transcripts.claude import line_times

    times = {record.id: line_times(source_of[record.tool, record.id].files[0]) for record in family}
    older_than = {record.id: sum(_is_older(times[record.id], times[other.id]) for other in family) for record in family}
    ordered: list[Record] = []
    waiting = sorted(family, key=lambda record: (-older_than[record.id], record.id))
    while waiting:
        ids = {record.id for record in waiting}
        # In a circle nobody is free; then the first one is.
        free = next((record for record in waiting if record.forked_from not in ids - {record.id}), waiting[0])
        waiting.remove(free)
        ordered.append(free)
    return ordered


def _is_older(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether the lines of its own begin before those of the other; a log that has none is older than all."""

    def first_own(own: Mapping[str, int], foreign: Mapping[str, int]) -> float:
        return min((at_ms for line, at_ms in own.items() if line not in foreign), default=float("-inf"))

    return first_own(one, other) < first_own(other, one)
