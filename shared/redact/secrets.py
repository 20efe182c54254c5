"""Finding secrets in one string: by their form, by what stands before them, by the name or the look of a value."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from shared.redact.assignments import bare_keys, named_secrets, random_secrets
from shared.redact.commands import command_secrets
from shared.redact.contexts import CONTEXTS
from shared.redact.documents import DOCUMENTS, document_secrets
from shared.redact.names import Kind, kind_of
from shared.redact.prose import PROSE, pass_lines
from shared.redact.providers import PROVIDERS
from shared.redact.rules import Rule
from shared.redact.shells import SHELLS
from shared.redact.values import REDACTED, is_reference, says_secret
from shared.redact.visible import views
from shared.redact.wrapped import wrapped_secrets

LONGEST_PRIVATE_KEY = 32 * 1024


@dataclass(frozen=True)
class Finding:
    """One secret: the rule that saw it and where it stands, in characters."""

    rule: str
    start: int
    end: int


def redact_text(text: str) -> str:
    """`text` with each secret replaced by `[REDACTED]`."""
    return _without(text, find_secrets(text))


def redact_keys(text: str) -> str:
    """`text` without keys that tell by their own form what they are, and otherwise unchanged.

    For names that must stay true, like a branch or a path: nothing in them is a secret by its place.
    """
    return _without(text, _through_escapes(text, lambda shown: _by_form(shown, _lower(shown))))


def find_secrets(text: str) -> list[Finding]:
    """The secrets in `text`, in order, never overlapping (the longer one wins)."""
    return _through_escapes(text, _in_all_ways)


def _through_escapes(text: str, search: Callable[[str], Iterator[Finding]]) -> list[Finding]:
    """What `search` finds in the text as it is and in all ways a person may read it."""
    found: list[Finding] = []
    for shown, way in views(text):
        for one in search(shown):
            start, end = one.start, one.end
            for view in way:
                start, end = view.span(start, end)
            found.append(Finding(one.rule, start, end))
    return _disjoint(found)


def _in_all_ways(text: str) -> Iterator[Finding]:
    yield from _as_written(text)
    for span in wrapped_secrets(text, lambda inner: next(_as_written(inner), None) is not None):
        yield Finding("wrapped secret", *span)


class _Rules:
    """Rules by the texts they need: each text is looked for once, however many rules need it."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules
        self._by_need: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for need in rule.needs:
                self._by_need[need].append(number)

    def fitting(self, lowered: str) -> list[Rule]:
        """Those of which a need occurs, in their order."""
        found = [numbers for need, numbers in self._by_need.items() if need in lowered]
        return [self._rules[number] for number in sorted(set(chain.from_iterable(found)))]


_FORMS = _Rules(*PROVIDERS)
_CONTEXTS = _Rules(*CONTEXTS, *SHELLS, *PROSE, *DOCUMENTS)


def _as_written(text: str) -> Iterator[Finding]:
    lowered = _lower(text)
    yield from _by_form(text, lowered)
    for rule in _CONTEXTS.fitting(lowered):
        yield from _by_rule(rule, text, lowered)
    for name, spans in (
        ("told password", pass_lines(lowered)),
        ("secret in a document", document_secrets(lowered, text)),
        ("secret option", command_secrets(text)),
        ("secret by name", named_secrets(text, lowered)),
        ("secret by entropy", random_secrets(text)),
        ("bare key", bare_keys(text)),
    ):
        for span in spans:
            yield Finding(name, *span)


def is_secret_name(name: str, value: str) -> bool:
    """Whether a value under this name is one to hide: `password: "x"`, but not `max_tokens` or `token: null`."""
    return kind_of(name) is not Kind.NONE and says_secret(name, value, quoted=True)


def _without(text: str, found: list[Finding]) -> str:
    if not found:
        return text
    parts: list[str] = []
    position = 0
    for finding in found:
        parts += [text[position : finding.start], REDACTED]
        position = finding.end
    parts.append(text[position:])
    return "".join(parts)


def _by_form(text: str, lowered: str) -> Iterator[Finding]:
    if "private key" in lowered:
        yield from _private_keys(text)
    for rule in _FORMS.fitting(lowered):
        yield from _by_rule(rule, text, lowered)


def _by_rule(rule: Rule, text: str, lowered: str) -> Iterator[Finding]:
    searched, position = lowered if rule.lowered else text, 0
    while (match := rule.pattern.search(searched, position)) is not None:
        if rule.starts_word and _is_inside_word(text, match.start()):
            position = match.start() + 1
            continue
        position = max(match.end(), match.start() + 1)
        start, end = match.span("secret")
        value = text[start:end]
        if not is_reference(_unquoted(value)) and rule.accepts(value):
            yield Finding(rule.name, start, end)


def _is_inside_word(text: str, start: int) -> bool:
    """Whether a letter or digit goes before, and is none of an escape's: `\\n`, `%20`."""
    if start == 0 or not (text[start - 1].isascii() and text[start - 1].isalnum()):
        return False
    return not (_ESCAPED.search(text, max(0, start - 6), start))


_ESCAPED = re.compile(r"(?:\\[nrtbf]|\\u[0-9a-fA-F]{4}|%[0-9A-F]{2})$")


def _lower(text: str) -> str:
    """`text` in lower case, of the same length: what is found in it lies there in `text`."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(character.lower() if character.isascii() else character for character in text)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] in "\"'" and value[0] == value[-1] else value


_BEGIN = re.compile(r"-{4,5}[ ]?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ ]?-{4,5}")
_END = re.compile(r"-{4,5}[ ]?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ ]?-{4,5}")
_BODY = re.compile(
    r"(?:[^A-Za-z0-9+/]{0,24}(?:\\[nr]){0,2}(?:[A-Za-z0-9+/=]{16,}|"
    r"(?:Proc-Type|DEK-Info|Version|Comment): [^\n\\]{0,100}))*"
    r"[^A-Za-z0-9+/]{0,8}(?:\\[nr]){0,2}[A-Za-z0-9+/=]{0,80}"
)


def _private_keys(text: str) -> Iterator[Finding]:
    """A PEM block up to its end; one that is cut off as far as it looks like one."""
    ends = [match.end() for match in _END.finditer(text)]
    for begin in _BEGIN.finditer(text):
        index = bisect_left(ends, begin.end())
        if index < len(ends) and ends[index] - begin.end() <= LONGEST_PRIVATE_KEY:
            yield Finding("private key", begin.start(), ends[index])
            continue
        body = _BODY.match(text, begin.end())
        yield Finding("private key", begin.start(), body.end() if body else begin.end())


def _disjoint(found: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
        elif finding.end > kept[-1].end:
            kept[-1] = Finding(kept[-1].rule, kept[-1].start, finding.end)
    return kept
