"""Secrets that people tell each other: "the password is …", `**Password:** …`, `| token | … |`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.redact.rules import NAMED, Rule, context, is_no_code, is_no_hash
from shared.redact.values import HARMLESS, is_code

_CHOSEN_BY_PEOPLE = r"(?:pass(?:word|wd|phrase|code|wort)|pwd)"
_WORDS = r"(?:[ \t]{1,4}(?:for|of|to|on|in|at)[ \t]{1,4}[^\s.:;,|]{1,40}(?:[ \t][^\s.:;,|]{1,40}){0,4}?)"
_IS = r"(?:is|was|lautet|ist|est|es)"
_LINE_END = r"(?=[.,;!)\"'`]{0,2}(?:\s*$|[ \t]*\r?\n|[.,;!]\s))"
_CHOSEN = r"[^\s\"'`,;<>|()]"
_STATES_TEXT = """
wrong correct set unset empty null none known unknown hidden broken here there gone fine okay same new old public
private safe secure plaintext unique needed good bad not sent kept read written shown given lost taken stolen hashed
plain yours mine blank long short simple complex weak strong up down out back now later still also always never only
just again before after above below inside outside without within against instead rather about less more enough better
worse best worst ready free real fake dead live active stale fresh clear cleartext base64 utf8 utf-8 hex json yaml
bcrypt argon2 argon2id scrypt pbkdf2 sha1 sha256 sha512 md5 oauth2 oauth jwt ascii unicode opaque nothing something
hash reset input form page prompt manager column length strength policy text file check change rotation rule type
"""
_STATES = frozenset(_STATES_TEXT.split())
_STATE = re.compile(r".*(?:ed|ing|able|ible|ive|ory|ary|ous|al|id|ent|ant|ful|less|ity|ly|ion)", re.IGNORECASE)


def _is_chosen(value: str) -> bool:
    """No word of a sentence about passwords: such have digits or signs that no word has."""
    bare = value.rstrip(".,:;!?)*_")
    says = re.search(r"[A-Za-z]", bare) and re.search(r"\d|[!@#$%^&*+=]", bare)
    return bool(says) and is_no_hash(bare) and not _is_about(bare) and not re.match(r"[-/~.]|--", bare)


def _is_told(value: str) -> bool:
    """What is said to be the password, and not how it is."""
    bare = value.rstrip(".,:;!?)*_")
    if _is_about(bare) or not is_no_hash(bare):
        return False
    return not bare.isalpha() or not _STATE.fullmatch(bare)


def _is_about(bare: str) -> bool:
    lowered = bare.lower()
    return (
        len(bare) < 3 or lowered in HARMLESS or lowered in _STATES or is_code(bare) or bool(_ALGORITHM.match(lowered))
    )


_ALGORITHM = re.compile(
    r"(?:sha|md|aes|rsa|hs|rs|es|utf|base|oauth|argon|pbkdf|v|rfc|http|level|step|part|line)-?\d[\d.-]*\w?$"
)

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
        _is_told,
    ),
    context(
        "told password",
        "pass pwd",
        rf"{_CHOSEN_BY_PEOPLE}{_WORDS}?[ \t]{{1,4}}{_IS}[ \t]{{0,4}}:?[ \t]{{1,4}}"
        rf"(?P<secret>[^\s\"'`,;<>]{{4,128}}?){_LINE_END}",
        _is_told,
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
        _is_told,
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
_PASS_LINE = re.compile(
    r"(?:^|(?<!\bto)(?<!tests)(?<!checks)(?<!must)(?<!will)(?<!should)(?<!all)[\s>*/-]|\\n)"
    r"pass[ \t]*[:=][ \t]*(?P<secret>[a-z]{4,64})[ \t]*(?=\r?\n|\\n|$)"
)
_REPORT = re.compile(r"(?:^|\n|\\n)[ \t-]*(?:x?fail|xpass|skip|ok|error)\b")
_MOST_LOGINS = 3


def pass_lines(lowered: str) -> Iterator[tuple[int, int]]:
    """`pass: word` at the end of a line, unless it is one of a report about tests: they have more such lines."""
    found = list(_PASS_LINE.finditer(lowered))
    words = {line["secret"] for line in found}
    if len(words) > _MOST_LOGINS or _REPORT.search(lowered):
        return
    for line in found:
        word = line["secret"]
        if not re.search("test|spec|check", word) and not _is_about(word):
            yield line.span("secret")
