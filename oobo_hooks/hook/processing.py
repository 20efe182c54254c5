"""From a hook's record to a stored anchor and a queued event. Runs in the worker, one repository at a time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from oobo_hooks import delivery, omar, payload, settings
from oobo_hooks import repository as repositories
from oobo_hooks.anchor import facts as git_facts
from oobo_hooks.anchor import origins, reflog, rewrites
from oobo_hooks.anchor.build import Built, Material, build
from oobo_hooks.anchor.candidates import Candidates
from oobo_hooks.anchor.contents import Contents
from oobo_hooks.anchor.facts import CommitFacts
from oobo_hooks.anchor.sessions import token_usage, usage_numbers
from oobo_hooks.hook.spool import Record
from oobo_hooks.repository import Repository, RepositoryGoneError
from oobo_hooks.store import anchors, copies, database, outbox
from oobo_hooks.store.anchors import KnownRepository
from shared.config import Config
from shared.wire.anchors import normalise_remote


@dataclass
class Workshop:
    """What the worker keeps between records: the store, the configuration, and the sessions it has read."""

    connection: sqlite3.Connection
    config: Config
    candidates: dict[str, Candidates] = field(default_factory=dict)

    def candidates_of(self, worktree: str, state_dir: Path) -> Candidates:
        tools = settings.enabled_tools(self.config)
        return self.candidates.setdefault(worktree, Candidates(worktree, tools, state_dir))


def make_anchor(workshop: Workshop, record: Record, replaces: list[str]) -> bool:
    """Build, store and queue the anchor of a commit or merge record; False when there is nothing to do.

    Anchor, taken edits, token totals and outbox item are one transaction: killed before it, the record is read again;
    killed after it, the commit has its anchor and is passed over.
    """
    repository = repository_of(record)
    known = remember(workshop.connection, repository)
    if known.ignored or settings.is_ignored(workshop.config, known.worktree, known.remote):
        return False
    if anchors.has_anchor(workshop.connection, known.id, record.head):
        return False
    if record.rebasing is not None and not is_reachable(repository, record.head):
        # A step of a rebase that was aborted, or squashed into the next one: no branch will ever show it.
        return False
    facts = git_facts.read_commit(repository, record.head, git_facts.branch_of(record.ref, record.rebasing))
    if record.kind == "merge" and not is_own_merge(repository, facts):
        return False
    git_facts.read_lines(repository, facts)
    built = build(_material(workshop, record, repository, known, facts, replaces))
    built.explanation |= {"patch_id": origins.patch_id(facts), "author_at": facts.author.at}
    if built.anchor.omar_agent:
        # The agent may be gone when somebody asks for its task.
        built.explanation["omar"] = omar.agent(built.anchor.omar_agent)
    _keep(workshop, known, repository, built, record)
    return True


def repository_of(record: Record) -> Repository:
    """The repository a record speaks of; RepositoryGoneError when it is gone."""
    git_dir = Path(record.git_dir)
    if not (git_dir / "HEAD").exists():
        raise RepositoryGoneError(f"The repository {git_dir} is not there any more.")
    worktree = Path(record.directory) if record.directory else None
    return repositories.from_git_dir(git_dir, worktree)


def remember(connection: sqlite3.Connection, repository: Repository) -> KnownRepository:
    """The repository's row in the store, with its present name and remote."""
    with database.transaction(connection):
        return anchors.remember_repository(
            connection,
            common_dir=str(repository.common_dir),
            worktree=str(repository.worktree or repository.common_dir),
            name=repository.main_worktree.name.removesuffix(".git") or "repository",
            remote=remote_of(repository),
        )


def remote_of(repository: Repository) -> str | None:
    """The normalised remote: origin, else the first one; None without, or when it is a local path."""
    names = (repository.try_git("remote") or "").split("\n")
    for name in sorted(filter(None, names), key=lambda one: one != "origin"):
        found = normalise_remote(repository.try_git("remote", "get-url", name))
        if found is not None:
            return found
    return None


def is_reachable(repository: Repository, commit: str) -> bool:
    """Whether HEAD or any ref leads to the commit."""
    if repository.try_git("merge-base", "--is-ancestor", commit, "HEAD") is not None:
        return True
    return bool(repository.try_git("for-each-ref", "--count=1", "--format=%(refname)", "--contains", commit))


