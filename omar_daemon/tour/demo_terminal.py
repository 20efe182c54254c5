"""The demo agent's end of the terminal: a prompt that takes typed lines and bracketed pastes.

A paste may hold any number of lines; Enter is a key of its own. So text reaches it as it reaches a real agent CLI.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
import termios
import tty
from collections.abc import Iterator
from types import TracebackType
from typing import Any

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_KEY = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1bO.|[^\x1b]|\x1b(?=\x1b)", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(\[[0-9;?]*|O)?\Z")
PROMPT = "❯ "


class Draft:
    """The text being entered: keys go in, submitted messages come out."""

    def __init__(self) -> None:
        self._text = ""
        self._pasting = False

    def feed(self, key: str) -> tuple[str, str | None]:
        """Take one key; what is to be echoed, and the message if the key submitted one."""
        if key in (PASTE_BEGINS, PASTE_ENDS):
            self._pasting = key == PASTE_BEGINS
            return "", None
        if self._pasting:
            key = "\n" if key == "\r" else key
            return self._add(key) if key.isprintable() or key in "\n\t" else ("", None)
        if key in "\r\n":
            return self._submit()
        if key in "\x7f\b":
            return self._rub_out()
        return self._add(key) if key.isprintable() else ("", None)

    @property
    def empty(self) -> bool:
        return not self._text

    def _add(self, key: str) -> tuple[str, None]:
        self._text += key
        return key.replace("\n", "\r\n"), None

    def _rub_out(self) -> tuple[str, None]:
        erased = "\b \b" if self._text and not self._text.endswith("\n") else ""
        self._text = self._text[:-1] if erased else self._text
        return erased, None

    def _submit(self) -> tuple[str, str | None]:
        text, self._text = self._text.strip(), ""
        return "\r\n", text or None


class Prompt:
    """Reads messages from stdin; a terminal is set to take pastes, a pipe is read whole as one message."""

    def __init__(self, banner: str) -> None:
        self._banner = banner
        self._terminal = sys.stdin.isatty()
        self._saved: list[Any] | None = None
        self._keys = self._read_keys()
        self._draft = Draft()

    def __enter__(self) -> Prompt:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        if self._terminal:
            self._saved = termios.tcgetattr(0)
            tty.setcbreak(0)
            self._write(PASTE_ON)
        self.show(self._banner)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._saved is not None:
            self._write(PASTE_OFF)
            termios.tcsetattr(0, termios.TCSADRAIN, self._saved)
        return kind is KeyboardInterrupt

    def show(self, text: str) -> None:
        self._write(text.replace("\n", "\r\n") + "\r\n")

    def read(self) -> str | None:
        """The next message; None when the terminal or pipe has ended."""
        if not self._terminal:
            return sys.stdin.read().strip() or None
        self._write(PROMPT)
        for key in self._keys:
            if key == "\x04" and self._draft.empty:
                return None
            echo, message = self._draft.feed(key)
            self._write(echo)
            if message is not None:
                return message
        return None

    def _read_keys(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pending = ""
        while chunk := os.read(0, 65536):
            pending += decoder.decode(chunk)
            unfinished = _UNFINISHED.search(pending)
            end = unfinished.start() if unfinished else len(pending)
            yield from _KEY.findall(pending[:end])
            pending = pending[end:]

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
