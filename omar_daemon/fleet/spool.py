"""Short-lived 0600 files: a text on its way into a pane, the start of an agent. Swept when they are old."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from shared import durable, paths
from shared.errors import OmaError

STALE_SECONDS = 120.0


def put(kind: str, body: bytes) -> Path:
    """A new file with `body`; not synced, because it matters only to the process that reads it next."""
    path = durable.private_dir(paths.spool_dir()) / f"{kind}-{secrets.token_hex(8)}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(body)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise OmaError(
            f"Cannot write {path}: {error.strerror}.", hint="Check the space and the permissions there."
        ) from error
    return path


def remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def sweep() -> None:
    """Remove what a killed daemon left; young files may still be read by a starting agent."""
    oldest = time.time() - STALE_SECONDS
    with contextlib.suppress(OSError):
        for path in paths.spool_dir().iterdir():
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime < oldest:
                    path.unlink()
