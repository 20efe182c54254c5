"""What formatters change in a text and what they leave: lines joined, parted, indented, quoted otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from oobo_hooks.anchor.alignment import tells, without_space

_COMMA = re.compile(rb",(?=[)\]}])")
Parts = Sequence[tuple[int, bytes]]
"""(index of a line, what a formatter leaves of it)."""


def without(lines: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Lines without what formatters change: white space, quotes, trailing commas; (index, text) of those left."""
    text, owners = bytearray(), list[int]()
    for number, line in lines:
        squeezed = without_space(line).replace(b"'", b'"')
        text += squeezed
        owners += [number] * len(squeezed)
    for found in reversed(list(_COMMA.finditer(text))):
        del text[found.start()], owners[found.start()]
    parts: dict[int, bytearray] = {}
    for byte, number in zip(text, owners, strict=True):
        parts.setdefault(number, bytearray()).append(byte)
    return [(number, bytes(part)) for number, part in parts.items()]


def equal_runs(ours: Parts, theirs: Parts) -> Iterator[dict[int, list[int]]]:
    """Runs of lines whose joined text is the same on both sides: index of theirs → the lines of ours in it."""
    start = 0
    for begin in range(len(theirs)):
        for first in range(start, len(ours)):
            run = _run(ours[first:], theirs[begin:]) if tells(theirs[begin][1]) else None
            if run is not None:
                start = first
                yield run
                break


def _run(ours: Parts, theirs: Parts) -> dict[int, list[int]] | None:
    """The shortest such run from the beginning of both; None when the texts part before."""
    found: dict[int, list[int]] = {}
    left = right = b""
    own, other = iter(ours), iter(theirs)
    index = number = -1
    while True:
        if not left:
            number, left = next(own, (-1, b""))
        if not right:
            index, right = next(other, (-1, b""))
        length = min(len(left), len(right))
        if not length or left[:length] != right[:length]:
            return None
        found.setdefault(index, []).append(number)
        left, right = left[length:], right[length:]
        if not left and not right:
            return found
