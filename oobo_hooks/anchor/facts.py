"""What git says about a commit: author, message, branch, files, and the very lines it added and removed.

Everything is asked by plumbing with `-z`, `--root` and `-M`. The files a merge changed are those that differ from its
first parent; of their lines it owns only what none of its parents has (`--cc`), so a clean merge owns none. Submodules
count as git counts them (the line that names the commit).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from oobo_hooks.anchor import patch
from oobo_hooks.repository import Repository
from shared.errors import OmaError

_IDENTITY = re.compile(rb"(.*?) ?<([^>]*)> (-?\d+) [+-]\d{4}")
HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Identity:
    """A name and an address as git holds them, and the instant in seconds since the epoch."""

    name: str
    email: str
    at: int

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass
class FileFacts:
    """One file of a commit. `old_path` differs from `path` after a rename, blobs are full object names or None.

    `added_lines` maps the line's number in the committed file to its bytes without the newline; `removed_lines`
    maps the number in the parent's file. They and their numbers are empty until `read_lines` was called.
    """

    path: str
    old_path: str
    status: str
    old_blob: str | None
    new_blob: str | None
    added: int = 0
    deleted: int = 0
    binary: bool = False
    added_lines: dict[int, bytes] = field(default_factory=dict)
    removed_lines: dict[int, bytes] = field(default_factory=dict)


@dataclass
class CommitFacts:
    """One commit. `branch` is `HEAD` when detached.

    `files` are those with lines of the commit's own; a merge brings others along, which only `paths` names.
    """

    commit: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    message: str
    branch: str
    files: list[FileFacts] = field(default_factory=list)
    brought: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """Every path that differs from the (first) parent, in git's order."""
        return self.brought if self.is_merge else [file.path for file in self.files]

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def deleted(self) -> int:
        return sum(file.deleted for file in self.files)


def read_commit(repository: Repository, commit: str, branch: str) -> CommitFacts:
    """The facts of `commit`; OmaError when it is no commit of this repository."""
    if not HASH.fullmatch(commit):
        raise OmaError(f"{commit!r} is not a commit's name.")
    parents, author, committer, message = _parse_commit(repository.git("cat-file", "commit", commit))
    facts = CommitFacts(commit, parents, author, committer, message, branch)
    if facts.is_merge:
        facts.files = _merge_files(repository, facts)
        facts.brought = [file.path for file in _changed_files(repository, facts.parents[0], commit)]
    else:
        facts.files = _changed_files(repository, "--root", "--no-commit-id", commit)
    return facts


def read_lines(repository: Repository, facts: CommitFacts) -> None:
    """Fill in the added and removed lines of each file, and their number. (Those of a merge are known already.)"""
    if facts.is_merge or not facts.files:
        return
    trees = ("--root", "--no-commit-id", facts.commit)
    out = repository.git("diff-tree", *trees, "-r", "-p", "-U0", "-M", "--no-ext-diff", "--no-textconv")
    sections = iter(patch.split_sections(out))
    for file in facts.files:
        # A file that became a link or the other way round is shown as one removed and one added.
        for _ in range(2 if file.status == "T" else 1):
            section = next(sections, None)
            if section is not None:
                patch.read_hunks(section, file.added_lines, file.removed_lines)
                file.binary = file.binary or patch.is_binary(section)
        file.added, file.deleted = len(file.added_lines), len(file.removed_lines)


def branch_of(ref: str, rebasing: str | None) -> str:
    """The branch a hook's record speaks of: during a rebase the one being rebased, `HEAD` when detached."""
    name = rebasing if rebasing and rebasing != "detached HEAD" else ref
    return name.removeprefix("refs/heads/").encode("utf-8", "replace").decode() if name else "HEAD"


def text(raw: bytes) -> str:
    """Bytes of a path or a name as UTF-8; what is none is replaced."""
    return raw.decode("utf-8", "replace")


def _parse_commit(body: bytes) -> tuple[tuple[str, ...], Identity, Identity, str]:
    head, _, message = body.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        if name:
            fields.setdefault(name, []).append(value)
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace")
    parents = tuple(value.decode("ascii") for value in fields.get(b"parent", []))
    author = _identity(fields.get(b"author", [b""])[0], encoding)
    committer = _identity(fields.get(b"committer", [b""])[0], encoding)
    return parents, author, committer, _decode(message, encoding).rstrip("\n")


def _identity(raw: bytes, encoding: str) -> Identity:
    found = _IDENTITY.fullmatch(raw)
    if found is None:
        return Identity(_decode(raw, encoding), "", 0)
    return Identity(_decode(found[1], encoding), _decode(found[2], encoding), int(found[3]))


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _changed_files(repository: Repository, *trees: str) -> list[FileFacts]:
    out = repository.git("diff-tree", *trees, "-r", "-z", "-M", "--raw")
    fields = out.split(b"\0")
    files: list[FileFacts] = []
    position = 0
    while position < len(fields) and fields[position].startswith(b":"):
        file, position = _raw_entry(fields, position)
        files.append(file)
    return files


def _raw_entry(fields: list[bytes], position: int) -> tuple[FileFacts, int]:
    _, _, old, new, status = fields[position].decode("ascii").lstrip(":").split(" ")
    renamed = status[0] in "RC"
    old_path = text(fields[position + 1])
    path = text(fields[position + 2]) if renamed else old_path
    file = FileFacts(path, old_path, status[0], _blob(old), _blob(new))
    return file, position + (3 if renamed else 2)


def _blob(name: str) -> str | None:
    return name if name.strip("0") else None


def _merge_files(repository: Repository, facts: CommitFacts) -> list[FileFacts]:
    out = repository.git(
        "diff-tree",
        "--no-commit-id",
        "-r",
        "--cc",
        "-p",
        "-U0",
        "--full-index",
        "--no-ext-diff",
        "--no-textconv",
        facts.commit,
    )
    files = []
    for section in patch.split_sections(out):
        path = text(patch.combined_path(section))
        old, new = map(_blob, patch.combined_blobs(section))
        file = FileFacts(path, path, "M", old, new, binary=patch.is_binary(section))
        patch.read_combined_hunks(section, len(facts.parents), file.added_lines, file.removed_lines)
        file.added, file.deleted = len(file.added_lines), len(file.removed_lines)
        files.append(file)
    return files
