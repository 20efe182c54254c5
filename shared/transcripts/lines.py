"""The lines of a log, one at a time, in bounded memory; a line that cannot be used costs only itself."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from io import FileIO

# Small enough that blocks and lines stay in the processor's cache.
CHUNK_BYTES = 1 << 17
LONGEST_LINE_BYTES = 16 << 20

Line = tuple[int, int, bytes]
SkipLine = Callable[[int, str], None]


def read_lines(path: str, skip: SkipLine) -> Iterator[Line]:
    """Yield (1-based number, byte offset, bytes without the line end) of each usable line of `path`.

    Lines that are empty, longer than 16 MiB or not UTF-8 are told to `skip` instead. Raises OSError when the file
    cannot be read.
    """
    is_ascii = bytes.isascii
    with FileIO(path) as file:
        number, offset = 0, 0
        for block in _blocks(file):
            if block is None:
                number += 1
                skip(number, "longer than 16 MiB")
                offset = file.tell()
                continue
            for data in block.split(b"\n"):
                number += 1
                if data and (is_ascii(data) or _is_utf8(data)):
                    yield number, offset, data
                else:
                    skip(number, "not UTF-8" if data else "empty")
                offset += len(data) + 1


def _blocks(file: FileIO) -> Iterator[bytes | None]:
    """Whole lines, many at once, without the last line end; None stands for one line that is too long."""
    begun: list[bytes] = []
    while chunk := file.read(CHUNK_BYTES):
        start = 0
        if begun:
            start = chunk.find(b"\n") + 1
            begun.append(chunk[: start - 1] if start else chunk)
            if sum(map(len, begun)) > LONGEST_LINE_BYTES:
                begun.clear()
                _to_next_line(file, start - len(chunk) if start else None)
                yield None
                continue
            if not start:
                continue
            yield b"".join(begun)
            begun.clear()
        end = chunk.rfind(b"\n")
        if end >= start:
            yield chunk[start:end]
        if end + 1 < len(chunk):
            begun.append(chunk[end + 1 :])
    if begun:
        yield b"".join(begun)


def _to_next_line(file: FileIO, back: int | None) -> None:
    """Leave `file` at the start of the next line: `back` bytes from here when known, else after the next line end."""
    if back is not None:
        file.seek(back, 1)
        return
    while chunk := file.read(CHUNK_BYTES):
        end = chunk.find(b"\n")
        if end >= 0:
            file.seek(end + 1 - len(chunk), 1)
            return


def _is_utf8(data: bytes) -> bool:
    try:
        if len(data) < CHUNK_BYTES:
            data.decode()
            return True
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), CHUNK_BYTES):
            decoder.decode(data[start : start + CHUNK_BYTES])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True
