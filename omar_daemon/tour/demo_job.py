"""What the demo agent does, response by response: the job of the tour's repository."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field

GREETING = '''"""Kind words."""


def greet(name: str) -> str:
    return f"Hello, {name}."
'''
"""greeting.py as the tour's repository begins with it."""

FAREWELL = '''

def farewell(name: str) -> str:
    """Say goodbye to `name`."""
    return f"Goodbye, {name}. Come back soon."
'''
STORY_LINE = '    return f"Goodbye, {name}. Come back soon."'
"""The line whose story the tour tells."""

TEST = """import unittest

from greeting import farewell, greet


class Greetings(unittest.TestCase):
    def test_greets_by_name(self) -> None:
        self.assertEqual(greet("Ada"), "Hello, Ada.")

    def test_says_goodbye_by_name(self) -> None:
        self.assertIn("Goodbye, Ada", farewell("Ada"))
"""
TASK = "Add a farewell() to greeting.py with a test for it, run the tests, and commit both files."
COMMIT_MESSAGE = "Say goodbye, too"


@dataclass(frozen=True)
class Call:
    """One tool call in Claude Code's terms; paths are relative to the repository."""

    name: str
    input: dict[str, str]

    @property
    def title(self) -> str:
        return f"{self.name}({self.input.get('command') or self.input['file_path']})"


@dataclass(frozen=True)
class Response:
    """One answer of the pretended model: its words, then its tool calls."""

    text: str
    calls: list[Call] = field(default_factory=list)


def job() -> list[Response]:
    """Thirteen tool calls in nine responses: enough to be scored."""
    test = f"PYTHONDONTWRITEBYTECODE=1 {shlex.quote(sys.executable)} -m unittest -q"
    last = GREETING.splitlines(keepends=True)[-1]
    edit = {"file_path": "greeting.py", "old_string": last, "new_string": last + FAREWELL}
    return [
        Response("I look around first.", [_shell("git status --short --branch"), _shell("ls")]),
        Response("Now the files.", [_read("README.md"), _read("greeting.py")]),
        Response("I add the function.", [Call("Edit", edit)]),
        Response("And a test for it.", [Call("Write", {"file_path": "test_greeting.py", "content": TEST})]),
        Response("Does it hold?", [_shell(test)]),
        Response("It does. What has changed?", [_shell("git diff --stat"), _read("greeting.py")]),
        Response("Good. Both files go in.", [_shell("git add greeting.py test_greeting.py")]),
        Response("I commit.", [_shell(f"git commit -q -m {shlex.quote(COMMIT_MESSAGE)}")]),
        Response("A last look.", [_shell("git log -1 --format='%h %s'"), _shell("git status --short")]),
        Response("Done: farewell() is in greeting.py, tested and committed."),
    ]


def _shell(command: str) -> Call:
    return Call("Bash", {"command": command, "description": "Run a command"})


def _read(path: str) -> Call:
    return Call("Read", {"file_path": path})
