"""The spool between hooks and worker: `<git-common-dir>/oobo/spool.jsonl`.

Hooks only append. The worker takes the file by renaming it, and forgets what it took only after the anchors are
stored, so whatever moment the worker dies at, the next one reads the same records again. A record is one JSON
object on a line of its own; records of `hook/templates/`:

    {"record":"commit",   "key":PID, "git_dir", "directory", "head", "ref", "environment":{}, "rebasing"?, "picked"?,
                          "chain":[[pid, name], …], "above":PID}     git, and who stands above it
    {"record":"merge",    … , "squash":"0"|"1", "squashed":[commit, …]}
    {"record":"rewrite",  … , "command":"amend"|"rebase", "pairs":[[old, new], …]}
    {"record":"push",     … , "remote"}
    {"record":"ancestry", "key":PID, "chain":[[pid, name], …]}     of the hook with the same key
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oobo_hooks import environment
from shared import durable

SPOOL = "spool.jsonl"
TAKEN = "taken-*.jsonl"
QUIET_SECONDS = 1.0
"""A taken file is forgotten no earlier than this: a hook may have opened it just before it was renamed."""


@dataclass
class Record:
    """What one hook saw. `environment` holds only the variables of `environment.RECORDED` that were set."""

    kind: str
    key: int
    git_dir: str
    directory: str
    head: str
    ref: str
    environment: dict[str, str] = field(default_factory=dict)
    rebasing: str | None = None
    squash: bool = False
    command: str = ""
    remote: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    picked: str | None = None
    squashed: list[str] = field(default_factory=list)
    ancestry: list[tuple[int, str]] | None = None
    above: int = 0
    seen_at: float = field(default_factory=time.time)


@dataclass
class Taken:
    """A taken spool file, how far it has been read, and when it was last seen to grow."""

    path: Path
    read: int = 0
    grown_at: float = field(default_factory=time.monotonic)


class Spool:
    """The worker's side of one repository's spool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.torn = 0
        self._taken = [Taken(path) for path in sorted(folder.glob(TAKEN))]

    def has_new(self) -> bool:
        """Whether a hook has written since the last `take`."""
        try:
            return (self.folder / SPOOL).stat().st_size > 0
        except OSError:
            return False

    def take(self) -> list[dict[str, Any]]:
        """All records that were not seen yet, of this spool and of those an earlier worker left behind."""
        if self.has_new():
            name = f"taken-{time.time_ns():020d}-{secrets.token_hex(3)}.jsonl"
            with contextlib.suppress(FileNotFoundError):
                (self.folder / SPOOL).rename(self.folder / name)
                self._taken.append(Taken(self.folder / name))
        return [record for taken in self._taken for record in self._read_on(taken)]

    def is_settled(self, seconds: float = QUIET_SECONDS) -> bool:
        """Whether no taken file can still grow under a slow hook."""
        return all(time.monotonic() - taken.grown_at >= seconds for taken in self._taken)

    def forget(self, keep: list[dict[str, Any]]) -> None:
        """Drop what was taken, but `keep` these records for a later worker."""
        if keep:
            body = "".join(json.dumps(record) + "\n" for record in keep)
            durable.write_atomic(self.folder / f"taken-{0:020d}-{secrets.token_hex(3)}.jsonl", body)
        for taken in self._taken:
            taken.path.unlink(missing_ok=True)
        self._taken = []

    def _read_on(self, taken: Taken) -> list[dict[str, Any]]:
        try:
            with taken.path.open("rb") as file:
                written_at = os.fstat(file.fileno()).st_mtime
                file.seek(taken.read)
                body = file.read()
        except FileNotFoundError:
            return []
        if not body:
            return []
        taken.read += len(body)
        taken.grown_at = time.monotonic()
        # A spool that no worker met for hours tells no other time of its records.
        return [{"seen_at": min(written_at, time.time()), **record} for record in self._parse(body)]

    def _parse(self, body: bytes) -> list[dict[str, Any]]:
        records = []
        for line in body.split(b"\n"):
            if not line.strip():
                continue
            try:
                found = json.loads(line.decode("utf-8", "surrogateescape"))
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                records.append(found)
            else:
                self.torn += 1
        return records


def parse_record(raw: dict[str, Any]) -> Record | None:
    """A hook's record, or None for one that no hook of ours writes."""
    head, key = raw.get("head"), raw.get("key")
    if raw.get("record") not in ("commit", "merge", "rewrite", "push") or not isinstance(head, str):
        return None
    if not isinstance(key, int) or not _text(raw, "git_dir"):
        return None
    variables = raw.get("environment")
    return Record(
        kind=str(raw["record"]),
        key=key,
        git_dir=_text(raw, "git_dir"),
        directory=_text(raw, "directory"),
        head=head,
        ref=_text(raw, "ref"),
        environment=_variables(variables) if isinstance(variables, dict) else {},
        rebasing=_text(raw, "rebasing") or None,
        squash=raw.get("squash") == "1",
        command=_text(raw, "command"),
        remote=_text(raw, "remote"),
        pairs=_pairs(raw.get("pairs")),
        picked=_text(raw, "picked") or None,
        squashed=[commit for commit in _list(raw.get("squashed")) if isinstance(commit, str)],
        ancestry=_chain(raw.get("chain")) if "chain" in raw else None,
        above=raw["above"] if isinstance(raw.get("above"), int) else 0,
        seen_at=raw["seen_at"] if isinstance(raw.get("seen_at"), float) else time.time(),
    )


def parse_ancestry(raw: dict[str, Any]) -> tuple[int, list[tuple[int, str]]] | None:
    """Key and chain of an ancestry record, nearest process first; None for any other record."""
    key = raw.get("key")
    if raw.get("record") != "ancestry" or not isinstance(key, int) or not isinstance(raw.get("chain"), list):
        return None
    return key, _chain(raw["chain"])


def _chain(raw: Any) -> list[tuple[int, str]]:
    return [
        (level[0], level[1])
        for level in _list(raw)
        if isinstance(level, list) and len(level) == 2 and isinstance(level[0], int) and isinstance(level[1], str)
    ]


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _variables(raw: dict[Any, Any]) -> dict[str, str]:
    return {name: value for name, value in raw.items() if name in environment.RECORDED and isinstance(value, str)}


def _pairs(raw: Any) -> list[tuple[str, str]]:
    return [(str(pair[0]), str(pair[1])) for pair in _list(raw) if isinstance(pair, list) and len(pair) == 2]
