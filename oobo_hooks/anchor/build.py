"""Making the anchor of one commit: git's facts, the linked sessions, the lines of each side (seed 003)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oobo_hooks.anchor import attribution, author, interactions, linking, moves, recorded, sessions
from oobo_hooks.anchor.attribution import Attribution, FileAttribution, line_ranges
from oobo_hooks.anchor.candidates import Candidates
from oobo_hooks.anchor.contents import Contents
from oobo_hooks.anchor.edit import Edit
from oobo_hooks.anchor.facts import CommitFacts, FileFacts
from oobo_hooks.anchor.linking import Caller, Link
from oobo_hooks.anchor.rewrites import Carried
from oobo_hooks.anchor.writer import Writer
from oobo_hooks.hook.spool import Record
from shared import __version__
from shared.wire.anchors import (
    Anchor,
    Contributor,
    FileChange,
    LineAttribution,
    LineRange,
    SessionLink,
)
from shared.wire.anchors import Attribution as FileKind

TakenOf = Callable[[str], dict[str, set[int]]]


@dataclass
class Material:
    """Everything an anchor is made of. `taken_of` tells what earlier anchors took of a session's edits."""

    record: Record
    facts: CommitFacts
    worktree: str
    candidates: Candidates
    taken_of: TakenOf
    contents: Contents
    transparent: bool
    replaces: Sequence[str] = ()
    carried: Carried = field(default_factory=lambda: Carried({}, {}))


@dataclass
class Built:
    """An anchor, why it says what it says, and what it took (session id → edit id → line indexes)."""

    anchor: Anchor
    explanation: dict[str, Any]
    links: list[Link]
    taken: dict[str, dict[str, set[int]]]


def build(material: Material) -> Built:
    """The anchor of `material.facts`, whose lines must have been read."""
    facts, record = material.facts, material.record
    moves.find_moves(facts, _edits_of_all(material), material.worktree)
    links = _links(material, _paths(facts))
    edits = [edit for link in links for edit in _edits_before(link, record)]
    found = attribution.attribute(facts, edits, material.carried.lines, material.taken_of, material.contents)
    _claim_for_unreadable(links, facts, found)
    writers = {writer for file in found.files.values() for writer in file.writers}
    links = _standing(links, material, {writer.session_id for writer in writers})
    anchor = _assemble(material, links, found)
    return Built(anchor, _explain(material, links, found), links, _own(found.taken, links))


def _paths(facts: CommitFacts) -> list[str]:
    """The commit's paths, also the old names of moved files."""
    return sorted({path for file in facts.files for path in (file.path, file.old_path)})


def _edits_of_all(material: Material) -> list[Edit]:
    """What anybody's log or hook tells of edits here, whatever file it was."""
    if not any(file.status == "A" for file in material.facts.files):
        return []
    paths = sorted({*_paths(material.facts), *material.candidates.gone()})
    known = dict(material.candidates.recorded(paths))
    for session in material.candidates.recent():
        known |= {one.id: one.edits for one in material.candidates.evidence(session, paths)}
    return [edit for edits in known.values() for edit in edits]


def _links(material: Material, committed: Sequence[str]) -> list[Link]:
    known: dict[str, dict[str, set[int]]] = {}

    def taken(session_id: str) -> dict[str, set[int]]:
        if session_id not in known:
            known[session_id] = material.taken_of(session_id)
        return known[session_id]

    return linking.find_links(material.record, material.worktree, committed, material.candidates, taken)


def _edits_before(link: Link, record: Record) -> list[Edit]:
    """Edits made after the commit are none of its business."""
    latest = record.seen_at * 1000
    return [edit for edit in link.edits if edit.at_ms is None or edit.at_ms <= latest]


def _claim_for_unreadable(links: Sequence[Link], facts: CommitFacts, found: Attribution) -> None:
    """A commit made inside an agent whose log cannot be read at all: its unclaimed lines count as that agent's."""
    blind = next(
        (link for link in links if link.link_type == "explicit" and link.evidence is None and not link.edits), None
    )
    if blind is None:
        return
    writer = Writer(blind.session_id, blind.tool)
    for file in facts.files:
        lines = found.files.setdefault(file.path, FileAttribution())
        for number in file.added_lines.keys() - lines.by_hand:
            lines.written.setdefault(number, writer)
        for number in file.removed_lines.keys() - lines.removed_by_hand:
            lines.removed.setdefault(number, writer)


def _standing(links: list[Link], material: Material, with_lines: set[str]) -> list[Link]:
    """The links that hold: those proven by lines only if there are lines, and those an earlier commit carries."""
    carried = material.carried
    why = f"carried over from {', '.join(commit[:10] for commit in carried.commits)}"
    kept = [link for link in links if not linking.needs_lines(link) or link.session_id in with_lines]
    for link in kept:
        if linking.needs_lines(link) and link.session_id in carried.sessions:
            link.reason = why
    known = {link.session_id for link in kept}
    for session_id, old in carried.sessions.items():
        if session_id not in known and session_id in with_lines:
            kept.append(Link(session_id, old["agent"], old["link_type"], why))
    return kept


def _own(taken: dict[str, dict[str, set[int]]], links: Sequence[Link]) -> dict[str, dict[str, set[int]]]:
    """What was taken of the sessions that stand behind the commit."""
    ids = {link.session_id for link in links}
    return {session_id: edits for session_id, edits in taken.items() if session_id in ids}


