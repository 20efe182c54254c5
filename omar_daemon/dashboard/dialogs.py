"""Questions that cover the dashboard: a form, a choice by one key, a text to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from shared.errors import OmaError
from shared.output import printable


@dataclass(frozen=True)
class Field:
    """One line of a form."""

    name: str
    label: str
    value: str = ""
    hint: str = ""


LINE_BREAK = "␊"


class Line(Input):
    """One line that can hold several: line breaks of a pasted text, or of Ctrl+J, are shown as a sign."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+j", "break")]

    @property
    def text(self) -> str:
        """What was written, its line breaks as line breaks."""
        return self.value.replace(LINE_BREAK, "\n")

    def on_paste(self, event: events.Paste) -> None:
        # The widget's own way would drop every line but the first.
        event.prevent_default()
        event.stop()
        lines = event.text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
        self.insert_text_at_cursor(LINE_BREAK.join(lines))

    def action_break(self) -> None:
        self.insert_text_at_cursor(LINE_BREAK)


class Form(ModalScreen[bool]):
    """Fields and one Enter. `submit` gets the values in a thread; what it raises is shown and the form stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", priority=True),
        Binding("down,tab", "app.focus_next", priority=True),
        Binding("up,shift+tab", "app.focus_previous", priority=True),
    ]

    def __init__(self, title: str, fields: Sequence[Field], submit: Callable[[dict[str, str]], Any]) -> None:
        super().__init__()
        self._title = title
        self._fields = fields
        self._submit = submit
        self._busy = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "Enter does it, Tab next, Ctrl+J line break, Esc leaves"
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Label(field.label)
                    yield Line(field.value, placeholder=field.hint, id=field.name, compact=True)
            yield Static("", id="refusal")

    def on_mount(self) -> None:
        empty = [field.name for field in self._fields if not field.value]
        self.query_one(f"#{(empty or [self._fields[0].name])[0]}", Input).focus()

    def on_input_submitted(self) -> None:
        if not self._busy:
            self._busy = True
            self.query_one("#refusal", Static).update(Text("One moment …", "dim"))
            self.run_worker(self._do(), exit_on_error=True)

    async def _do(self) -> None:
        import asyncio

        values = {field.name: self.query_one(f"#{field.name}", Line).text for field in self._fields}
        try:
            await asyncio.to_thread(self._submit, values)
        except OmaError as error:
            self._busy = False
            self.query_one("#refusal", Static).update(Text(printable(error.message), "bold #f7768e"))
        else:
            self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)


class Choice(ModalScreen[str | None]):
    """A question answered by one key; every other key is no."""

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question = question
        self._answers = answers

    def compose(self) -> ComposeResult:
        text = Text(printable(self._question) + "\n\n")
        for key, meaning in [*self._answers, ("Esc", "no")]:
            text.append(f" {key} ", "reverse")
            text.append(f" {meaning}   ")
        with Vertical(classes="dialog small"):
            yield Static(text)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(event.character if event.character in dict(self._answers) else None)


class Reading(ModalScreen[None]):
    """A text to scroll through; Esc, q or Enter closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "leave", "close"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def __init__(self, title: str, text: Text, *, from_end: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._from_end = from_end

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog tall") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "↑ ↓ more, Esc closes"
            yield Static(self._text)

    def on_mount(self) -> None:
        scroll = self.query_one(VerticalScroll)
        scroll.focus()
        if self._from_end:
            scroll.scroll_end(animate=False)

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)
