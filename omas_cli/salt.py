"""The random salt that keeps a project's hash from being guessed; one per user (~/.omas/salt, 0600)."""

from __future__ import annotations

import re
import secrets

from shared import durable, paths
from shared.errors import ConfigError

_SALT = re.compile(r"[0-9a-f]{32}")


def salt() -> str:
    """The 32 hexadecimal characters, made at first use; ConfigError when the file holds something else."""
    path = paths.salt_file()
    found = _read()
    if found is None:
        durable.create_private(path, secrets.token_hex(16) + "\n")
        found = _read()
    if found is None or not _SALT.fullmatch(found):
        raise ConfigError(
            f"{path} does not hold a salt of 32 hexadecimal characters.",
            hint="Copy the file from your other machine, or delete it to get a new salt (and new project hashes).",
        )
    return found


def _read() -> str | None:
    try:
        return paths.salt_file().read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"Cannot read {paths.salt_file()}: {error.strerror}.") from error