def is_own_merge(repository: Repository, facts: CommitFacts) -> bool:
    """Whether post-merge speaks of a merge commit made here: a fast-forward moved to someone else's commit."""
    if not facts.is_merge:
        return False
    action = reflog.action_of(repository, facts.commit)
    if action is not None:
        return not action.endswith(": Fast-forward")
    return facts.committer.email == _own_email(repository)


def _own_email(repository: Repository) -> str:
    identity = repository.try_git("var", "GIT_COMMITTER_IDENT") or ""
    return identity.partition("<")[2].partition(">")[0]


def _material(
    workshop: Workshop,
    record: Record,
    repository: Repository,
    known: KnownRepository,
    facts: CommitFacts,
    replaces: list[str],
) -> Material:
    made_of = [] if replaces else origins.origins(workshop.connection, known.id, repository, record, facts)
    found = [anchors.find_anchor(workshop.connection, known.id, old) for old in [*replaces, *made_of]]
    old_anchors = [anchor for anchor in found if anchor is not None]
    worktree = record.directory or known.worktree
    return Material(
        record=record,
        facts=facts,
        worktree=worktree,
        candidates=workshop.candidates_of(worktree, repository.state_dir),
        taken_of=lambda session_id: anchors.taken_lines(workshop.connection, known.id, session_id),
        contents=Contents(repository, facts.commit, worktree),
        transparent=settings.is_transparent(workshop.config, known.transparency),
        replaces=replaces,
        carried=rewrites.carry(repository, old_anchors),
    )


def _keep(workshop: Workshop, known: KnownRepository, repository: Repository, built: Built, record: Record) -> None:
    connection, commit = workshop.connection, built.anchor.commit_hash
    places = payload.places_of([record.directory, str(repository.main_worktree)])
    send_message = workshop.config.flag("privacy.send_message")
    event, server = None, settings.server(workshop.config)
    if delivery.may_send(server):
        event = payload.commit_event(
            built.anchor,
            built.links,
            name=known.name,
            remote=known.remote,
            places=places,
            send_message=send_message,
        )
    with database.transaction(connection):
        kept = payload.clean_anchor(built.anchor, places) | {"message": built.anchor.message}
        if not anchors.insert_anchor(connection, known.id, kept, built.explanation):
            return
        for session_id, taken in built.taken.items():
            anchors.take_lines(connection, known.id, session_id, taken)
        copies.forget_squash(connection, record.git_dir)
        _keep_usage(connection, known, built)
        if event is not None:
            outbox.put(
                connection,
                payload.COMMIT_EVENT,
                event,
                repository=known.id,
                once=commit,
                commit=commit,
                destination=server.address,
            )


def _keep_usage(connection: sqlite3.Connection, known: KnownRepository, built: Built) -> None:
    """The session's totals now, and what it has spent since its last anchor here."""
    for link in built.links:
        if link.evidence is None:
            continue
        total = usage_numbers(token_usage(link.evidence.conversation)[0])
        before = anchors.last_usage(connection, known.id, link.session_id) or {}
        delta = {name: max(0, value - before.get(name, 0)) for name, value in total.items()}
        anchors.insert_usage(connection, known.id, link.session_id, built.anchor.commit_hash, total, delta)


def note_squash(workshop: Workshop, record: Record) -> None:
    """Keep what `merge --squash` brought, until the commit that a person makes of it."""
    with database.transaction(workshop.connection):
        copies.remember_squash(workshop.connection, record.git_dir, record.head, record.squashed)


def queue_push(workshop: Workshop, record: Record) -> None:
    """`git.push` with no anchor, when sync is on (seed 003)."""
    server = settings.server(workshop.config)
    if not delivery.may_send(server):
        return
    known = remember(workshop.connection, repository_of(record))
    if known.ignored or settings.is_ignored(workshop.config, known.worktree, known.remote):
        return
    event = payload.push_event(name=known.name, remote=known.remote)
    with database.transaction(workshop.connection):
        once = f"push-{record.key}-{record.head}"
        outbox.put(
            workshop.connection,
            payload.PUSH_EVENT,
            event,
            repository=known.id,
            once=once,
            destination=server.address,
        )
