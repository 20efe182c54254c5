"""Records between spool and anchor: which may be worked on now, and which must wait for what git tells next.

A commit waits for its ancestry (a moment), an amended one for the pair that names what it replaces, a rebased one
until the rebase is over and has told its pairs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oobo_hooks import environment
from oobo_hooks import repository as repositories
from oobo_hooks.anchor import reflog
from oobo_hooks.hook import ancestry, spool
from oobo_hooks.hook.spool import Record

ANCESTRY_SECONDS = 0.5
PAIR_SECONDS = 2.0
FRESH_SECONDS = 5.0
"""Later a process number may be another process's."""
_REBASE_DIRS = ("rebase-merge", "rebase-apply")


@dataclass
class Pending:
    """A record on its way. `raw` is its spool line, kept to be written back when the worker leaves before its time."""

    record: Record
    raw: dict[str, Any]
    replaces: list[str] = field(default_factory=list)
    ready_since: float | None = None
    amends: bool | None = None


class WaitingRoom:
    """All records a worker has taken and not finished."""

    def __init__(self) -> None:
        self.pending: list[Pending] = []
        self._set_back: list[Pending] = []
        self._chains: dict[int, list[tuple[int, str]]] = {}
        self._replaced: dict[str, list[str]] = {}

    def admit(self, raws: list[dict[str, Any]]) -> None:
        """Take in spool lines, in their order."""
        for raw in raws:
            chain = spool.parse_ancestry(raw)
            record = spool.parse_record(raw)
            if chain is not None:
                self._chains[chain[0]] = chain[1]
            elif record is not None and record.kind == "rewrite":
                self._admit_pairs(record, raw)
            elif record is not None:
                self._add(Pending(record, raw))

    def _admit_pairs(self, record: Record, raw: dict[str, Any]) -> None:
        for old, new in record.pairs:
            olds = self._replaced.setdefault(new, [])
            if old not in olds and old != new:
                olds.append(old)
        known = {pending.record.head for pending in self.pending}
        for new in dict.fromkeys(new for _, new in record.pairs):
            # `rebase --apply` runs no post-commit: its commits are known by their pairs only.
            if new not in known:
                own = raw | {"record": "commit", "head": new, "pairs": [], "by_pair": True}
                parsed = spool.parse_record(own)
                if parsed is not None:
                    self._add(Pending(parsed, own))

    def _add(self, pending: Pending) -> None:
        record, raw = pending.record, pending.raw
        raw.setdefault("seen_at", record.seen_at)
        if record.above > 1 and record.ancestry is not None and time.time() - record.seen_at < FRESH_SECONDS:
            # At once: those who called git may leave any moment.
            higher, complete = ancestry.climb(record.above)
            record.ancestry += higher
            record.above = 0 if complete else record.above
            raw |= {"chain": [list(level) for level in record.ancestry], "above": record.above}
        self.pending.append(pending)

    def take_ready(self) -> list[Pending]:
        """The records whose time has come; they leave the room."""
        ready = [pending for pending in self.pending if self._is_ready(pending)]
        self.pending = [pending for pending in self.pending if pending not in ready]
        return ready

    def _is_ready(self, pending: Pending) -> bool:
        record, age = pending.record, time.time() - pending.record.seen_at
        chain = self._chains.get(record.key)
        if chain is not None and len(chain) >= len(record.ancestry or ()):
            record.ancestry, record.above = chain, 0
        pending.replaces = self._olds(record)
        if record.kind != "commit":
            return True
        if (record.ancestry is None or record.above > 1) and age < ANCESTRY_SECONDS and not _names_its_session(record):
            return False
        if pending.replaces:
            return not is_rebasing(record)
        return not self._waits_for_pair(pending, age)

    def _olds(self, record: Record) -> list[str]:
        """What this commit replaces. Steps in the middle of a rebase are no commits that anybody saw."""
        steps = {pending.record.head for pending in self.pending if pending.record.rebasing is not None}
        olds = list(self._replaced.get(record.head, ()))
        found: list[str] = []
        while olds:
            old = olds.pop(0)
            if old in steps:
                steps.remove(old)
                olds = self._replaced.get(old, []) + olds
            elif old not in found:
                found.append(old)
        return found

    def _waits_for_pair(self, pending: Pending, age: float) -> bool:
        if pending.record.rebasing is not None:
            if is_rebasing(pending.record):
                pending.ready_since = None
                return True
            pending.ready_since = pending.ready_since or time.time()
            return time.time() - pending.ready_since < PAIR_SECONDS
        if pending.amends is None:
            pending.amends = _is_amend(pending.record)
        return pending.amends and age < PAIR_SECONDS

    def set_back(self, pending: Pending, *, tried: bool) -> None:
        """Keep a record that could not be worked on for the next worker. `tried`: it may itself be at fault."""
        pending.raw["tries"] = int(pending.raw.get("tries", 0)) + int(tried)
        self._set_back.append(pending)

    def leftovers(self) -> list[dict[str, Any]]:
        """The spool lines of what still waits, for a later worker."""
        waiting = [*self.pending, *self._set_back]
        heads = {pending.record.head for pending in waiting}
        lines = [pending.raw for pending in waiting]
        lines += [
            {
                "record": "ancestry",
                "key": pending.record.key,
                "chain": [list(level) for level in pending.record.ancestry],
            }
            for pending in waiting
            if pending.record.ancestry is not None
        ]
        pairs = [(old, new) for new, olds in self._replaced.items() if new in heads for old in olds]
        if pairs:
            first = waiting[0].raw
            lines.append(first | {"record": "rewrite", "command": "rebase", "pairs": pairs})
        return lines

    def is_empty(self) -> bool:
        return not self.pending

    def only_rebases(self) -> bool:
        """Whether all that waits is a rebase that has stopped (a conflict, an edit): it may take hours."""
        return all(pending.record.rebasing is not None and is_rebasing(pending.record) for pending in self.pending)


def is_rebasing(record: Record) -> bool:
    return record.rebasing is not None and any((Path(record.git_dir) / name).is_dir() for name in _REBASE_DIRS)


def _names_its_session(record: Record) -> bool:
    return any(record.environment.get(name) for name in environment.SESSION_VARIABLES)


def _is_amend(record: Record) -> bool:
    """Whether the log of HEAD says that this commit came of `commit --amend`; where it tells nothing, it may have."""
    action = reflog.action_of(repositories.from_git_dir(Path(record.git_dir), None), record.head)
    return action is None or action.startswith("commit (amend)")
