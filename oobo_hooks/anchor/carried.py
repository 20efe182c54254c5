"""Lines whose writer is known from another commit: one that this one replaces or was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oobo_hooks.anchor.alignment import matches, normalised, pair_up, without_space
from oobo_hooks.anchor.writer import Writer

Lines = list[tuple[bytes, Writer | None]]
"""The changed lines of a file in their order, each with its writer; None is a person."""


@dataclass(frozen=True)
class CarriedLines:
    """What an older commit changed in one file."""

    added: Lines
    removed: Lines


def carry_over(blocks: Sequence[Lines], lines: Mapping[int, bytes]) -> Iterator[tuple[int, Writer | None]]:
    """(number, writer) of those `lines` that are lines of the `blocks`, the newest block first.

    A person's lines are carried as an agent's are: what was written by hand once stays so.
    """
    left = dict(lines)
    rest = [list(block) for block in blocks]
    for pair in (_exactly, _spaced, _anywhere):
        for block in rest:
            found = pair(block, left)
            for index, number in found:
                yield number, block[index][1]
                del left[number]
            used = {index for index, _ in found}
            block[:] = [one for index, one in enumerate(block) if index not in used]


def _exactly(block: Lines, lines: Mapping[int, bytes]) -> list[tuple[int, int]]:
    return pair_up(list(enumerate(text for text, _ in block)), list(lines.items()))


def _spaced(block: Lines, lines: Mapping[int, bytes]) -> list[tuple[int, int]]:
    ours, theirs = list(enumerate(text for text, _ in block)), list(lines.items())
    return pair_up(normalised(ours, without_space), normalised(theirs, without_space))


def _anywhere(block: Lines, lines: Mapping[int, bytes]) -> list[tuple[int, int]]:
    """What says nothing by itself, in order."""
    numbers = list(lines)
    pairs = matches([text for text, _ in block], list(lines.values()))
    return [(index, numbers[place]) for index, place in pairs]
