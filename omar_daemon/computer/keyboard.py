"""Pressing keys through XTest, whatever the keyboard's layout.

A symbol that the layout has no key for is put on a key without symbols. Programs learn of that by a message and ask
the server for the new layout some time later, so a borrowed key keeps its symbol until it is needed again, and is not
given another one before all programs have had time to see the first.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from omar_daemon.computer.keysyms import UNICODE_BASE

KEY_SECONDS = 0.002
LAYOUT_SECONDS = 0.06
REUSE_SECONDS = 0.4
CAPS_LOCK = 0xFFE5
SHIFT = 0xFFE1


class Keyboard:
    """The keyboard of an open Xlib display; used by one thread."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._columns: dict[int, tuple[int, bool]] = {}
        self._borrowed: dict[int, int] = {}
        self._used: dict[int, float] = {}
        self._spare: list[int] = []
        self.read_layout()

    def read_layout(self) -> None:
        """Learn which key carries which symbol: a person may have changed the layout."""
        first, last = self._display.display.info.min_keycode, self._display.display.info.max_keycode
        rows = self._display.get_keyboard_mapping(first, last - first + 1)
        keys = {first + index: tuple(row) for index, row in enumerate(rows)}
        ours = {code for code, symbol in self._borrowed.items() if set(keys.get(code, ())) - {0} == {symbol}}
        self._borrowed = {code: symbol for code, symbol in self._borrowed.items() if code in ours}
        self._spare = [code for code, row in keys.items() if code not in ours and _is_free(row)]
        self._columns = {}
        for column, shifted in ((1, True), (0, False)):
            for code, row in reversed(keys.items()):
                if code not in ours and not _is_free(row) and len(row) > column and row[column]:
                    self._columns[row[column]] = (code, shifted)

    def type(self, symbols: Sequence[int], stop: threading.Event) -> int:
        """Press and release each symbol's key; returns how many before `stop` was set."""
        self.read_layout()
        done = 0
        with self._neutral():
            while done < len(symbols) and not stop.is_set():
                batch = self._batch(symbols[done:])
                self._provide(batch)
                for symbol in batch:
                    if stop.is_set():
                        break
                    self._strike([symbol])
                    done += 1
        return done

    def give_back(self) -> None:
        """Take the borrowed symbols off the keyboard again."""
        for code in self._borrowed:
            self._display.change_keyboard_mapping(code, [(0, 0)])
        self._borrowed = {}
        self._display.sync()

    def chord(self, symbols: Sequence[int]) -> None:
        """Press the symbols' keys in order, release them in the opposite order."""
        self.read_layout()
        self._provide(symbols)
        with self._neutral():
            self._strike(symbols)

    def _batch(self, symbols: Sequence[int]) -> Sequence[int]:
        """As many of the next symbols as there are keys for at the same time."""
        capacity = max(1, len(self._spare) + len(self._borrowed))
        missing: set[int] = set()
        for index, symbol in enumerate(symbols):
            if symbol not in self._columns:
                missing.add(symbol)
            if len(missing) > capacity:
                return symbols[:index]
        return symbols

    def _provide(self, symbols: Sequence[int]) -> None:
        """Put every symbol without a key on a borrowed one."""
        here = set(self._borrowed.values())
        missing = [symbol for symbol in dict.fromkeys(symbols) if symbol not in self._columns and symbol not in here]
        for symbol in missing:
            self._borrow(symbol, keep=set(symbols))
        if missing:
            self._display.sync()
            time.sleep(LAYOUT_SECONDS)

    def _borrow(self, symbol: int, keep: set[int]) -> None:
        if self._spare:
            code = self._spare.pop()
        else:
            free = [code for code, held in self._borrowed.items() if held not in keep] or list(self._borrowed)
            code = min(free, key=lambda number: self._used.get(number, 0.0)) if free else self._last_code()
            time.sleep(max(0.0, REUSE_SECONDS - (time.monotonic() - self._used.get(code, 0.0))))
        # The same symbol with and without Shift: whatever is held, it is this one.
        self._display.change_keyboard_mapping(code, [(symbol, symbol)])
        self._borrowed[code] = symbol

    def _last_code(self) -> int:
        """A keyboard without a single free key: the last one is used, hardly ever a real key."""
        return int(self._display.display.info.max_keycode)

    def _key_of(self, symbol: int) -> tuple[int, bool]:
        if symbol in self._columns:
            return self._columns[symbol]
        code = next(code for code, held in self._borrowed.items() if held == symbol)
        self._used[code] = time.monotonic()
        return code, False

    def _strike(self, symbols: Sequence[int]) -> None:
        """Every pressed key is released, whatever happens: a held key would go on for ever."""
        pressed: list[int] = []
        try:
            for symbol in symbols:
                code, shifted = self._key_of(symbol)
                if shifted and self._key_of(SHIFT)[0] not in pressed:
                    self._press(self._key_of(SHIFT)[0], pressed)
                self._press(code, pressed)
        finally:
            for code in reversed(pressed):
                self._fake(code, down=False)
            self._display.sync()
        time.sleep(KEY_SECONDS)

    def _press(self, code: int, pressed: list[int]) -> None:
        pressed.append(code)
        self._fake(code, down=True)

    def _fake(self, code: int, *, down: bool) -> None:
        from Xlib import X
        from Xlib.ext import xtest

        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)

    @contextlib.contextmanager
    def _neutral(self) -> Iterator[None]:
        """Without Caps Lock and the modifiers that a person holds; both are put back afterwards."""
        held = self._held_modifiers()
        caps = self._caps_lock_is_on() and CAPS_LOCK in self._columns
        for code in held:
            self._fake(code, down=False)
        if caps:
            self._strike([CAPS_LOCK])
        try:
            yield
        finally:
            if caps:
                self._strike([CAPS_LOCK])
            for code in held:
                self._fake(code, down=True)
            self._display.sync()

    def _held_modifiers(self) -> list[int]:
        pressed = self._display.query_keymap()
        rows = self._display.get_modifier_mapping()
        codes = {code for row in rows for code in row if code}
        return sorted(code for code in codes if pressed[code // 8] & (1 << (code % 8)))

    def _caps_lock_is_on(self) -> bool:
        from Xlib import X

        return bool(self._display.screen().root.query_pointer().mask & X.LockMask)


def _is_free(row: Sequence[int]) -> bool:
    """A key without symbols, or one that a killed daemon borrowed: the same character with and without Shift."""
    symbols = set(row) - {0}
    if not symbols:
        return True
    character = next(iter(symbols))
    typed = character >= UNICODE_BASE or 0x20 <= character <= 0xFF
    return len(symbols) == 1 and typed and row[0] == row[1]
