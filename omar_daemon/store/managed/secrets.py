"""Sealing secrets at rest: AES-256-GCM under a key file that only the owner can read.

The purpose (`model card`, `credential`, …) and the row's id are bound into the seal, so a sealed text copied to
another row does not open.
"""

from __future__ import annotations

import base64
import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from shared import durable, paths
from shared.errors import ConfigError

_KEY_BYTES = 32
_NONCE_BYTES = 12


def seal(value: Any, *, purpose: str, owner: str) -> str:
    """`value` (JSON) as base64 text that only `open_sealed` with the same purpose and owner turns back."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    closed = AESGCM(_key(str(key_file()))).encrypt(nonce, json.dumps(value).encode(), _bound_to(purpose, owner))
    return base64.b64encode(nonce + closed).decode()


def open_sealed(text: str, *, purpose: str, owner: str) -> Any:
    """ConfigError when the key file is not the one the secret was sealed with."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = base64.b64decode(text)
    try:
        nonce, closed = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        opened = AESGCM(_key(str(key_file()))).decrypt(nonce, closed, _bound_to(purpose, owner))
    except InvalidTag:
        raise ConfigError(
            f"A stored secret does not open with {key_file()}.", hint="Store the secret again, or bring the file back."
        ) from None
    return json.loads(opened)


def key_file() -> Path:
    return paths.tool_home("omar") / "secrets.key"


@cache
def _key(path: str) -> bytes:
    file = key_file()
    durable.create_private(file, base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
    if file.stat().st_mode & 0o077:
        raise ConfigError(f"{path} can be read by others, so it is not used.", hint=f"chmod 600 {path}")
    key = base64.b64decode(file.read_bytes())
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"{path} does not hold a key.", hint="Bring back the right file; it opens stored secrets.")
    return key


def _bound_to(purpose: str, owner: str) -> bytes:
    return f"{purpose}\n{owner}".encode()
