"""State that survives `kill -9`, a full disk and two programs at once.

Directories are 0700 and files 0600 from their creation; a file is replaced whole or not at all; a
read-modify-write holds a `flock`; a spool is append-only and may be cut at any byte. (DESIGN 5.2)
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import ConfigError, OmaError

PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600


def private_dir(path: Path) -> Path:
    """Make `path` and its missing parents, each 0700; returns it. Existing directories keep their mode."""
    try:
        missing = [path, *path.parents]
        for folder in reversed([p for p in missing if not p.exists()]):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=PRIVATE_DIR)
        if not path.is_dir():
            raise OmaError(f"{path} is not a directory.", hint="Move the file away or choose another home.")
    except OSError as error:
        raise _storage_error("create", path, error) from error
    return path


def write_atomic(path: Path, data: bytes | str, *, mode: int = PRIVATE_FILE) -> None:
    """Replace `path` by `data`: written beside, fsync, rename, fsync of the directory.

    Raises OmaError when the disk is full or read-only; the old content then still stands.
    """
    body = data.encode() if isinstance(data, str) else data
    private_dir(path.parent)
    beside = path.parent / f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new"
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            _write_all(descriptor, body)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        beside.replace(path)
        sync_dir(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise _storage_error("write", path, error) from error


def write_named(path: Path, body: bytes) -> None:
    """Write a file that a person named: whole or not at all, and a link stays a link.

    A device or a pipe (/dev/null, /dev/stdout) is written into: replacing it would take it from everybody.
    """
    if path.is_file() or not path.exists():
        write_atomic(path.resolve(), body)
        return
    try:
        with path.open("wb") as sink:
            sink.write(body)
    except OSError as error:
        raise _storage_error("write", path, error) from error


def create_private(path: Path, data: bytes | str) -> bool:
    """Write a new 0600 file; False, and nothing written, when it already exists.

    Published by a link from a finished file, so a reader never sees half of it.
    """
    body = data.encode() if isinstance(data, str) else data
    private_dir(path.parent)
    beside = path.parent / f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new"
    try:
        write_atomic(beside, body)
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise _storage_error("create", path, error) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    sync_dir(path.parent)
    return True


def sync_dir(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True, timeout: float = 30.0) -> Iterator[bool]:
    """Hold an exclusive `flock` on the lock file `path`; yields whether it was got.

    With `wait=False` another holder means False at once; with it, OmaError after `timeout` seconds. The lock
    dies with its holder.
    """
    private_dir(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
    except OSError as error:
        raise _storage_error("lock", path, error) from error
    try:
        yield _take_lock(descriptor, path, wait, timeout)
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, path: Path, wait: bool, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if not wait:
                return False
            if time.monotonic() > deadline:
                raise OmaError(
                    f"Another program has held {path} for {timeout:.0f} s.",
                    hint="Look for a hanging one and try again.",
                ) from None
            time.sleep(0.02)


def set_aside(path: Path) -> Path:
    """Rename an unreadable file to `<name>.corrupt-<time>`; returns where it is now."""
    aside = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%dT%H%M%S')}-{os.urandom(2).hex()}")
    try:
        path.rename(aside)
    except OSError as error:
        raise _storage_error("set aside", path, error) from error
    return aside


def read_json(path: Path, default: Callable[[], Any], *, warn: Callable[[str], None]) -> Any:
    """The JSON in `path`, or `default()` when there is none.

    A file that is no JSON is set aside and said through `warn` in one line; it is never silently replaced.
    """
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return default()
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        aside = set_aside(path)
        warn(f"{path} could not be read as JSON; it is kept as {aside.name} and a new one is begun.")
        return default()


@dataclass
class SpoolContents:
    """What a spool held: whole records, and how many lines were torn or no JSON object."""

    records: list[dict[str, Any]] = field(default_factory=list)
    torn: int = 0


def append_line(path: Path, record: dict[str, Any]) -> None:
    """Append one JSON line to the spool at `path`, in one write, and sync it.

    A torn end left by an earlier crash is closed first, so it costs only itself.
    """
    private_dir(path.parent)
    line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            _write_all(descriptor, line)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _storage_error("append to", path, error) from error


def read_spool(path: Path) -> SpoolContents:
    """All whole records of a spool, in order. A missing file is an empty spool; no bytes ever raise."""
    contents = SpoolContents()
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return contents
    except OSError as error:
        raise _storage_error("read", path, error) from error
    for line in body.split(b"\n"):
        if line.strip():
            _read_record(line, contents)
    return contents


def _read_record(line: bytes, contents: SpoolContents) -> None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict):
        contents.records.append(record)
    else:
        contents.torn += 1


def _write_all(descriptor: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(descriptor, view) :]


def _storage_error(what: str, path: Path, error: OSError) -> OmaError:
    reason = error.strerror or str(error)
    return OmaError(f"Cannot {what} {path}: {reason}.", hint="Check the space and the permissions there.")
