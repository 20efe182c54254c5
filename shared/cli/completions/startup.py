"""One marked block in a shell's start-up file: added once, taken out again to the byte."""

from __future__ import annotations

import re
from pathlib import Path

from shared import durable
from shared.errors import OmaError


def add_block(path: Path, name: str, lines: list[str]) -> bool:
    """Put the block `name` at the end of `path`, in place of an older one; False when it stands there as wanted."""
    before = _read(path)
    if any(_block(name, lines, joined=joined) in before for joined in (False, True)):
        return False
    rest = _without(before, name)
    joined = bool(rest) and not rest.endswith(b"\n")
    _write(path, rest + (b"\n" if joined else b"") + _block(name, lines, joined=joined))
    return True


def has_block(path: Path, name: str) -> bool:
    before = _read(path)
    return _without(before, name) != before


def remove_block(path: Path, name: str) -> bool:
    """Take the block `name` out of `path`; False when there is none."""
    before = _read(path)
    rest = _without(before, name)
    if rest == before:
        return False
    _write(path, rest)
    return True


def _block(name: str, lines: list[str], *, joined: bool) -> bytes:
    inside = "".join(line + "\n" for line in lines)
    return _begin(name, joined=joined) + inside.encode() + _end(name)


def _begin(name: str, *, joined: bool) -> bytes:
    """`joined` remembers that the file did not end with a newline before the block came."""
    return f"# >>> {name} >>>{' (joined)' if joined else ''}\n".encode()


def _end(name: str) -> bytes:
    return f"# <<< {name} <<<\n".encode()


def _without(body: bytes, name: str) -> bytes:
    for joined in (False, True):
        head, found, tail = body.partition(_begin(name, joined=joined))
        _inside, closed, after = tail.partition(_end(name))
        if found and closed and (not head or head.endswith(b"\n")):
            return _unjoined(head, after) if joined else head + after
    return body


def _unjoined(head: bytes, after: bytes) -> bytes:
    """Take back the newline that a joined block brought; a block behind it inherits it instead."""
    if not after:
        return head[:-1]
    return head + re.sub(rb"\A(# >>> [^\n]* >>>)\n", rb"\1 (joined)\n", after)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise OmaError(f"Cannot read {path}: {error.strerror}.") from error


def _write(path: Path, body: bytes) -> None:
    """Replace the file itself, not a link to it (dotfiles are often links), and keep its mode."""
    real = path.resolve()
    mode = real.stat().st_mode & 0o777 if real.exists() else 0o644
    durable.write_atomic(real, body, mode=mode)
