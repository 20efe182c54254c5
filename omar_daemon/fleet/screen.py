"""Reading a captured screen: the agent's own last line, a question or an error at its end. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from omar_daemon.fleet.backends import Backend

LAST_OUTPUT_LENGTH = 200
ERROR_LINES = 5
QUESTION_LINES = 14
_PROMPT_END = re.compile(r"[$#%>❯➜»λ]\Z")
_RULE = re.compile(r"[\s─━═╌┄▁▂▔╭╮╰╯┌┐└┘│┃|╹╻▀▄█]*\Z")
_MARGIN = " \t┃│|"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"\s+")
# What tells of no error although it names one.
_HARMLESS = re.compile(
    r"(?i)\b(?:0|no|zero|without(?: any)?)\s+(?:errors?|fail(?:ed|ures?)|exceptions?)\b"
    r"|\b(?:errors?|failed|exceptions?)\s*[:=]\s*0\b"
    r"|\b(?:error|exception)[- ](?:handl\w+|free|messages?|types?|class(?:es)?|codes?|paths?|cases?)\b"
)
# How the shipped prompt tells an agent to end.
_DONE = re.compile(r"\W{0,4}\[TASK COMPLETE\]")

# Questions any program may end its screen with; matched against the last line that is not blank.
GENERAL_QUESTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\[(][Yy](es)?/[Nn]o?(/[^\])]*)?[\])]",
        r"(?i)(pass(word|phrase)|passcode|pin|verification code)[^:]{0,60}:\s*\Z",
        r"(?i)press (enter|return|any key|a key)\b",
        r"(?i)\b(are you sure|do you want to|would you like to|shall i|may i|continue|proceed|overwrite)\b[^?]*\?\s*\Z",
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one capture (`raw`) says. `question` and `error` hold the matching line, or are None. `done`: the agent
    has printed at the end that its task is complete."""

    raw: tuple[str, ...]
    lines: tuple[str, ...]
    last_output: str
    question: str | None
    error: str | None
    done: bool = False


def read(
    lines: Sequence[str], cursor: tuple[int, int], backend: Backend | None, errors: Sequence[re.Pattern[str]]
) -> Reading:
    """Read a screen of plain lines; `cursor` is (column, row) on it."""
    trimmed = tuple(line.rstrip() for line in lines)
    own = own_output(trimmed, cursor, backend)
    return Reading(
        raw=tuple(lines),
        lines=trimmed,
        last_output=printable(own[-1].strip(_MARGIN))[:LAST_OUTPUT_LENGTH] if own else "",
        question=find_question(trimmed, backend),
        error=find_error(own, errors),
        done=any(_DONE.match(line) for line in own[-QUESTION_LINES:]),
    )


def own_output(lines: Sequence[str], cursor: tuple[int, int], backend: Backend | None) -> list[str]:
    """The lines the program printed: without its input box, its hints, an empty shell prompt and blank lines."""
    body = list(lines)
    if backend is not None and backend.input_line is not None:
        body = _above_input(body, backend.input_line)
    elif is_empty_prompt(lines, cursor):
        body = body[: cursor[1]]
    hints = backend.hints if backend is not None else ()
    return [line for line in body if not _RULE.match(line) and not any(hint.search(line) for hint in hints)]


def find_question(lines: Sequence[str], backend: Backend | None) -> str | None:
    """The line of a known question that stands at the end of the screen."""
    tail = [line for line in lines if line.strip()][-QUESTION_LINES:]
    if not tail:
        return None
    for pattern in backend.questions if backend is not None else ():
        for line in reversed(tail):
            if pattern.search(line):
                return line.strip()
    if any(pattern.search(tail[-1]) for pattern in GENERAL_QUESTIONS):
        return tail[-1].strip()
    return None


def find_error(own: Sequence[str], errors: Sequence[re.Pattern[str]]) -> str | None:
    """The newest of the last lines that matches an error pattern."""
    for line in reversed(own[-ERROR_LINES:]):
        told = _HARMLESS.sub("", line)
        if any(pattern.search(told) for pattern in errors):
            return line.strip()
    return None


def squeezed(text: str) -> str:
    """Without any white space: how a text is compared with a screen that wraps and indents it."""
    return _SPACES.sub("", text)


def printable(text: str) -> str:
    return _CONTROLS.sub("", text)


def trim_blank_end(lines: Sequence[str]) -> list[str]:
    """Without the blank rows below the last output."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return list(lines[:end])


def _above_input(lines: list[str], input_line: re.Pattern[str]) -> list[str]:
    for number in range(len(lines) - 1, -1, -1):
        if input_line.search(lines[number]):
            return lines[:number]
    return lines


def is_empty_prompt(lines: Sequence[str], cursor: tuple[int, int]) -> bool:
    """A shell waits: the cursor stands one blank behind a prompt character, and nothing is below."""
    column, row = cursor
    if row >= len(lines) or any(line.strip() for line in lines[row + 1 :]):
        return False
    line = lines[row]
    return bool(_PROMPT_END.search(line)) and 0 < column - len(line) <= 1
