"""What a person sees while the tour goes on: one line a step with its time, and the commands it took."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared import output

TITLE_WIDTH = 58


@dataclass
class Step:
    """One step: the command lines a user could type, and what came of them. `seconds` is wall time."""

    title: str
    commands: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    done: bool = False

    def command(self, words: Sequence[str]) -> None:
        self.commands.append(_shown(words))

    def note(self, text: str) -> None:
        self.notes.append(text)


class Narrator:
    """Talks on stderr; on a terminal the running step is shown at once and ticked off when it is done."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._live = output.is_terminal(sys.stderr)
        self._colour = output.use_color(sys.stderr)

    def say(self, text: str = "") -> None:
        output.say(text)

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """The block is the step; leaving it by an error marks it as failed."""
        step = Step(title)
        self.steps.append(step)
        if self._live:
            sys.stderr.write(f"{self._mark('…', '.')} {title}")
            sys.stderr.flush()
        begun = time.monotonic()
        try:
            yield step
            step.done = True
        finally:
            step.seconds = time.monotonic() - begun
            self._close(step)

    def _close(self, step: Step) -> None:
        mark = self._mark("✓", "ok", "32") if step.done else self._mark("✗", "--", "31")
        erase = "\r\x1b[K" if self._live else ""
        output.say(f"{erase}{mark} {step.title.ljust(TITLE_WIDTH)} {step.seconds:5.1f} s")
        for command in step.commands:
            output.say(self._dim(f"    $ {command}"))
        for note in step.notes:
            output.say(f"      {output.printable(note)}")

    def _mark(self, sign: str, plain: str, colour: str = "") -> str:
        encoding = (sys.stderr.encoding or "ascii").lower().replace("-", "")
        text = sign if encoding == "utf8" else plain
        return f"\x1b[{colour}m{text}\x1b[0m" if colour and self._colour else text

    def _dim(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._colour else text


def _shown(words: Sequence[str]) -> str:
    """A command line as a person types it: quotes only where a shell wants them."""
    import shlex

    return " ".join(word if word in ("|", ">") else shlex.quote(word) for word in words)
