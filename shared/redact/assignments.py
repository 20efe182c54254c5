"""Secrets told by the name they are assigned to, in any language's way to assign, or by their own random look.

The search goes from keyword to keyword (`pass`, `token`, `key` … before a separator), and from run to run of key
characters, so its time grows with the text's length and not faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.redact.names import LONGEST_NAME, Kind, is_identity, kind_of
from shared.redact.values import (
    LONGEST_RANDOM,
    SHORTEST_RANDOM,
    entropy,
    is_environment_name,
    looks_random,
    says_secret,
)

QUOTE = r"""(?:\\{0,7}(?:["'`]|u0022|u0027)|&quot;|&\#3[49];|%22|%27)"""
_TYPE = r"[A-Za-z_&][\w.]{0,40}(?:\[[^\]\n]{0,60}\]|<[^>\n]{0,60}>)?(?:\s?\|\s?[A-Za-z]{1,20})?\??"
_KEYWORD = re.compile(
    r"(?:pass|pwd|pw|secret|token|key|cred|dsn|auth|string)[\w.-]{0,40}"
    rf"(?={QUOTE}?\]?[ \t]{{0,8}}(?::|=|,|%3[ad]))"
)
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_SEPARATOR = re.compile(
    rf"(?P<closed>{QUOTE})?\]?[ \t]{{0,8}}"
    rf"(?P<mark>:\s{{0,8}}{_TYPE}\s{{0,8}}=(?![=>])(?=\s{{0,8}}[bBuUrRfF@$]{{0,2}}{QUOTE})|:=|=>|={{1,3}}|:|,|%3D|%3A)",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    rf"""\s{{0,8}}[bBuUrRfF@$]{{0,2}}(?:
    (?P<triple>\"{{3}}|'{{3}})(?P<long>.{{1,4096}}?)(?P=triple)
    |"(?P<double>(?:\\[^\n]|[^"\\\n]){{1,16384}})"
    |'(?P<single>(?:\\[^\n]|[^'\\\n]){{1,16384}})'
    |(?P<open>{QUOTE})(?P<other>(?:\\\\\\["']|(?!(?P=open))[^\n]){{1,16384}})(?P=open))""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONTINUED = re.compile(r"[\"']\s{0,4}(?:[+&]|\.{1,2}|\\\n)\s{0,40}[bBuUrRfF]?[\"'](?P<more>[^\"'\n]{1,4096})(?=[\"'])")
_BLOCK = re.compile(r"[ \t]{0,8}[|>][+-]?\d?[ \t]{0,8}\r?\n[ \t]+(?P<block>[^\s:]{1,4096})(?=\s|$)")
_NEXT_LINE = re.compile(r"[ \t]{0,8}\r?\n[ \t]+(?P<next>[^\s:\"'#-][^\s:]{2,4095})[ \t]*(?=\r?\n|$)")
_WHOLE = re.compile(r"(?P<whole>(?:\\ |\S){1,4096})")
_PHRASE = re.compile(r"(?:[ \t]{1,4}[\w!?@#$%^&*+'.-]{1,64}){1,12}(?=[\"'`]?[ \t]*(?:\r?\n|$))")
_BARE = re.compile(
    r"""[ \t]{0,8}(?P<bare>(?:&(?!\w{1,40}=)|[^\s"'`,;<>&\\(\[{]|[(\[{](?!["'`])|\\(?![nrt"'\\])){1,4096})"""
)
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_BEFORE_A_RUN = re.compile(rf"{QUOTE}?\]?\s{{0,8}}(?::=|=>|=|:)\s{{0,8}}{QUOTE}?$")
_RUN = re.compile(rf"[A-Za-z0-9+/_=.~%!@\#$^&*-]{{{SHORTEST_RANDOM},}}")
_TWO_WORDS = re.compile(r"\b(?:api|secret|access|private|auth|encryption|signing|master|admin) keys?$", re.IGNORECASE)
_FORTY = re.compile(r"(?<![\w+/=.:$%-])[A-Za-z0-9+/]{40}(?![\w+/=.-])")
_LOOK_BACK = 32
MOST_LOOKS = 4
LONGEST_VALUE = 4096


@dataclass(frozen=True)
class _Value:
    text: str
    start: int
    end: int
    quoted: bool = False
    literal: bool = False
    code: bool = False


def named_secrets(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """Spans of values whose names say that they are secrets. `lowered`: the text in lower case, of the same length."""
    position, spent = 0, 0
    while (found := _KEYWORD.search(lowered, position)) is not None:
        position = found.end()
        name, start = whole_name(text, found.start(), found.end())
        kind = kind_of(name)
        if kind is Kind.NONE and not name.endswith("_KEY"):
            continue
        value = _value_after(text, name, start, found.end())
        if value is None:
            continue
        spent += len(value.text)
        # In a text where the same characters are values again and again the rest is taken unseen: it stays linear.
        too_much = spent > MOST_LOOKS * (len(text) + LONGEST_VALUE)
        if too_much or says_secret(name, value.text, quoted=value.quoted, literal=value.literal, code=value.code):
            yield value.start, value.end
            position = value.end
            while value.quoted and (more := _CONTINUED.match(text, position)) is not None:
                yield more.span("more")
                position = more.end("more")


def whole_name(text: str, start: int, end: int) -> tuple[str, int]:
    """The name that ends at `end`: the keyword with what is written before it."""
    first = start
    while first > 0 and end - first < LONGEST_NAME and text[first - 1] in _NAME_CHARACTERS:
        first -= 1
    if 0 < first < end and text[first - 1] == "\\" and text[first] in "nrt":
        # An escaped line end is no letter of the name.
        first += 1
    two_words = _TWO_WORDS.search(text, max(0, first - 20), end) if text[first:end].lower() in ("key", "keys") else None
    if two_words is not None:
        first = two_words.start()
    return text[first:end], first


def _value_after(text: str, name: str, start: int, end: int) -> _Value | None:
    separator = _SEPARATOR.match(text, end)
    if separator is None or _closes_quote(text, start, separator):
        return None
    mark, at = separator["mark"], separator.end()
    if mark in ("==", "==="):
        return None
    quoted = _QUOTED.match(text, at)
    listed = mark == ","
    if listed and (separator["closed"] is None or text[start - 1 : start] not in ("'", '"', "`")):
        return None
    if quoted is not None:
        return _quoted_value(quoted, name=name if listed else None)
    if listed:
        return None
    for pattern, group in ((_BLOCK, "block"), (_NEXT_LINE, "next")):
        if mark == ":" and (found := pattern.match(text, at)) is not None:
            return _Value(found[group], *found.span(group), literal=group == "block")
    if mark == "=" and separator.end() == end + 1 and is_environment_name(name) and _begins_word(text, start):
        found = _WHOLE.match(text, at)
        if found is not None and not found["whole"].startswith(("$(", "`", "${")):
            return _trimmed(text, *found.span("whole"), literal=True)
        return None
    return _bare_value(text, mark, start, at)


def _closes_quote(text: str, start: int, separator: re.Match[str]) -> bool:
    """Whether `"Password:"` is a text and no name: what follows its closing quote is no value."""
    before = text[start - 1 : start]
    in_quotes = bool(before) and before in "\"'`" and separator["closed"] is None
    return in_quotes and text.startswith(before, separator.end())


def _quoted_value(found: re.Match[str], *, name: str | None) -> _Value | None:
    """The value in quotes; `name` is what stands before it in a list."""
    group = next(group for group in ("long", "double", "single", "other") if found[group] is not None)
    value = found[group]
    is_no_word = any(character.isdigit() or character in "!@#$%^&*+/=" for character in value)
    if name is not None and (not is_no_word or value.startswith(name)):
        # `("password", "email")` lists names; only a value that is no word stands for one.
        return None
    return _Value(value, *found.span(group), quoted=True)


def _bare_value(text: str, mark: str, start: int, at: int) -> _Value | None:
    found = _BARE.match(text, at)
    if found is None:
        return None
    first, last = found.span("bare")
    if text[last : last + 1] in ("(", "["):
        # `input("Password: ")`, `row["password"]`
        return None
    in_query = start > 0 and text[start - 1] in "?&" and mark == "="
    in_shell = mark == "=" and text[at - 1] == "=" and first == at and _stands_alone(text, start, last)
    ends_line = text[last : last + 1] in ("", "\n", "\r")
    begins_line = (
        not text[max(0, text.rfind("\n", max(0, start - 80), start)) + 1 : start].strip(" \t-\"'`") or start == 0
    )
    word = found["bare"]
    plain_line = mark == ":" and begins_line and ends_line and len(word) >= 6 and word.isalpha() and word.islower()
    is_header = mark == ":" and "-" in text[start:at] and (ends_line or first == at)
    value = _trimmed(text, first, last, literal=in_query or in_shell or plain_line or is_header)
    phrase = _PHRASE.match(text, last) if begins_line and first > at else None
    if phrase is not None and kind_of(text[start:at].rstrip(" \t:=")) is Kind.PASSWORD:
        return _Value(value.text, value.start, phrase.end(), literal=value.literal)
    return _Value(value.text, value.start, value.end, literal=value.literal, code=_among_arguments(text, value.end))


def _begins_word(text: str, start: int) -> bool:
    return start == 0 or text[start - 1] in " \t\n\r;&|\"'`(" or text[max(0, start - 2) : start] in ("\\n", "\\t")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Words around, no brackets or commas: `pass=x` of a shell or a file, not `f(pass=x)`."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if after and after in "\"'" and before in (after, "", "\n"):
        # A form's field or a line to be written: `-F "api_key=x"`.
        return True
    return before in ("", " ", "\t", "\n", ";", "&", "/", ":") and after in ("", " ", "\t", "\n", "\r", ";", "&")


def _among_arguments(text: str, end: int) -> bool:
    return text[end : end + 1] in (",", ")")


def _trimmed(text: str, start: int, end: int, *, literal: bool) -> _Value:
    """Without the brackets and quotes that close what was opened before the value."""
    while end - start > 1:
        last = text[end - 1]
        opener = _CLOSERS.get(last)
        closes = opener is not None and text.count(opener, start, end) < text.count(last, start, end)
        if not closes and not (last in "\"'`,;" and text.count(last, start, end) % 2):
            break
        end -= 1
    return _Value(text[start:end], start, end, literal=literal)


def random_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Spans of assigned values that look like key material, whatever their name is (unless it says: an id, a hash)."""
    for run in _RUN.finditer(text):
        found = _assigned_in(run) or _assigned_before(text, run)
        if found is None:
            continue
        name, start, end = found
        if end - start <= LONGEST_RANDOM and not is_identity(name) and looks_random(text[start:end]):
            yield start, end


def bare_keys(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what looks like a secret access key of AWS, which has no form but its length, wherever it stands."""
    for run in _FORTY.finditer(text):
        assigned = _assigned_before(text, run)
        if (assigned is None or not is_identity(assigned[0])) and looks_random(run[0]) and entropy(run[0]) > 4.2:
            yield run.span()


def _assigned_in(run: re.Match[str]) -> tuple[str, int, int] | None:
    """`NAME=value` that is one run of characters."""
    name, mark, value = run[0].partition("=")
    if not mark or not value.strip("=") or not re.fullmatch(r"[A-Za-z][\w.-]{0,80}|\S*[?&][A-Za-z][\w.-]{0,80}", name):
        return None
    start = run.start() + len(name) + 1
    return re.split(r"[?&]", name)[-1], start, run.end()


def _assigned_before(text: str, run: re.Match[str]) -> tuple[str, int, int] | None:
    found = _BEFORE_A_RUN.search(text, max(0, run.start() - _LOOK_BACK), run.start())
    if found is None:
        return None
    name, _ = whole_name(text, found.start(), found.start())
    return (name, run.start(), run.end()) if name else None
