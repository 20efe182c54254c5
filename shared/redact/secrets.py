"""Finding secrets in one string: by their form, by what stands before them, by the name or the look of a value."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shared.redact.rules import CONTEXTS, PEM, PROVIDERS, Rule

REDACTED = "[REDACTED]"
ENTROPY_BITS = 3.6
ENTROPY_LENGTH = 20


@dataclass(frozen=True)
class Finding:
    """One secret: the rule that saw it and where it stands, in characters."""

    rule: str
    start: int
    end: int


_NAME = (
    r"(?:[A-Za-z0-9]+[_.-])*?[A-Za-z0-9]*(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[_-]?keys?|apikeys?|"
    r"access[_-]?keys?|private[_-]?keys?|secret[_-]?keys?|signing[_-]?keys?|encryption[_-]?keys?|auth[_-]?keys?|"
    r"master[_-]?keys?|account[_-]?keys?|credentials?|connection[_-]?strings?|pgpass|dsn)(?:[_.-]?(?:value|base64|b64|"
    r"plain|raw|hash|prod|production|dev|test|staging|live|main|old|new|\d+))*"
)
_QUOTE = r"""\\{0,3}["'`]"""
_SECRET_NAME = re.compile(rf"^(?:{_NAME})$", re.IGNORECASE)
_ASSIGNMENT = re.compile(
    rf"(?<![A-Za-z0-9])(?P<name>[A-Za-z][\w.-]{{0,80}}?)(?:{_QUOTE})?\]?\s{{0,8}}(?::=|=>|=|:)(?!=)\s{{0,8}}"
    rf"""(?:(?P<open>{_QUOTE})(?P<quoted>(?:(?!(?P=open))[^\n]){{1,4096}})(?P=open)|(?P<bare>[^\s"'`,;<>(){{}}\[\]]{{1,4096}})(?P<after>[(\[]?))""",
)
_COUNTED = re.compile(r"tokens?$", re.IGNORECASE)
_PASSWORD = re.compile(r"pass|pwd", re.IGNORECASE)
_UNDOUBTED = re.compile(r"pass|pwd|secret|heroku", re.IGNORECASE)
"""Under such a name even a UUID is a secret; under `session_token` or `api_key` it is taken for an id."""
_HARMLESS_TEXT = """
str string strings none null nil true false undefined required optional bytes self int integer any unknown never
object number boolean bool float text void char const let var password passwd secret token key keys value values
env environ changeme redacted hidden example placeholder todo xxx xxxx not set empty default the a an is was are
has and or if to for from in of your my this that it will must should can invalid missing expired wrong
"""
_HARMLESS_WORDS = frozenset(_HARMLESS_TEXT.split())
_REFERENCE = re.compile(
    r"^(?:\$|%|@|&|\*|\.\.\.|…|<|\{\{|os\.|process\.env|env\.|import\.meta|self\.|this\.|config\.|settings\.|args\.|req\.|"
    r"request\.|secrets\.|vault:|\[REDACTED)"
)
_MASKED = re.compile(r"^[*•x.#_-]+$|^[*•]{3,}|[*•…]{3,}$", re.IGNORECASE)
_CODE_PATH = re.compile(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")
_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z_]*$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)
_HEX = re.compile(r"^(?:sha\d+[:-])?[0-9a-f]+$", re.IGNORECASE)
_OWN_ID = re.compile(
    r"^(?:toolu|msg|req|call|ses|session|prt|chatcmpl|resp|agent|env|file|evt|run|shr|anc|item|rs|fc|thread|turn|"
    r"batch|usr|org|sess|skill|vault|mem|wf|task)[_-]",
    re.IGNORECASE,
)
_WEAK_CHARACTERS = re.compile(r"^[A-Za-z0-9+/_=.~%!@#$^&*-]+$")


def redact_text(text: str) -> str:
    """`text` with each secret replaced by `[REDACTED]`."""
    found = find_secrets(text)
    if not found:
        return text
    parts: list[str] = []
    position = 0
    for finding in found:
        parts += [text[position : finding.start], REDACTED]
        position = finding.end
    parts.append(text[position:])
    return "".join(parts)