def _assemble(material: Material, links: list[Link], found: Attribution) -> Anchor:
    facts = material.facts
    changes = [_file_change(file, found.files.get(file.path, FileAttribution())) for file in facts.files]
    ai_added = sum(min(len(found.files[f.path].written), f.added) for f in facts.files if f.path in found.files)
    ai_deleted = sum(min(len(found.files[f.path].removed), f.deleted) for f in facts.files if f.path in found.files)
    lines = facts.added + facts.deleted
    described = [_described(link, material) for link in links]
    shared_files = interactions.file_interactions(_uses(material), [file.path for file in facts.files])
    for session in described:
        session.peer_session_ids = interactions.peers(shared_files or ()).get(session.session_id, [])
    caller = linking.caller_of(material.record)
    return Anchor(
        oobo_version=__version__,
        commit_hash=facts.commit,
        branch=facts.branch,
        author=str(facts.author),
        author_type=author.author_type(facts.author, material.record.environment, caller, ai_added + ai_deleted),
        contributors=_contributors(facts, described),
        committed_at=facts.committer.at,
        message=facts.message,
        files_changed=facts.paths,
        added=facts.added,
        deleted=facts.deleted,
        file_changes=changes,
        ai_added=ai_added,
        ai_deleted=ai_deleted,
        human_added=facts.added - ai_added,
        human_deleted=facts.deleted - ai_deleted,
        ai_percentage=round(100 * (ai_added + ai_deleted) / lines, 1) if lines else None,
        session_ids=[session.session_id for session in described],
        sessions=described,
        transparency_mode="on" if material.transparent else "off",
        file_interactions=shared_files,
        replaces=list(material.replaces),
        omar_agent=caller.omar_agent if caller is not None else None,
    )


def _described(link: Link, material: Material) -> SessionLink:
    old = material.carried.sessions.get(link.session_id)
    if link.evidence is None and link.record is None and old is not None:
        return SessionLink.model_validate({**old, "link_type": link.link_type})
    return sessions.session_link(link, transparent=material.transparent)


def _file_change(file: FileFacts, lines: FileAttribution) -> FileChange:
    ai = len(lines.written) + len(lines.removed)
    total = file.added + file.deleted
    kind: FileKind = "human" if not ai else "ai" if ai >= total else "mixed"
    return FileChange(
        path=file.path,
        added=file.added,
        deleted=file.deleted,
        attribution=kind,
        agent=lines.writers[0].tool if ai else None,
        line_attributions=_line_attributions(file, lines),
    )


def _line_attributions(file: FileFacts, lines: FileAttribution) -> list[LineAttribution]:
    """Lines of the committed file by writer, the sessions' first."""
    by_writer: dict[Writer | None, list[int]] = defaultdict(list)
    for number in file.added_lines:
        by_writer[lines.written.get(number)].append(number)
    people = by_writer.pop(None, [])
    entries = [
        LineAttribution(author="ai", ranges=_ranges(numbers), agent=writer.tool, session_id=writer.session_id)
        for writer, numbers in by_writer.items()
        if writer is not None
    ]
    return entries + ([LineAttribution(author="human", ranges=_ranges(people))] if people else [])


def _ranges(numbers: Sequence[int]) -> list[LineRange]:
    return [LineRange(**one) for one in line_ranges(numbers)]


def _contributors(facts: CommitFacts, described: Sequence[SessionLink]) -> list[Contributor]:
    first = Contributor(name=str(facts.author), role="agent" if author.is_bot(facts.author) else "human")
    agents = dict.fromkeys((session.agent, session.model) for session in described)
    return [first, *(Contributor(name=name, role="agent", model=model) for name, model in agents)]


def _uses(material: Material) -> interactions.Use:
    """What every recent session of the worktree did with the committed files; sub-agents count with their session."""
    committed = {file.path for file in material.facts.files}
    uses: dict[str, tuple[set[str], set[str]]] = {}
    for session in material.candidates.recent():
        edited: set[str] = set()
        read: set[str] = set()
        for evidence in material.candidates.evidence(session, _paths(material.facts)):
            edited |= evidence.edited_paths & committed
            read |= evidence.read_paths & committed
        if edited or read:
            uses[session.id] = (edited, read)
    for record in material.candidates.records():
        paths = {one.path for _, one in recorded.edits_in(record, material.worktree)} & committed
        if paths:
            uses.setdefault(record.session_id, (paths, set()))
    return uses


def _explain(material: Material, links: Sequence[Link], found: Attribution) -> dict[str, Any]:
    """Kept on this machine only: why each session is linked, why others are not, and who removed which lines."""
    lines: dict[str, int] = defaultdict(int)
    removed: dict[str, list[dict[str, Any]]] = {}
    for path, file in found.files.items():
        by_writer: dict[Writer, list[int]] = defaultdict(list)
        for writer in file.written.values():
            lines[writer.session_id] += 1
        for number, writer in file.removed.items():
            by_writer[writer].append(number)
        if by_writer:
            removed[path] = [
                {"removed": True, "session_id": w.session_id, "agent": w.tool, "ranges": line_ranges(numbers)}
                for w, numbers in by_writer.items()
            ]
    linked = {link.session_id for link in links}
    others = [session for session in material.candidates.recent() if session.id not in linked]
    return {
        "caller": _caller(linking.caller_of(material.record)),
        "environment": sorted(material.record.environment),
        "ancestry": [name for _, name in material.record.ancestry or ()],
        "sessions": [
            {
                "session_id": link.session_id,
                "agent": link.tool,
                "link_type": link.link_type,
                "reason": link.reason,
                "lines": lines[link.session_id],
            }
            for link in links
        ],
        "not_linked": [{"session_id": session.id, "agent": session.tool, "reason": _NOT_LINKED} for session in others],
        "removed": removed,
        "carried_from": material.carried.commits,
    }


_NOT_LINKED = "it worked here, but edited no file of this commit in the last 24 h, or an earlier commit has that edit"


def _caller(caller: Caller | None) -> dict[str, Any] | None:
    return None if caller is None else {"tool": caller.tool, "session_id": caller.session_id, "reason": caller.reason}
