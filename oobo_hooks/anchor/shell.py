"""What a shell command may write, and into which files, as far as its text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oobo_hooks.anchor.edit import split_lines

_REMOVES = re.compile(r"\b(?:git\s+)?rm\b|\bunlink\b")
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\'": "'", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[nt\"'\\]")
_HEREDOC = re.compile(
    r"<<-?\s*(?P<quote>['\"]?)(?P<tag>\w+)(?P=quote)(?P<header>[^\n]*)\n(?P<body>.*?)\n[ \t]*(?P=tag)(?=\s|$)",
    re.DOTALL,
)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'", re.DOTALL)
_BARE_ECHO = re.compile(r"(?:echo|printf)\s+([^\s\"'>|;&-][^\"'>|;&]{0,4000})>")
_WORD = r"(?:\"[^\"\n]*\"|'[^'\n]*'|\\.|[^\s\"'\\;|&<>()])+"
_TOKEN = re.compile(
    # A redirect, else what hides the signs in it: an escape, a quoted text, a comment.
    rf"(?:(?<!\w)(?P<handle>\d+)|&)?>>?\|?[ \t]*(?P<target>{_WORD})"
    r"|\\.|\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?<!\S)#[^\n]*",
    re.DOTALL,
)
_COMMAND = r"(?:^|[;&|(\n]|\b(?:do|then|else|sudo|xargs|env|time|exec)\s)\s*(?:[\w.~$-]{0,80}/){0,20}"
_WRITES_ANYWHERE = re.compile(
    rf"{_COMMAND}(?:tee|patch|apply_patch|dd|install|[\w.-]{{0,80}}write[\w.-]*)\b"
    r"|\b(?:sed|perl)\s+(?:-\S+\s+)*(?:-[a-zA-Z]*i|--in-place)"
)
_MOVES = re.compile(rf"{_COMMAND}(?:mv|cp|ln|rsync)\b")
_INTERPRETER = re.compile(r"\b(?:python|node|ruby|perl|php|deno|bun|(?:ba|z|da|k)?sh)[\d.]*\b[^|;&]*$")
_PROGRAM = re.compile(rf"(?<!\S)(?:-\w*[ce]|eval|--eval)\s+(?:{_QUOTED.pattern})", re.DOTALL)
_PROGRAM_WRITES = re.compile(r"\bwrite|\bdump\b|\bsave")


def written_names(command: str) -> set[str] | None:
    """The last parts of the files it may write into; None when it may be any that it names."""
    rest = _HEREDOC.sub(r"\g<header>", command)
    names: set[str] = set()
    for found in _TOKEN.finditer(rest):
        target = found["target"]
        if target is None or found["handle"] not in (None, "1") or target.startswith("/dev/"):
            continue
        if re.search(r"[$`*?]", target):
            return None
        names.add(re.sub(r"[\"'\\]", "", target).rpartition("/")[2])
    told = _TOKEN.sub(" _ ", rest)
    if _WRITES_ANYWHERE.search(told) or (names and _MOVES.search(told)):
        return None
    for program in _programs(command, rest):
        inner = None if _PROGRAM_WRITES.search(program) else written_names(program)
        if inner is None:
            return None
        names |= inner
    return names


def _programs(command: str, rest: str) -> Iterator[str]:
    """Texts in a command that an interpreter runs: of heredocs, and behind options like `-c`."""
    for found in _HEREDOC.finditer(command):
        before = command[command.rfind("\n", 0, found.start()) + 1 : found.start()]
        if _INTERPRETER.search(before) or _INTERPRETER.search(found["header"]):
            yield found["body"]
    for found in _PROGRAM.finditer(rest):
        yield _unescaped(found[1] or found[2] or "")


def removes(command: str) -> bool:
    """Whether it may delete files."""
    return bool(_REMOVES.search(command))


def written_lines(command: str) -> list[bytes]:
    """The lines a command may write: those of its heredocs, and its quoted texts, also those of a program in them."""
    texts = [found["body"] for found in _HEREDOC.finditer(command)]
    rest = _HEREDOC.sub("", command)
    quoted = _quoted(rest)
    texts += quoted + [inner for text in quoted for inner in _quoted(text)]
    texts += map(str.rstrip, _BARE_ECHO.findall(rest))
    return [line for text in texts for line in split_lines(encoded(text))]


def encoded(text: str) -> bytes:
    """A text of a log as the bytes of a file."""
    return text.encode("utf-8", "surrogatepass" if _has_surrogates(text) else "strict")


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text) if not text.isascii() else False


def _quoted(text: str) -> list[str]:
    return [_unescaped(found[1] or found[2] or "") for found in _QUOTED.finditer(text)]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text)
