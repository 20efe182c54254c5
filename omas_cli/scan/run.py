"""One scan: plan, read, keep; what was read is kept in steps, so an interruption loses only the last of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from msgspec import Struct, field

from omas_cli.ledger import Ledger, Reading
from omas_cli.scan import plan, work
from omas_cli.scan.plan import Wanted
from omas_cli.scan.work import Outcome
from shared.transcripts.model import Skipped, Source

SAVE_EVERY_SECONDS = 0.5


class Summary(Struct):
    """What a scan did. `found` counts sources on the disk, `read` those that were new or changed."""

    found: int = 0
    read: int = 0
    sessions: int = 0
    skipped_lines: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def skipped_files(self) -> int:
        return len({line.path for line in self.skipped})


def scan(
    ledger: Ledger,
    wanted: Wanted,
    *,
    processes: Callable[[], int],
    progress: Callable[[int], Callable[[], None]],
) -> Summary:
    """Bring the ledger up to date. `progress(total)` returns what is called after each source."""
    projects = {record.id: record.project for record in ledger.sessions()} if wanted.project is not None else {}
    planned = plan.make_plan(wanted, ledger.files(), projects)
    summary = Summary(found=len(planned.found), read=len(planned.sources))
    outcomes = work.read_all(planned.sources, processes)
    misnamed = _keep(ledger, outcomes, summary, progress(summary.read))
    _keep_misnamed(ledger, misnamed, planned.found, summary)
    if summary.read:
        from omas_cli.scan import forks

        summary.failures.extend(forks.separate(ledger, planned.found))
    summary.sessions = ledger.count()
    return summary


def _keep(ledger: Ledger, outcomes: Iterable[Outcome], summary: Summary, advance: Callable[[], None]) -> list[Outcome]:
    """Keep outcomes as they come, except those whose session is not the one the place of the log tells."""
    misnamed: list[Outcome] = []
    unsaved: list[Reading] = []
    saved_at = time.monotonic()
    try:
        for outcome in outcomes:
            _count(summary, outcome)
            if _is_misnamed(outcome):
                misnamed.append(outcome)
            elif outcome.reading is not None:
                unsaved.append(outcome.reading)
            advance()
            if time.monotonic() - saved_at > SAVE_EVERY_SECONDS:
                ledger.save(unsaved)
                unsaved.clear()
                saved_at = time.monotonic()
    finally:
        ledger.save(unsaved)
    return misnamed


def _keep_misnamed(ledger: Ledger, misnamed: list[Outcome], found: list[Source], summary: Summary) -> None:
    """A log that holds a session another log holds too is read again together with that one."""
    owners = {(source.tool, source.session_id): source for source in found}
    again: dict[tuple[str, str], Source] = {}
    for outcome in misnamed:
        assert outcome.reading is not None
        key = (outcome.source.tool, outcome.reading.records[0].id)
        if key in owners:
            again[key] = owners[key] = plan.merged(owners[key], outcome.source)
        else:
            owners[key] = Source(key[0], key[1], outcome.source.files)
            ledger.save([outcome.reading])
    repeated = Summary()
    _keep(ledger, map(work.outcome_of, again.values()), repeated, lambda: None)
    summary.failures.extend(repeated.failures)


def _is_misnamed(outcome: Outcome) -> bool:
    named = outcome.source.session_id
    records = outcome.reading.records if outcome.reading is not None else []
    return bool(named) and len(records) == 1 and records[0].id != named


def _count(summary: Summary, outcome: Outcome) -> None:
    summary.skipped_lines += outcome.skipped_lines
    summary.skipped.extend(outcome.skipped)
    if outcome.failure is not None:
        summary.failures.append((outcome.source.files[0].path, outcome.failure))
