"""Events and projects in full: a list that can be added to and taken from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from omar_daemon.dashboard.panels import event_line, project_line

Entry = dict[str, Any]


class Listing(ModalScreen[tuple[str, Entry | None] | None]):
    """Closes with ("new", None) or ("remove", entry); the app does it and opens the list again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", priority=True),
        Binding("n", "new", priority=True),
        Binding("d", "remove", priority=True),
        Binding("down,j", "cursor(1)", priority=True),
        Binding("up,k", "cursor(-1)", priority=True),
    ]

    def __init__(
        self, title: str, entries: Callable[[], Sequence[Entry] | None], line: Callable[[Entry, int], Text], verb: str
    ) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        self._line = line
        self._verb = verb
        self._shown: list[Entry] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog tall") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = f"n new, d {self._verb}, Esc closes"
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.call_after_refresh(self.draw)
        self.set_interval(1.0, self.draw)

    def draw(self) -> None:
        """Show the entries as they are now; the cursor stays on its entry."""
        options = self.query_one(OptionList)
        chosen = self.chosen()
        self._shown = list(self._entries() or [])
        options.clear_options()
        width = max(10, options.size.width - 4)
        options.add_options([Option(self._line(entry, width)) for entry in self._shown] or [Option("There are none.")])
        ids = [entry["id"] for entry in self._shown]
        options.highlighted = ids.index(chosen["id"]) if chosen is not None and chosen["id"] in ids else 0

    def chosen(self) -> Entry | None:
        index = self.query_one(OptionList).highlighted
        return self._shown[index] if index is not None and index < len(self._shown) else None

    def action_cursor(self, step: int) -> None:
        options = self.query_one(OptionList)
        if step > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_new(self) -> None:
        self.dismiss(("new", None))

    def action_remove(self) -> None:
        entry = self.chosen()
        if entry is not None:
            self.dismiss(("remove", entry))

    def action_leave(self) -> None:
        self.dismiss(None)


def events_listing(entries: Callable[[], Sequence[Entry] | None]) -> Listing:
    return Listing("events", entries, lambda event, width: event_line(event, time.time_ns(), width), "cancels")


def projects_listing(entries: Callable[[], Sequence[Entry] | None]) -> Listing:
    return Listing("projects", entries, project_line, "is done")
