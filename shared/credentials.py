"""Secrets of the commands: one 0600 JSON file per tool, never in argv, in a log or in a configuration file.

With the extra `keyring` installed and `OMA_KEYRING=1`, the system's keyring is used instead.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from shared import durable, extras, output, paths
from shared.errors import ConfigError, UsageError
from shared.paths import Tool


def read(tool: Tool, name: str) -> str | None:
    """The secret called `name`, or None."""
    ring = _keyring()
    if ring is not None:
        found = ring.get_password(f"oma-suite/{tool}", name)
        return str(found) if found is not None else None
    secret = _load(tool).get(name)
    return secret if isinstance(secret, str) else None


def write(tool: Tool, name: str, secret: str) -> None:
    ring = _keyring()
    if ring is not None:
        ring.set_password(f"oma-suite/{tool}", name, secret)
        return
    with durable.locked(_lock_file(tool)):
        _store(tool, {**_load(tool), name: secret})


def delete(tool: Tool, name: str) -> bool:
    """Forget a secret; False when there was none."""
    ring = _keyring()
    if ring is not None:
        with contextlib.suppress(Exception):
            ring.delete_password(f"oma-suite/{tool}", name)
            return True
        return False
    with durable.locked(_lock_file(tool)):
        secrets = _load(tool)
        if name not in secrets:
            return False
        del secrets[name]
        _store(tool, secrets)
    return True


def read_secret(prompt: str) -> str:
    """A secret from a hidden prompt on a terminal, else the first line of stdin; UsageError when it is empty."""
    if sys.stdin.isatty():
        import getpass

        secret = getpass.getpass(prompt)
    else:
        secret = sys.stdin.readline()
    if not secret.strip():
        raise UsageError("No key was given.", hint="Type it at the prompt or pipe it to stdin.")
    return secret.strip()


def _load(tool: Tool) -> dict[str, Any]:
    path = paths.credentials_file(tool)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others, so its keys are not used.", hint=f"chmod 600 {path}")
    found = durable.read_json(path, dict, warn=output.warn)
    return found if isinstance(found, dict) else {}


def _store(tool: Tool, secrets: dict[str, Any]) -> None:
    import json

    durable.write_atomic(paths.credentials_file(tool), json.dumps(secrets, indent=2) + "\n")


def _lock_file(tool: Tool) -> Any:
    path = paths.credentials_file(tool)
    return path.with_name(f"{path.name}.lock")


def _keyring() -> Any:
    if os.environ.get("OMA_KEYRING") != "1":
        return None
    try:
        import keyring
    except ImportError:
        raise ConfigError(
            "OMA_KEYRING=1 is set, but the extra `keyring` is not installed.",
            hint=extras.installation("keyring"),
        ) from None
    return keyring
