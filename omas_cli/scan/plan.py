"""Which sources a scan has to read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from omas_cli.ledger import KnownFile
from shared import transcripts
from shared.transcripts.model import Source

Known = Mapping[str, KnownFile]


class Wanted(Struct, frozen=True):
    """What the user asked to scan. `since_ms` goes by the newest write of a session's files."""

    tools: tuple[str, ...]
    since_ms: int | None = None
    project: str | None = None
    force: bool = False


class Plan(Struct, frozen=True):
    """Sources to read, and all that were found."""

    sources: list[Source]
    found: list[Source]


def make_plan(wanted: Wanted, known: Known, projects: Mapping[str, str | None]) -> Plan:
    """Compare what is on the disk with what the ledger knows; no file that is unchanged is opened.

    `projects` maps session ids the ledger has to their project paths.
    """
    found = joined(_discover(wanted, known), known)
    changed = [source for source in found if wanted.force or not _is_unchanged(source, known)]
    if wanted.project is not None:
        changed = [source for source in changed if _is_of_project(source, wanted.project, projects)]
    return Plan(changed, found)


def _discover(wanted: Wanted, known: Known) -> list[Source]:
    found: list[Source] = []
    for tool in wanted.tools:
        found.extend(transcripts.discover((tool,), since_ms=wanted.since_ms, owner=_owner(tool, known)))
    return found


def _owner(tool: str, known: Known) -> Callable[[str], str | None]:
    """Which session a log belongs to: from the ledger, or from the log itself when it is new."""

    def owner(path: str) -> str | None:
        seen = known.get(path)
        return seen.session if seen is not None else transcripts.reader(tool).peek(path)[0]

    return owner


def joined(sources: Iterable[Source], known: Known) -> list[Source]:
    """One source per session, bearing the session's id: logs of one session id are read together."""
    groups: dict[tuple[str, str], Source] = {}
    for source in sources:
        seen = known.get(source.files[0].path)
        session_id = seen.session if seen is not None and seen.session else source.session_id
        if session_id != source.session_id:
            source = Source(source.tool, session_id, source.files)
        key = (source.tool, session_id or source.files[0].path)
        groups[key] = merged(groups[key], source) if key in groups else source
    return list(groups.values())


def merged(one: Source, other: Source) -> Source:
    """Both sources as one of the session of `one`, the older main file first."""
    ordered = sorted((one, other), key=lambda source: (source.files[0].modified_ns, source.files[0].path))
    files = {file.path: file for source in ordered for file in source.files}
    return Source(one.tool, one.session_id, tuple(files.values()))


def _is_unchanged(source: Source, known: Known) -> bool:
    for file in source.files:
        seen = known.get(file.path)
        if seen is None or not seen.is_unchanged(file):
            return False
    return True


def _is_of_project(source: Source, project: str, projects: Mapping[str, str | None]) -> bool:
    if source.session_id in projects:
        path = projects[source.session_id]
    elif not source.session_id and transcripts.holds_many(source.tool):
        return True
    else:
        path = transcripts.reader(source.tool).peek(source.files[0].path)[1]
    return path is not None and project.lower() in path.lower()
