"""The commits that a new one was made of, without taking their place: cherry-picked, squashed, reset and done again.

What is found here only offers evidence: lines of the new commit that are those of an old one keep their writer.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3

from oobo_hooks.anchor import reflog
from oobo_hooks.anchor.facts import HASH, CommitFacts
from oobo_hooks.hook.spool import Record
from oobo_hooks.repository import Repository
from oobo_hooks.store import copies

MOST = 500
LEAST_ALIKE = 2
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{40,64})\)$", re.MULTILINE)


def origins(
    connection: sqlite3.Connection, known: int, repository: Repository, record: Record, facts: CommitFacts
) -> list[str]:
    """Commits to carry attribution from, each once; [] for an ordinary commit. `facts` must have its lines."""
    found = [*_picked(connection, known, repository, record, facts), *_squashed(connection, record, facts)]
    found += _undone(repository, facts)
    found += _alike(connection, known, repository, facts)
    return [commit for commit in dict.fromkeys(found) if commit != facts.commit and HASH.fullmatch(commit)][:MOST]


def patch_id(facts: CommitFacts) -> str | None:
    """The same for commits that do the same to the same files, wherever in them and however indented."""
    if not facts.added and not facts.deleted:
        return None
    digest = hashlib.sha256()
    for file in sorted(facts.files, key=lambda one: one.path):
        digest.update(b"\0file " + file.path.encode("utf-8", "replace"))
        for mark, lines in ((b"\0-", file.removed_lines), (b"\0+", file.added_lines)):
            for line in lines.values():
                digest.update(mark + b"".join(line.split()))
    return digest.hexdigest()


def _picked(
    connection: sqlite3.Connection, known: int, repository: Repository, record: Record, facts: CommitFacts
) -> list[str]:
    found = [record.picked] if record.picked else []
    found += _PICKED.findall(facts.message)
    if found or not (facts.author.at < facts.committer.at or _is_called_a_pick(repository, facts)):
        return found
    # A copy keeps its author and his instant; what is a part of this history already was not copied.
    alike = copies.with_author(connection, known, str(facts.author), facts.author.at)
    return [commit for commit in alike[:5] if not _is_ancestor(repository, commit, facts)][:1]


def _is_called_a_pick(repository: Repository, facts: CommitFacts) -> bool:
    """Whether the log of HEAD says so: git forgets what was picked once a conflict is solved and committed."""
    return (reflog.action_of(repository, facts.commit) or "").startswith(("cherry-pick", "commit (cherry-pick)"))


def _is_ancestor(repository: Repository, commit: str, facts: CommitFacts) -> bool:
    return repository.try_git("merge-base", "--is-ancestor", commit, facts.commit) is not None


def _squashed(connection: sqlite3.Connection, record: Record, facts: CommitFacts) -> list[str]:
    if len(facts.parents) != 1:
        return []
    return copies.squashed_onto(connection, record.git_dir, facts.parents[0])


def _undone(repository: Repository, facts: CommitFacts) -> list[str]:
    """The commits that a `git reset` right before this one had taken from the branch."""
    moves = reflog.recent(repository)
    here = next((number for number, move in enumerate(moves) if move.new == facts.commit), None)
    if here is None or len(facts.parents) != 1:
        return []
    tip = None
    for move in moves[here + 1 :]:
        if not move.action.startswith("reset: "):
            break
        tip = move.old if move.new != move.old else tip
    if tip is None:
        return []
    told = repository.try_git("rev-list", f"--max-count={MOST}", tip, f"^{facts.parents[0]}") or ""
    return told.split("\n") if told else []


def _alike(connection: sqlite3.Connection, known: int, repository: Repository, facts: CommitFacts) -> list[str]:
    """A commit with the very same change that is no part of this one's history: the change was brought over.

    One line, an import or a version, two may well write on two branches.
    """
    identity = patch_id(facts)
    if identity is None or facts.added < LEAST_ALIKE:
        return []
    for commit in copies.with_patch_id(connection, known, identity)[:3]:
        if not _is_ancestor(repository, commit, facts):
            return [commit]
    return []
