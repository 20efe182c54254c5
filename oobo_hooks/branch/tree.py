"""Reading the branch, and adding commits to it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence

from oobo_hooks.branch import REF
from oobo_hooks.repository import GitError, Repository

METADATA = "metadata.json"
README = (
    "This branch holds the anchors of oobo: for each commit who wrote it, people or AI sessions.\n"
    "ab/cdef…/metadata.json belongs to the commit abcdef…; `oobo show <commit>` reads it.\n"
)
_IDENTITY = "oobo <oobo@localhost>"


def path_of(commit: str) -> str:
    """Where a commit's anchor lies: sharded by the first two digits, so that no folder grows without end."""
    return f"{commit[:2]}/{commit[2:]}/{METADATA}"


def commit_of(path: str) -> str | None:
    """The commit whose anchor lies at `path`, or None for another file."""
    shard, _, rest = path.partition("/")
    name, _, file = rest.partition("/")
    commit = shard + name
    is_hash = len(commit) in (40, 64) and len(shard) == 2 and set(commit) <= set("0123456789abcdef")
    return commit if is_hash and file == METADATA else None


def tip(repository: Repository, ref: str = REF) -> str | None:
    """The commit a ref points to, or None when there is no such ref."""
    return repository.try_git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}") or None


def anchored(repository: Repository, commit: str | None) -> dict[str, str]:
    """Anchored commit → name of the blob with its metadata, in the tree of one commit of the branch."""
    if commit is None:
        return {}
    found: dict[str, str] = {}
    for entry in repository.git("ls-tree", "-r", "-z", commit).split(b"\0"):
        head, _, path = entry.partition(b"\t")
        owner = commit_of(path.decode("utf-8", "replace"))
        if owner is not None:
            found[owner] = head.split(b" ")[2].decode("ascii")
    return found


def add(repository: Repository, files: Mapping[str, bytes], *, parents: Sequence[str], message: str) -> str:
    """A commit with `files` on top of the first parent's tree; no ref points to it yet."""
    ref = f"refs/oobo/building-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        repository.git("fast-import", "--quiet", stdin=b"".join(_stream(ref, files, parents, message)))
        made = tip(repository, ref)
    finally:
        repository.try_git("update-ref", "-d", ref)
    assert made is not None
    return made


def _stream(ref: str, files: Mapping[str, bytes], parents: Sequence[str], message: str) -> Iterable[bytes]:
    text = message.encode()
    now = int(time.time())
    yield f"commit {ref}\ncommitter {_IDENTITY} {now} +0000\ndata {len(text)}\n".encode() + text + b"\n"
    for number, parent in enumerate(parents):
        yield f"{'from' if number == 0 else 'merge'} {parent}\n".encode()
    if not parents:
        files = {"README.md": README.encode(), **files}
    for path, body in files.items():
        yield f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"


def move(repository: Repository, new: str, old: str | None, ref: str = REF) -> bool:
    """Compare-and-swap: point the ref to `new` if it still is `old` (None: not there); False when it is not."""
    expected = old if old is not None else "0" * len(new)
    try:
        repository.git("update-ref", "-m", "oobo: anchors", ref, new, expected)
    except GitError:
        return False
    return True


def is_ancestor(repository: Repository, old: str, new: str) -> bool:
    return repository.try_git("merge-base", "--is-ancestor", old, new) is not None