def find_secrets(text: str) -> list[Finding]:
    """The secrets in `text`, in order, never overlapping (the longer one wins)."""
    lowered = text.lower()
    found = [finding for rule in (PEM, *PROVIDERS, *CONTEXTS) for finding in _by_rule(rule, text, lowered)]
    found += _assigned(text)
    return _disjoint(found)


def is_secret_name(name: str, value: str) -> bool:
    """Whether a value under this name is one to hide: `password: "x"`, but not `max_tokens` or `token: null`."""
    return bool(_SECRET_NAME.match(name)) and _says_secret(name, value, quoted=True)


def _by_rule(rule: Rule, text: str, lowered: str) -> Iterator[Finding]:
    if not any(need in lowered for need in rule.needs):
        return
    for match in rule.pattern.finditer(text):
        start, end = match.span("secret")
        value = _unquoted(match["secret"])
        if value == REDACTED or _REFERENCE.match(value) or _MASKED.match(value):
            continue
        if rule.name == "secret flag" and value.lower() in _HARMLESS_WORDS:
            continue
        yield Finding(rule.name, start, end)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] in "\"'" and value[0] == value[-1] else value


def _assigned(text: str) -> Iterator[Finding]:
    position = 0
    while match := _ASSIGNMENT.search(text, position):
        group = "quoted" if match["quoted"] is not None else "bare"
        value = match[group]
        kind = _kind_of_assignment(match["name"], value, quoted=group == "quoted", call=bool(match["after"]))
        if kind is None:
            # The value of one assignment may hold another: `a="password=x"`.
            position = match.end("name")
            continue
        start, end = match.span(group)
        yield Finding(kind, start, end)
        position = end


def _kind_of_assignment(name: str, value: str, *, quoted: bool, call: bool) -> str | None:
    if call and not quoted:
        return None
    if _SECRET_NAME.match(name):
        return "secret by name" if _says_secret(name, value, quoted=quoted) else None
    return "secret by entropy" if looks_random(value) else None


def _says_secret(name: str, value: str, *, quoted: bool) -> bool:
    stripped = value.strip()
    if len(stripped) < 3 or stripped == REDACTED or _REFERENCE.match(stripped) or _MASKED.match(stripped):
        return False
    if stripped.lower().rstrip(".,:!?") in _HARMLESS_WORDS:
        return False
    if _UUID.match(stripped) and not _UNDOUBTED.search(name):
        return False
    if _COUNTED.search(name) and re.fullmatch(r"[\d_.,]+[kKmM]?", stripped):
        return False
    if quoted:
        # Prose after a colon is no secret: "token: the one you were given".
        return " " not in stripped or bool(_PASSWORD.search(name))
    if _CODE_PATH.match(stripped):
        return False
    return bool(_PASSWORD.search(name)) or not _IDENTIFIER.match(stripped)


def looks_random(value: str) -> bool:
    """Whether a value looks like key material and is neither a hash, nor a UUID, nor one of our ids."""
    if not ENTROPY_LENGTH <= len(value) <= 512 or not _WEAK_CHARACTERS.match(value):
        return False
    if _UUID.match(value) or _HEX.match(value) or _OWN_ID.match(value):
        return False
    if "/" in value and not value.endswith("=") and value.count("/") * 12 > len(value):
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in (r"[a-z]", r"[A-Z]", r"\d"))
    words = re.findall(r"[A-Za-z][a-z]{3,}", value)
    if kinds < 3 or sum(map(len, words)) > len(value) / 2:
        return False
    return entropy(value) >= ENTROPY_BITS


def entropy(value: str) -> float:
    """Shannon's bits per character."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())


def _disjoint(found: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
        elif finding.end > kept[-1].end:
            kept[-1] = Finding(kept[-1].rule, kept[-1].start, finding.end)
    return kept
