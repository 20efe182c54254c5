"""What a pattern of a secret is. Each has a group `secret`: what is replaced; the words around it stay readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.redact.values import HARMLESS, is_code, is_hash_or_uuid

VALUE = r"""(?P<secret>(?:"[^"\n]+"|'[^'\n]+'|[^\s"'|;&<>]+))"""
QUOTED = r"\\{0,7}[\"'`]"
NAMED = r"(?:pass(?:word|wd|phrase|code)|secrets?|tokens?|api[ _-]?keys?|credentials?)"


@dataclass(frozen=True)
class Rule:
    """One kind of secret. `needs` are texts of which one (in lower case) must occur, so that most text is skipped.

    `starts_word`: it does not begin inside a word, but may follow an escape like `\\n` or `%20`. `lowered`: the pattern
    is one of lower case, for the text in lower case: a pattern that begins with letters of one case is found ten times
    faster than one that ignores case. `accepts` has the last word about what the pattern has found.
    """

    name: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...]
    accepts: Callable[[str], bool] = bool
    starts_word: bool = True
    lowered: bool = True


def provider(name: str, needs: str, pattern: str, accepts: Callable[[str], bool] = bool) -> Rule:
    """A key whose own form tells what it is."""
    return Rule(name, re.compile(f"(?P<secret>{pattern})"), tuple(needs.split()), accepts, lowered=False)


def context(
    name: str, needs: str, pattern: str, accepts: Callable[[str], bool] = bool, *, starts_word: bool = False
) -> Rule:
    """A secret told by what stands before it."""
    return Rule(name, re.compile(pattern), tuple(needs.split()), accepts, starts_word)


def is_no_word(value: str) -> bool:
    """In prose a word follows ("set token expiry"): only what is quoted or no word is a value."""
    return value[:1] in "\"'" or not value.rstrip("`.,:;!?").isalpha()


def is_no_code(value: str) -> bool:
    """Neither a call or a dotted path nor a word that stands for a value."""
    return not is_code(value) and value.rstrip("`.,:;!?)]}…").lower() not in HARMLESS


def is_no_hash(value: str) -> bool:
    """Neither a hash nor a UUID, whatever ends the sentence."""
    return not is_hash_or_uuid(value.rstrip(".,:;!?)"))
