"""Secrets that are wrapped in base64, as headers, Kubernetes and shells pass them on."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

_RUN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{16,16384}={0,2}(?![A-Za-z0-9+/_=-])")
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]+")
_FIRST = 16
"""What is text is text in its first characters: nearly all else is seen by them and need not be decoded."""
_CREDENTIALS = re.compile(r"[^\s:]{0,128}:[^\s]{1,512}|[^\s\0]{0,128}\0[^\s\0]{1,128}\0[^\s\0]{1,512}")


def wrapped_secrets(text: str, holds_secret: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Spans of base64 that is a text with a secret in it."""
    for run in _RUN.finditer(text):
        if _is_text(_decoded(run[0][:_FIRST])):
            decoded = _decoded(run[0])
            if _is_text(decoded) and holds_secret(decoded.decode("ascii")):
                yield run.span()


def holds_credentials(value: str) -> bool:
    """Whether base64 is `user:password`."""
    return bool(_CREDENTIALS.fullmatch(_decoded(value).decode("utf-8", "replace")))


def _is_text(decoded: bytes) -> bool:
    return bool(_TEXT.fullmatch(decoded))


def _decoded(value: str) -> bytes:
    bare = value.rstrip("=")
    if len(bare) % 4 == 1:
        return b""
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if re.search("[-_]", bare) else None)
    except (binascii.Error, ValueError):
        return b""
