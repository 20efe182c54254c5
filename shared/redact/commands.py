"""Secrets on command lines: `--password x` of any program, and the short options of those that take one.

A command is read word by word, as a shell or a list of arguments has it, up to its end; each word is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.redact.assignments import QUOTE
from shared.redact.names import Kind, kind_of
from shared.redact.values import HARMLESS, REDACTED, is_number_of, is_reference

LONGEST_COMMAND = 4000


@dataclass(frozen=True)
class _Options:
    """Letters that take a secret: as the next word or in the same one (`-u x`, `-ux`, `-su x`), or only so (`-px`).

    `words` are whole options, `pairs` those of them that count only with a `name=value`.
    """

    apart: str = ""
    attached: str = ""
    words: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()


_MYSQL = _Options(attached="p")
_LDAP = _Options(apart="w")
_MONGO = _Options(apart="p")
_PROGRAMS: dict[str, _Options] = {
    "curl": _Options(apart="uU", words=("--user", "--proxy-user", "--oauth2-bearer"), pairs=("-b", "--cookie")),
    "wget": _Options(),
    **dict.fromkeys(("http", "https", "xh", "xhs"), _Options(apart="a")),
    "lftp": _Options(apart="u"),
    "openssl": _Options(words=("-k", "-K", "-hmac")),
    **dict.fromkeys(("useradd", "usermod", "adduser"), _Options(apart="p")),
    **dict.fromkeys(("mosquitto_pub", "mosquitto_sub", "ipmitool"), _Options(apart="P")),
    **dict.fromkeys(("snmpget", "snmpset", "snmpwalk", "snmpbulkwalk"), _Options(apart="cAX")),
    "unlock-keychain": _Options(apart="p"),
    **dict.fromkeys(("add-generic-password", "add-internet-password"), _Options(apart="wp")),
    **dict.fromkeys(("twine", "poetry", "psexec", "supabase"), _Options(apart="p")),
    **dict.fromkeys(("plink", "pscp", "psftp"), _Options(words=("-pw",))),
    "nuget": _Options(words=("-k", "-ApiKey")),
    "netlify": _Options(words=("--auth",)),
    "create-secret": _Options(words=("--secret-string",)),
    "put-secret-value": _Options(words=("--secret-string",)),
    "keytool": _Options(words=("-storepass", "-keypass")),
    "jarsigner": _Options(words=("-storepass", "-keypass")),
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlsh"), _MYSQL),
    **dict.fromkeys(("mysqlpump", "mysqlslap", "mysqlbinlog", "mycli", "mariadb", "mariadb-dump"), _MYSQL),
    **dict.fromkeys(("mariadb-admin", "mariadb-check", "mariadb-import", "7z", "7za", "7zz", "rar", "unrar"), _MYSQL),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "mongoimport", "mongoexport", "cqlsh"), _MONGO),
    **dict.fromkeys(("ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldappasswd"), _LDAP),
    **dict.fromkeys(("zip", "unzip", "sqlcmd", "bcp", "isql", "tsql"), _Options(apart="P")),
    "sshpass": _Options(apart="p"),
    "login": _Options(apart="p"),
    "redis-cli": _Options(apart="a"),
    "ssh-keygen": _Options(apart="NP"),
}
_names = "|".join(sorted(map(re.escape, _PROGRAMS), key=len, reverse=True))
_PROGRAM = re.compile(rf"(?<![\w.@:-])(?:{_names})(?:\.exe)?(?=[\s\"',\\])")
_WORD = re.compile(
    r"""(?:\\\r?\n|[ \t,\[\]\(\)\{\}<>])*(?P<word>
    "(?:\\[^\n]|[^"\\\n])*"(?=\s*[,\])}])|'[^'\n]*'(?=\s*[,\])}])|\\"(?:(?!\\")[^\n])*\\"(?=\s*[,\])}])
    |(?:\\[^\n]|[^\s"'|;&<>\\,]|,(?!\s*["'\\])|"(?:\\[^\n]|[^"\\])*"|'[^']*')+)""",
    re.VERBOSE,
)
_FLAG = re.compile(
    rf"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{{1,60}})(?P<mark>=|{QUOTE}?,[ \t\n]{{0,40}}(?={QUOTE})"
    rf"|(?:[ \t]|\\\r?\n){{1,40}})(?=(?P<value>[^\s]))"
)
_WORD_END = re.compile(r"""["',;)\]}\\]+$""")


def command_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Spans of secrets given to programs by their options."""
    yield from _by_long_option(text)
    position = 0
    while (program := _PROGRAM.search(text, position)) is not None:
        found, position = _in_command(text, program)
        yield from found


def _by_long_option(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while (flag := _FLAG.search(text, position)) is not None:
        position = flag.end("mark")
        name = flag["name"]
        is_alone = flag["mark"] != "=" and flag["value"] == "-"
        if is_alone or kind_of(name) is Kind.NONE or name.startswith(("no-", "with-")):
            continue
        word = _WORD.match(text, position, min(len(text), position + LONGEST_COMMAND))
        span = _inner(text, *word.span("word")) if word is not None else None
        if span is not None and not _stands_for_one(name, text[span[0] : span[1]]):
            yield span
            position = max(position, span[1])


def _stands_for_one(name: str, value: str) -> bool:
    if is_reference(value) or is_number_of(name, value) or value.lower().rstrip("`.:!?") in HARMLESS:
        return True
    is_doubtful = kind_of(name) is Kind.WEAK and name not in ("pass", "pw")
    return is_doubtful and not any(character.isdigit() or character == ":" for character in value)


def _in_command(text: str, program: re.Match[str]) -> tuple[list[tuple[int, int]], int]:
    """The secrets of one command, and where it ends."""
    options, found, is_next, is_pair = _PROGRAMS[program[0].removesuffix(".exe")], [], False, False
    for start, end in (words := _Words(text, program.end())):
        word = text[start:end]
        if is_next:
            is_next = False
            if not word.startswith("-") and not _is_open(word) and (not is_pair or "=" in word):
                found.append((start, end))
            continue
        options = _PROGRAMS.get(word, options)
        is_pair = word in options.pairs
        offset = _secret_offset(word, options) if word.startswith("-") else None
        is_next = offset == len(word)
        attached = _inner(text, start + offset, end) if offset is not None and not is_next else None
        if attached is not None and not _is_open(text[attached[0] : attached[1]]):
            found.append(attached)
    return found, words.position


class _Words:
    """The words of a command from `position` to its end, as spans without their quotes."""

    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self._limit = min(len(text), position + LONGEST_COMMAND)
        # The program's own name may stand in quotes.
        self.position = position + (1 if text[position] in "\"'" else 0)
        self.position += 2 if text.startswith(('\\"', "\\'"), self.position) else 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        while (found := _WORD.match(self._text, self.position, self._limit)) is not None:
            self.position = found.end()
            span = _inner(self._text, *found.span("word"))
            if span is not None:
                yield span


def _secret_offset(word: str, options: _Options) -> int | None:
    """Where in an option word its secret begins; the word's length when it is the next word; None without one."""
    for name in (*options.words, *options.pairs):
        if word.startswith(f"{name}=") or word == name:
            return min(len(name) + 1, len(word))
    if word.startswith("--"):
        return None
    if len(word) > 2 and word[1] in options.attached:
        return 2
    for index, letter in enumerate(word[1:], start=1):
        if letter in options.apart:
            return index + 1 + (word[index + 1 : index + 2] == "=")
        if not letter.isalpha() or index > 5:
            return None
    return None


def _is_open(value: str) -> bool:
    """A variable instead of the secret; of `user:password` the password counts."""
    user, colon, password = value.partition(":")
    return is_reference(value) or (bool(colon and password) and is_reference(password) and bool(user))


def _inner(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A word without its quotes."""
    while start < end and text[start] in "\"'([{" and not text.startswith(REDACTED, start):
        start += 1
    while text.startswith(('\\"', "\\'"), start) and start < end:
        start += 2
    if text.startswith(REDACTED, start):
        return start, start + len(REDACTED)
    closing = _WORD_END.search(text, start, end)
    if closing is not None and not text[start : closing.start()].count('"') % 2:
        end = closing.start()
    return (start, end) if start < end else None
