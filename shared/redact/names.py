"""What the name of a value says about it: `DB_PASSWORD`, `apiKey`, `x-auth-token` against `max_tokens`, `tokenPath`."""

from __future__ import annotations

import enum
import re
from functools import lru_cache

LONGEST_NAME = 80


class Kind(enum.Enum):
    """How sure a name is. The value decides the rest (`values.says_secret`)."""

    NONE = "none"
    WEAK = "weak"
    """`pass`, `pw`, `auth`: also everyday words, so the value must be one that nobody writes by chance."""
    SECRET = "secret"  # noqa: S105 - a kind, no secret
    """`token`, `api_key`, `client_secret`."""
    PASSWORD = "password"  # noqa: S105 - a kind, no password
    """People choose passwords: any word can be one."""


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORD = re.compile(r"(?:password|passwd|passphrase|passcode|passwort)s?$|^pwd$|.{2}pwd$")
_SECRET = re.compile(r"(?:secret|credential|apikey|accesskey|secretkey|privatekey|authkey|connectionstring)s?$|^creds$")
_TOKEN = re.compile(r"tokens?$")
_WEAK = re.compile(r"^(?:pass|pw|auth)$")
_JOINED_PASS = re.compile(r"^(?:db|user|usr|my|mysql|pg|smtp|admin|root|ftp|mail|store|key|require|master|ssh)pass$")
_ALONE = frozenset({"dsn", "pgpass", "masterauth", "requirepass"})
_KEY_OF_TEXT = """
api access private secret signing signature encryption decryption auth master account admin subscription service role
openai azure anthropic gemini mistral storage shared hmac jwt aes webhook application
"""
_KEY_OF = frozenset(_KEY_OF_TEXT.split())
_TRAILING_TEXT = """
value values base64 b64 base plain plaintext raw prod production dev development test staging live main old new default
"""
_TRAILING = frozenset(_TRAILING_TEXT.split())


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind:
    """What `name` says its value is. The last word decides: `token_url` names an address, `auth_token` a token."""
    words = _words(name)
    if not words:
        return Kind.NONE
    if name == "_auth":
        # npm's way to write `user:password`.
        return Kind.SECRET
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "hash" and _PASSWORD.search(before):
        return Kind.PASSWORD
    if _PASSWORD.search(last) or _JOINED_PASS.match(last) or (last == "pass" and before and before not in _RESULTS):
        return Kind.PASSWORD
    if _SECRET.search(last) or _TOKEN.search(last) or last in _ALONE:
        return Kind.SECRET
    if (last in ("key", "keys") and before in _KEY_OF) or (last == "string" and before == "connection"):
        return Kind.SECRET
    return Kind.WEAK if _WEAK.match(last) else Kind.NONE


_RESULTS = frozenset({"tests", "checks", "first", "second", "by", "to", "must", "all", "did", "no"})
"""`tests_pass = 12`: what passed, not a password."""


def _words(name: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1] in _TRAILING or words[-1].isdigit()):
        words.pop()
    return words


def is_count(name: str) -> bool:
    """Whether numbers under this name count something: `max_tokens`."""
    return bool(_TOKEN.search(name.lower()))


def is_undoubted(name: str) -> bool:
    """Under such a name even a UUID is a secret; under `session_token` or `api_key` it is taken for an id."""
    return kind_of(name) is Kind.PASSWORD or any(word in name.lower() for word in ("secret", "heroku"))


_IDENTITY_TEXT = """
id ids uuid guid hash sha sha1 sha256 sha512 h1 checksum checksums digest integrity etag fingerprint commit revision rev
version ref cursor next path file filename url uri href src link class classname image name title type slug
"""
_IDENTITIES = frozenset(_IDENTITY_TEXT.split())


@lru_cache(maxsize=4096)
def is_identity(name: str) -> bool:
    """Whether a random-looking value is to be expected here: `session_id`, `integrity`, `next`."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*", name)]
    return bool(words) and words[-1] in _IDENTITIES


_ENVIRONMENT_KEY = re.compile(r"^[A-Z][A-Z0-9_]*_KEY$")


def is_environment_key(name: str) -> bool:
    """`ALGOLIA_KEY`: in an environment a key is one to something, unless its value says otherwise."""
    return bool(_ENVIRONMENT_KEY.match(name))
