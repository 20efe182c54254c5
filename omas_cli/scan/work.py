"""Reads sources and scores them, in this process or in several."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from omas_cli.ledger import Reading
from omas_cli.record import record_of
from shared import transcripts
from shared.transcripts.model import Detail, Skipped, Source

PARALLEL_BYTES = 24 * 1024 * 1024
MOST_PROCESSES = 8
BATCHES_PER_PROCESS = 16


class Outcome(Struct, frozen=True):
    """What reading one source gave. `failure` names an error of the reader; the source is then tried again later."""

    source: Source
    reading: Reading | None
    skipped: list[Skipped]
    skipped_lines: int
    failure: str | None = None


def outcome_of(source: Source) -> Outcome:
    """Read one source. A defect of a reader costs that source only and is told."""
    records, skipped, skipped_lines = [], [], 0
    try:
        for session in transcripts.read(source, Detail.COUNTS):
            if session.id:
                records.append(record_of(session))
            skipped.extend(session.skipped)
            skipped_lines += session.skipped_lines
    except Exception as error:  # the boundary between one session and all the others
        return Outcome(source, None, [], 0, f"{type(error).__name__} while reading")
    return Outcome(source, Reading(source.tool, source.files, records), skipped, skipped_lines)


def read_all(sources: Sequence[Source], processes: Callable[[], int]) -> Iterator[Outcome]:
    """Outcomes in any order. `processes` 0 means one per processor; small work stays here and never asks for it."""
    count = _process_count(sources, processes)
    if count > 1:
        yield from _read_in_processes(sources, count)
        return
    yield from map(outcome_of, sources)


def _process_count(sources: Sequence[Source], processes: Callable[[], int]) -> int:
    if sum(source.size for source in sources) < PARALLEL_BYTES:
        return 1
    wanted = processes() or min(os.cpu_count() or 1, MOST_PROCESSES)
    return min(wanted, len(sources))


def _read_in_processes(sources: Sequence[Source], count: int) -> Iterator[Outcome]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    # A fork starts in a millisecond with everything imported; elsewhere than on Linux it is not safe.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin_worker) as pool:
        waiting = [pool.submit(_outcomes_of, batch) for batch in _batches(sources, count)]
        try:
            for future in as_completed(waiting):
                yield from future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _batches(sources: Sequence[Source], count: int) -> list[list[Source]]:
    """Batches of about one size in bytes, the largest sources first so that none is left for the end."""
    ordered = sorted(sources, key=lambda source: source.size, reverse=True)
    share = sum(source.size for source in ordered) / (count * BATCHES_PER_PROCESS)
    batches: list[list[Source]] = [[]]
    filled = 0
    for source in ordered:
        if batches[-1] and filled + source.size > share:
            batches.append([])
            filled = 0
        batches[-1].append(source)
        filled += source.size
    return batches


def _begin_worker() -> None:
    import threading

    gc.disable()
    threading.Thread(target=_end_with_the_scan, daemon=True).start()


def _end_with_the_scan() -> None:
    """A scan that is killed cannot end its workers; they would wait for work for ever."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _outcomes_of(batch: list[Source]) -> list[Outcome]:
    return [outcome_of(source) for source in batch]
