"""What a value is: a secret, a reference to one, a placeholder, a hash, an id, a piece of code."""

from __future__ import annotations

import math
import re
from collections import Counter

from shared.redact.names import Kind, is_count, is_environment_key, is_undoubted, kind_of

REDACTED = "[REDACTED]"
ENTROPY_BITS = 3.6
SHORTEST_RANDOM = 20
LONGEST_RANDOM = 512
_HARMLESS_TEXT = """
str string strings none null nil true false undefined required optional bytes self int integer any unknown never
object number boolean bool float text void char const let var password passwd secret secrets token tokens key keys value
values env environ changeme redacted hidden example placeholder todo xxx xxxx not set empty default the a an is was are
has and or if to for from in of your my this that it will must should can invalid missing expired wrong flag option
argument parameter variable field header auth basic bearer digest yes no on off with without see use used uses be as
import inherit include omit same-origin minimum maximum at min max each every one two only least
pwd user username expected secretstr securestring literal type enum list dict map array function async await return new
"""
HARMLESS = frozenset(_HARMLESS_TEXT.split())
_STATES_TEXT = """
wrong correct set unset empty null none known unknown hidden broken here there gone fine okay same new old public
private safe secure plaintext unique needed good bad not sent kept read written shown given lost taken stolen hashed
plain yours mine blank long short simple complex weak strong up down out back now later still also always never only
just again before after above below inside outside without within against instead rather about less more enough better
worse best worst ready free real fake dead live active stale fresh clear cleartext base64 utf8 utf-8 hex json yaml
bcrypt argon2 argon2id scrypt pbkdf2 sha1 sha256 sha512 md5 oauth2 oauth jwt ascii unicode opaque nothing something
hash reset input form page prompt manager column length strength policy text file check change rotation rule type
first second third final
"""
_STATES = frozenset(_STATES_TEXT.split())
_STATE = re.compile(r".*(?:ed|ing|able|ible|ive|ory|ary|ous|al|id|ent|ant|ful|less|ity|ly|ion)", re.IGNORECASE)
_ALGORITHM = re.compile(
    r"(?:sha|md|aes|rsa|hs|rs|es|utf|base|oauth|argon|pbkdf|v|rfc|http|level|step|part|line)-?\d[\d.-]*\w?$"
)
_REFERENCE = re.compile(
    r"^(?:\.\.\.|…|<|\$?\{\{|os\.|process\.env|env\.|import\.meta|self\.|this\.|config\.|settings\.|args\.|req\.|"
    r"request\.|secrets\.|vault:|\[?REDACTED\]?|!\w)"
)
_VARIABLES = re.compile(
    r"^(?:\$\w+|\$\{[^}\s]*\}|\$\([^)]*\)?|%\w+%|%\([\w ]*\)s|%[sdrv]"
    r"|\{[A-Za-z_][\w.\[\]'\"()]*(?:![rsa])?(?::[^}]*)?\}"
    r"|\$\{\{[^}]*\}\}|[:/@.,_-])+$"
)
_PASSWORD_HASH = re.compile(r"^\$\w{1,14}\$[^$]*\$|^\$2[abxy]\$")
_BARE_REFERENCE = re.compile(r"^(?:[&*@]+[A-Za-z_]\w*(?:[.:>-]+\w+)*|%\w+%)$")
_MASKED = re.compile(r"^[*•x.#_-]+$|^[*•]{3,}|[*•…]{3,}$", re.IGNORECASE)
_PATH = r"^[A-Za-z_]\w*(?:(?:\.|::|->|\?\.)[A-Za-z_]\w*)"
_CODE = re.compile(rf"{_PATH}*[(\[]|{_PATH}+$")
_RELATIVE_PATH = re.compile(r"^[a-z]+(?:/[a-z.-]+)+$")
_OLD_VAULT_TOKEN = re.compile(r"^s\.[A-Za-z0-9]{24}$")
_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z_]*$")
_VARIABLE_OF_CODE = re.compile(r"^[A-Za-z_]\w*$")
_SAYS_WHAT_IT_IS = re.compile(r"^[^\d]*(?:pass|pwd|secret|token|key)[^\d]*$|_|^[a-z]+[A-Z][A-Za-z]*$|^[a-z]{1,5}$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)
_HEX = re.compile(r"^(?:sha\d+[:-])?[0-9a-f]+$", re.IGNORECASE)
_INTEGRITY = re.compile(r"^(?:sha(?:1|224|256|384|512)|md5|h1)[:-][A-Za-z0-9+/]+={0,2}$", re.IGNORECASE)
_COMMIT = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$", re.IGNORECASE)
_OWN_ID = re.compile(
    r"^(?:toolu|msg|req|call|ses|session|prt|chatcmpl|resp|agent|env|file|evt|run|shr|anc|item|rs|fc|thread|turn|"
    r"batch|usr|org|sess|skill|vault|mem|wf|task|key|ctc|cmpl|asst|step)[_-]",
    re.IGNORECASE,
)
_KEY_CHARACTERS = re.compile(r"^[A-Za-z0-9+/_=.~%!@#$^&*-]+$")
_ENVIRONMENT_NAME = re.compile(r"^[A-Z][A-Z0-9_]*$")


def is_code(value: str) -> bool:
    """A call, an index or a dotted path: `get_token()`, `tokens[0]`, `settings.token`."""
    return bool(_CODE.match(value)) and not _OLD_VAULT_TOKEN.match(value)


def is_reference(value: str) -> bool:
    """A variable, a placeholder or asterisks: it stands for a secret and holds none."""
    if _PASSWORD_HASH.match(value):
        return False
    return bool(value == REDACTED or _REFERENCE.match(value) or _VARIABLES.match(value) or _MASKED.match(value))


def is_about_passwords(word: str) -> bool:
    """Whether a word is one of a sentence about passwords: `wrong`, `expired`, `sha256`."""
    lowered = word.lower()
    known = len(word) < 3 or lowered in HARMLESS or lowered in _STATES
    return known or is_code(word) or bool(_ALGORITHM.match(lowered))


def is_told(value: str) -> bool:
    """Whether it is the password that is told here, and not how it is."""
    bare = value.rstrip(".,:;!?)*_")
    if is_about_passwords(bare) or is_hash_or_uuid(bare):
        return False
    return not bare.isalpha() or not _STATE.fullmatch(bare)


def says_secret(name: str, value: str, *, quoted: bool, literal: bool = False, code: bool = False) -> bool:
    """Whether `value` under `name` is to be hidden.

    `quoted`: it stood in quotes. `literal`: it cannot be code (a shell's `NAME=value`, a query string). `code`: it
    stood among arguments, where a bare word is a variable.

    Hashes and UUIDs: 40 or 64 hexadecimal digits are a commit hash by their looks, but under a name that says secret
    (`api_token=`, `SECRET_KEY=`) they are what `openssl rand -hex 32` and older services give out, and no commit
    hash stands there; so the name wins and they are taken. A UUID is an id under such a name as often as not
    (`session_token`, `continuation_token`), so only passwords, secrets and Heroku's keys make it one. Under any other
    name, and in free text, neither is ever taken.
    """
    kind = kind_of(name)
    stripped = value.strip()
    if kind is Kind.NONE:
        return is_environment_key(name) and _is_unnamed_key(stripped)
    if _is_harmless(name, stripped) or (not quoted and _BARE_REFERENCE.match(stripped)):
        return False
    if kind is Kind.WEAK:
        return _is_weak_secret(name, stripped, quoted=quoted, literal=literal)
    if quoted:
        # Prose after a colon is no secret: "token: the one you were given".
        return " " not in stripped or kind is Kind.PASSWORD
    if is_code(stripped) or (stripped[0] in "([{" and not literal) or _RELATIVE_PATH.match(stripped):
        return False
    if code and _VARIABLE_OF_CODE.match(stripped) and _SAYS_WHAT_IT_IS.search(stripped):
        return False
    if stripped.startswith(("/", "~/", "./", "../")) and name.lower() in ("pwd", "oldpwd"):
        return False
    return kind is Kind.PASSWORD or literal or not _IDENTIFIER.match(stripped)


def _is_harmless(name: str, value: str) -> bool:
    if len(value) < 3 or is_reference(value) or value.lower().rstrip(".,:;!?)]}") in HARMLESS:
        return True
    if _UUID.match(value) and not is_undoubted(name):
        return True
    if value.lower() == re.split(r"[.-]", name)[-1].lower():
        # `f(token=token)`
        return True
    return is_number_of(name, value)


def is_number_of(name: str, value: str) -> bool:
    """`max_tokens: 4096` counts."""
    return is_count(name) and bool(re.fullmatch(r"[\d_.,*+-]+[kKmM]?[,;)\]}]*", value))


def _is_weak_secret(name: str, value: str, *, quoted: bool, literal: bool) -> bool:
    if not (quoted or literal) or " " in value or len(value) < 5 or "/" in value.rstrip("=")[:2]:
        return False
    if quoted and len(value) >= 8 and name.lower().endswith(("pass", "pw")) and value.isalpha() and is_told(value):
        return True
    has_digit = any(character.isdigit() for character in value)
    return not re.fullmatch(r"[\d.]+", value) and (has_digit or value.endswith("=")) and not _CODE.match(value)


def _is_unnamed_key(value: str) -> bool:
    if len(value) < 16 or not re.fullmatch(r"[A-Za-z0-9+/=_-]+", value) or _COMMIT.match(value) or _UUID.match(value):
        return False
    return bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value)) and not _OWN_ID.match(value)


def is_hash_or_uuid(value: str) -> bool:
    return bool(_UUID.match(value) or _HEX.match(value))


def is_environment_name(name: str) -> bool:
    return bool(_ENVIRONMENT_NAME.match(name))


def looks_random(value: str) -> bool:
    """Whether a value looks like key material and is neither a hash, nor a UUID, nor one of our ids."""
    if not SHORTEST_RANDOM <= len(value) <= LONGEST_RANDOM or not _KEY_CHARACTERS.match(value):
        return False
    if _UUID.match(value) or _HEX.match(value) or _OWN_ID.match(value) or _INTEGRITY.match(value):
        return False
    if "%3A" in value and _HEX.match(value.rpartition("%3A")[2]):
        # The digest in a package's URL.
        return False
    if "/" in value and not value.endswith("=") and value.count("/") * 12 > len(value):
        return False
    if is_code(value) or re.match(r"/[^+=]*/[^+=]*$", value):
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
