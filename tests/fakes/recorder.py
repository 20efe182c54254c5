"""Writes every byte it gets from its raw terminal to the file in RECORD. `--brackets` asks for bracketed paste."""

from __future__ import annotations

import os
import sys
import tty


def main() -> None:
    tty.setraw(0)
    if "--brackets" in sys.argv:
        os.write(1, b"\x1b[?2004h")
    record = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(1, b"recording\r\n")
    while data := os.read(0, 65536):
        os.write(record, data)
        if "--echo" in sys.argv:
            os.write(1, data.replace(b"\r", b"\r\n"))


if __name__ == "__main__":
    main()
