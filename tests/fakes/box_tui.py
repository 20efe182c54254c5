"""An agent CLI's face: a slow banner, an input box that redraws itself, collapsed pastes, questions.

Set by the environment: START_SECONDS before anything is drawn; DEAF_SECONDS between the banner and the input box;
SWALLOW_ENTERS that are lost; QUESTION=1 asks before it begins; DROP_PASTES that are not taken; RECORD is a file
that gets one JSON line per submitted message; ALTERNATE=1 uses the alternate screen; EXIT_AFTER seconds leaves.
"""

from __future__ import annotations

import json
import os
import re
import select
import sys
import time
import tty

COLLAPSE = 800
RULE = "─" * 60


class Face:
    def __init__(self) -> None:
        self.draft = ""
        self.shown = ""
        self.said: list[str] = []
        self.question = os.environ.get("QUESTION") == "1"
        self.swallow = int(os.environ.get("SWALLOW_ENTERS", "0"))
        self.drop = int(os.environ.get("DROP_PASTES", "0"))
        self.pastes = 0

    def draw(self) -> None:
        rows = ["Welcome to Fake Code", ""]
        if self.question:
            rows += ["Do you want to proceed?", "❯ 1. Yes", "  2. No", "Esc to cancel"]
        else:
            rows += [*self.said[-20:], RULE, *f"❯ {self.shown}".split("\n"), RULE, "  ? for shortcuts"]
        os.write(1, ("\x1b[H\x1b[2J" + "\r\n".join(rows)).encode())

    def paste(self, text: str) -> None:
        if self.drop:
            self.drop -= 1
            return
        self.pastes += 1
        self.draft += text
        lines = text.count("\n")
        self.shown += f"[Pasted text #{self.pastes} +{lines} lines]" if len(text) > COLLAPSE else text

    def key(self, key: str) -> None:
        if self.question:
            self.question = key not in "1\ry"
        elif key == "\r":
            self.enter()
        elif key == "\x1b":
            self.draft = self.shown = ""
        else:
            self.draft += key
            self.shown += key

    def enter(self) -> None:
        if self.swallow:
            self.swallow -= 1
            return
        with open(os.environ["RECORD"], "a", encoding="utf-8") as record:
            record.write(json.dumps({"text": self.draft, "argv": sys.argv[1:]}) + "\n")
        self.said += [f"> {line}" for line in self.shown.split("\n")] + ["● Understood."]
        self.draft = self.shown = ""


def keys(data: str) -> list[tuple[str, str]]:
    found = []
    for part in re.split(r"(\x1b\[200~.*?\x1b\[201~)", data, flags=re.DOTALL):
        if part.startswith("\x1b[200~"):
            found.append(("paste", part[6:-6]))
        else:
            found += [("key", key) for key in part]
    return found


def main() -> None:
    leave = time.monotonic() + float(os.environ.get("EXIT_AFTER", "1e9"))
    time.sleep(float(os.environ.get("START_SECONDS", "0")))
    tty.setraw(0)
    if os.environ.get("ALTERNATE") == "1":
        os.write(1, b"\x1b[?1049h")
    os.write(1, b"\x1b[?2004hWelcome to Fake Code\r\n")
    time.sleep(float(os.environ.get("DEAF_SECONDS", "0")))
    face = Face()
    face.draw()
    waiting = b""
    while time.monotonic() < leave:
        if not select.select([0], [], [], 0.05)[0]:
            continue
        waiting += os.read(0, 1 << 20)
        if waiting.count(b"\x1b[200~") > waiting.count(b"\x1b[201~"):
            continue
        for kind, text in keys(waiting.decode()):
            face.paste(text) if kind == "paste" else face.key(text)
        waiting = b""
        face.draw()
    sys.exit(5)


if __name__ == "__main__":
    main()
