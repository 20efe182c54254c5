"""Ids of the managed-agents surface: a prefix, an underscore, 24 random base-36 characters (contract 3)."""

from __future__ import annotations

import secrets
import string
from typing import Literal

_BASE36 = string.digits + string.ascii_lowercase
_LENGTH = 24

Prefix = Literal[
    "agent", "env", "sess", "vlt", "cred", "memstore", "mem", "memver", "file", "sesrsc", "sevt", "skill",
    "skillver", "card", "sthr", "outc", "req",
]  # fmt: skip


def new_id(prefix: Prefix) -> str:
    number = int.from_bytes(secrets.token_bytes(16), "big")
    letters = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 36)
        letters.append(_BASE36[digit])
    return f"{prefix}_{''.join(letters)}"
