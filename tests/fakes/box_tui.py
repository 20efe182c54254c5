"""An agent CLI's face: a slow banner, an input box that redraws itself, collapsed pastes, questions.

Set by the environment: FACE is whose (claude, codex, cursor, opencode); START_SECONDS before anything is drawn;
DEAF_SECONDS between the banner and the input box; DEAF_TO is a key that does nothing; SLOW_KEYS is how many seconds
each key takes; SWALLOW_ENTERS that are lost; QUESTION=1 asks before it begins, and again when it is told "ask me";
DROP_PASTES that are not taken; RECORD is a file that gets one JSON line per submitted message; ALTERNATE=1 uses the
alternate screen; EXIT_AFTER seconds leaves.
"""

from __future__ import annotations

import json
import os
import re
import select
import sys
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass

ARROWS = {"\x1b[D": 1, "\x1bOD": 1, "\x1b[C": 0, "\x1bOC": 0}
COLLAPSE, COLLAPSE_BREAKS = 800, 2
RULE = "─" * 60


def dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[22m"


def grey(text: str) -> str:
    return f"\x1b[38;2;128;128;128m{text}\x1b[39m"


@dataclass(frozen=True)
class Look:
    """How one program draws itself; `box` turns the draft's lines into rows."""

    banner: str
    box: Callable[[list[str]], list[str]]
    suggestion: str
    collapsed: str
    question: tuple[str, ...]


PLACES = {"claude": (1, 2), "codex": (0, 2), "cursor": (1, 4), "opencode": (1, 3)}
"""Where a draft begins in its box: rows and columns in front of it."""


def claude_box(draft: list[str]) -> list[str]:
    return [RULE, f"❯ {draft[0]}", *(f"  {line}" for line in draft[1:]), RULE, "  ? for shortcuts"]


def codex_box(draft: list[str]) -> list[str]:
    return [f"› {draft[0]}", *(f"  {line}" for line in draft[1:]), "", "  stub default · /tmp/work"]


def cursor_box(draft: list[str]) -> list[str]:
    return [
        "┌" + RULE + "┐",
        f"│ → {draft[0]}",
        *(f"│   {line}" for line in draft[1:]),
        "└" + RULE + "┘",
        "  / commands",
    ]


def opencode_box(draft: list[str]) -> list[str]:
    return ["┃", *(f"┃  {line}" for line in draft), "┃", "┃  Build · stub Fake", "╹" + "▀" * 60, "  ctrl+p commands"]


FACES = {
    "claude": Look(
        "Welcome to Fake Code", claude_box, "\x1b[7mT\x1b[27m" + dim('ry "edit <filepath> to..."'),
        "[Pasted text #{number} +{lines} lines]",
        ("Do you want to proceed?", "❯ 1. Yes", "  2. No", "Esc to cancel"),
    ),
    "codex": Look(
        "OpenFake Codex", codex_box, dim("Ask Codex to do anything"), "[Pasted Content {characters} chars]",
        ("Would you like to run the following command?", "$ ls", "› 1. Yes, proceed (y)", "  2. No",
         "Press enter to confirm or esc to cancel"),
    ),
    "cursor": Look(
        "Cursor Agent", cursor_box, dim("Plan, search, build anything"), "[Pasted text #{number}]",
        ("Run this command?", "  → Run (once) (y)", "    Skip (esc or n)"),
    ),
    "opencode": Look(
        "opencode", opencode_box, grey('Ask anything… "Fix a TODO"'), "[Pasted ~{lines} lines]",
        ("△ Permission required", "  # Shell command", "  $ ls", "   Allow once   Allow always   Reject"),
    ),
}  # fmt: skip


class Face:
    def __init__(self) -> None:
        self.look = FACES[os.environ.get("FACE", "claude")]
        self.draft = ""
        self.shown = ""
        self.said: list[str] = []
        self.question = os.environ.get("QUESTION") == "1"
        self.swallow = int(os.environ.get("SWALLOW_ENTERS", "0"))
        self.drop = int(os.environ.get("DROP_PASTES", "0"))
        self.pastes = 0
        self.left = 0

    def draw(self) -> None:
        rows = [self.look.banner, "", *self.said[-20:]]
        if self.question:
            rows += self.look.question
        else:
            rows += self.look.box(self.shown.split("\n") if self.shown else [self.look.suggestion])
        os.write(1, ("\x1b[H\x1b[2J" + "\r\n".join(rows) + self.cursor()).encode())

    def cursor(self) -> str:
        """To the draft's end, where the terminal's cursor stands in the real programs too."""
        rows, columns = PLACES[os.environ.get("FACE", "claude")]
        above, _, line = self.shown.rpartition("\n")
        row = 2 + len(self.said[-20:]) + rows + (above.count("\n") + 1 if "\n" in self.shown else 0)
        return "" if self.question else f"\x1b[{row + 1};{columns + len(line) + 1 - self.left}H"

    def paste(self, text: str) -> None:
        if self.drop:
            self.drop -= 1
            return
        self.pastes += 1
        self.draft += text
        sign = self.look.collapsed.format(number=self.pastes, lines=text.count("\n"), characters=len(text))
        self.shown += sign if len(text) > COLLAPSE or text.count("\n") > COLLAPSE_BREAKS else text

    def key(self, key: str) -> None:
        if key == os.environ.get("DEAF_TO"):
            return
        if self.question:
            self.question = key not in "1\ry"
        elif key == "\r":
            self.enter()
        elif key in ARROWS:
            self.left = ARROWS[key] if self.shown else 0
        elif key == "\x1b":
            self.draft = self.shown = ""
        elif key == "\x15":
            self.draft, self.shown = erased(self.draft), erased(self.shown)
        elif key != "\x05":
            self.draft += key
            self.shown += key

    def enter(self) -> None:
        if self.swallow:
            self.swallow -= 1
            return
        with open(os.environ["RECORD"], "a", encoding="utf-8") as record:
            record.write(json.dumps({"text": self.draft, "argv": sys.argv[1:]}) + "\n")
        self.question = "ask me" in self.draft
        self.said += [f"> {line}" for line in self.shown.split("\n")] + ["● Understood."]
        self.draft = self.shown = ""


def erased(text: str) -> str:
    """The line before the cursor goes; when it is empty already, the break before it."""
    above, broken, line = text.rpartition("\n")
    return above + broken if line else above


def keys(data: str) -> list[tuple[str, str]]:
    found = []
    for part in re.split(r"(\x1b\[200~.*?\x1b\[201~|\x1b[O\[][CD])", data, flags=re.DOTALL):
        if part.startswith("\x1b[200~"):
            found.append(("paste", part[6:-6]))
        elif part in ARROWS:
            found.append(("key", part))
        else:
            found += [("key", key) for key in part]
    return found


def main() -> None:
    leave = time.monotonic() + float(os.environ.get("EXIT_AFTER", "1e9"))
    time.sleep(float(os.environ.get("START_SECONDS", "0")))
    tty.setraw(0)
    if os.environ.get("ALTERNATE") == "1":
        os.write(1, b"\x1b[?1049h")
    face = Face()
    os.write(1, b"\x1b[?2004h" + face.look.banner.encode() + b"\r\n")
    time.sleep(float(os.environ.get("DEAF_SECONDS", "0")))
    face.draw()
    waiting, slow = b"", float(os.environ.get("SLOW_KEYS", "0"))
    while time.monotonic() < leave:
        if not select.select([0], [], [], 0.05)[0]:
            continue
        waiting += os.read(0, 1 << 20)
        if waiting.count(b"\x1b[200~") > waiting.count(b"\x1b[201~"):
            continue
        for kind, text in keys(waiting.decode()):
            face.paste(text) if kind == "paste" else face.key(text)
            if slow:
                face.draw()
                time.sleep(slow)
        waiting = b""
        face.draw()
    sys.exit(5)


if __name__ == "__main__":
    main()
