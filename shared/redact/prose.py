"""Secrets that people tell each other: "the password is …", `**Password:** …`, `| token | … |`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.redact.rules import NAMED, Rule, context, is_no_code, is_no_hash
from shared.redact.values import HARMLESS, is_about_passwords, is_told

_CHOSEN_BY_PEOPLE = r"(?:pass(?:word|wd|phrase|code|wort)|pwd)"
_WORDS = r"(?:[ \t]{1,4}(?:for|of|to|on|in|at)[ \t]{1,4}[^\s.:;,|]{1,40}(?:[ \t][^\s.:;,|]{1,40}){0,4}?)"
_IS = r"(?:is|was|lautet|ist|est|es|(?:changed|set|reset|updated)[ \t]to)"
_LINE_END = r"(?=[.,;!)\"'`]{0,2}(?:\s*$|[ \t]*\r?\n|[.,;!]\s))"
_CHOSEN = r"[^\s\"'`,;<>|()]"


def _is_chosen(value: str) -> bool:
    """No word of a sentence about passwords: such have digits or signs that no word has."""
    bare = value.rstrip(".,:;!?)*_")
    says = re.search(r"[A-Za-z]", bare) and re.search(r"\d|[!@#$%^&*+=]", bare)
    return bool(says) and is_no_hash(bare) and not is_about_passwords(bare) and not re.match(r"[-/~.]|--", bare)


PROSE: tuple[Rule, ...] = (
    context(
        "told password",
        "pass secret token key credential",
        rf"{NAMED}{_WORDS}?\s{{1,4}}{_IS}\s{{0,4}}:?\s{{1,4}}[\"'`]?(?P<secret>(?=[^\s]{{0,64}}\d)(?=[^\s]{{0,64}}[a-z])"
        r"[^\s\"'`,;<>]{5,256})",
        is_no_hash,
    ),
    context(
        "told password",
        "pass pwd",
        rf"{_CHOSEN_BY_PEOPLE}{_WORDS}?\s{{1,4}}{_IS}\s{{0,4}}:?\s{{1,4}}(?P<quote>[\"'`])(?P<secret>[^\"'`\n]{{3,128}})(?P=quote)",
        is_told,
    ),
    context(
        "told password",
        "pass pwd",
        rf"{_CHOSEN_BY_PEOPLE}{_WORDS}?[ \t]{{1,4}}{_IS}[ \t]{{0,4}}:?[ \t]{{1,4}}"
        rf"(?P<secret>[^\s\"'`,;<>]{{4,128}}?){_LINE_END}",
        is_told,
    ),
    context(
        "told password",
        "pass secret token key credential",
        rf"(?:with|use|using|try|enter|type|and|the|my|new|old|current|same|,)[ \t]{{1,4}}(?:the[ \t])?{NAMED}"
        r"[ \t]{1,4}"
        rf"[\"'`]?(?P<secret>{_CHOSEN}{{6,128}})",
        _is_chosen,
    ),
    context(
        "told password",
        "pass",
        rf"(?:with|use|using|try|enter|type)[ \t]{{1,4}}(?:the[ \t])?{_CHOSEN_BY_PEOPLE}[ \t]{{1,4}}"
        r"(?P<quote>[\"'`])(?P<secret>[^\"'`\n]{4,128})(?P=quote)",
        is_told,
    ),
    context(
        "told password",
        "-> → ⇒ – —",
        rf"{NAMED}[*_`]{{0,3}}[ \t]{{1,4}}(?:->|→|⇒|–|—)[ \t]{{1,4}}[\"'`]?(?P<secret>{_CHOSEN}{{5,128}})",
        _is_chosen,
    ),
    context(
        "told password",
        "*: :* _: :_ `:",
        rf"[*_`][ \t]?[\w ]{{0,30}}{NAMED}[ \t]?(?::[*_`]{{1,3}}|[*_`]{{1,3}}[ \t]?:)[ \t]{{1,4}}"
        r"[*_`\"']{0,2}(?P<secret>[^\s*`\"'<>]{4,128})"
        r"(?=[*`\"'.,;]{0,3}[ \t]*(?:$|\n|\r|\||,[ \t]))",
        lambda value: is_no_code(value) and not value.isdigit(),
    ),
    context(
        "told password",
        "|",
        rf"\|[ \t]{{0,80}}[*_`]{{0,3}}(?:[a-z0-9]{{1,20}}[ _.-]){{0,4}}{NAMED}[*_`]{{0,3}}[ \t]{{0,80}}\|"
        r"[ \t]{0,80}[*_`]{0,3}"
        r"(?P<secret>[^\s|`*]{4,256})[*_`]{0,3}[ \t]{0,80}\|",
        _is_chosen,
    ),
    context(
        "told password",
        "pass",
        rf"{_CHOSEN_BY_PEOPLE}(?:[ \t]\([^)\n]{{1,40}}\)|{_WORDS})[ \t]?:[ \t]{{1,4}}"
        rf"[\"'`]?(?P<secret>{_CHOSEN}{{4,128}})",
        _is_chosen,
    ),
    context(
        "told password",
        "pass",
        r"password for '[^'\n]{1,200}':[ \t]{1,4}(?P<secret>[^\s]{3,256})",
    ),
    context(
        "told password",
        "- ",
        rf"(?:^|\n)[ \t*>\d.-]{{0,12}}{_CHOSEN_BY_PEOPLE}[ \t]{{1,4}}-[ \t]{{1,4}}"
        rf"(?P<secret>{_CHOSEN}{{4,128}}?){_LINE_END}",
        is_told,
    ),
    context(
        "told key",
        "token key secret",
        r"(?:api|access|auth|bearer|refresh|secret|client|personal)[ -](?:token|key|secret)[ \t]?:[ \t]{1,4}"
        rf"(?P<secret>{_CHOSEN}{{8,256}}?){_LINE_END}",
        is_told,
    ),
    context(
        "told password",
        "password",
        r"username\s+\S{1,64}\s+(?:privilege\s+\d+\s+)?password\s+[057]\s+(?P<secret>\S{3,128})",
    ),
    context("told password", "bindpw rootpw", r"(?:bindpw|rootpw)[ \t]{0,4}:{0,2}[ \t]{1,8}(?P<secret>[^\s]{3,256})"),
    context(
        "told password",
        "mot de passe contrase senha wachtwoord пароль 密码 パスワード",
        r"(?:mot de passe|contraseña|senha|wachtwoord|пароль|密码|パスワード)\s{0,2}(?::|：|est|es|=|is)\s{0,4}[\"'`]?"
        r"(?P<secret>[^\s\"'`,;<>]{4,128})",
        is_no_code,
    ),
    context(
        "told credentials",
        "cred login",
        r"(?:cred(?:ential)?s?|logins?)[ \t]{0,4}(?:are|is|:|=)[ \t]{0,4}[\"'`]?[\w.@-]{1,64}[ \t]?[:/]"
        r"[ \t]?(?P<secret>[^\s\"'`,;/]{4,128})",
        _is_chosen,
    ),
    context(
        "passphrase",
        "passphrase mnemonic seed",
        r"(?:passphrase|mnemonic|seed phrase|recovery phrase)(?:[ \t]{1,4}is)?[ \t]{0,4}[:=]?[ \t]{1,4}[\"'`]?"
        r"(?P<secret>[a-z]{3,10}(?:[ -][a-z]{3,10}){3,23})(?=[\"'`.]?[ \t]*(?:$|\r?\n))",
        lambda value: not any(word in HARMLESS for word in re.split("[ -]", value)),
    ),
)
_PASS_LINE = re.compile(r"(?:pass|pw)[ \t]*[:=][ \t]*(?P<secret>[a-z]{4,64})[ \t]*(?=\r?\n|\\n|$)")
_BEFORE_PASS = re.compile(r"(?:^|[\s>*/-]|\\n)$")
_OF_A_SENTENCE = re.compile(r"\b(?:to|tests|checks|must|will|should|all)\s$")
_REPORT = re.compile(r"(?:^|\n|\\n)[ \t-]*(?:x?fail|xpass|skip|ok|error)\b")
_MOST_LOGINS = 3


def pass_lines(lowered: str) -> Iterator[tuple[int, int]]:
    """`pass: word` at the end of a line, unless it is one of a report about tests: they have more such lines."""
    found = [line for line in _PASS_LINE.finditer(lowered) if _names_login(lowered, line.start())]
    words = {line["secret"] for line in found}
    if len(words) > _MOST_LOGINS or _REPORT.search(lowered):
        return
    for line in found:
        word = line["secret"]
        if not re.search("test|spec|check", word) and not is_about_passwords(word):
            yield line.span("secret")


def _names_login(lowered: str, start: int) -> bool:
    before = lowered[max(0, start - 8) : start]
    return bool(_BEFORE_PASS.search(before)) and not _OF_A_SENTENCE.search(before)
