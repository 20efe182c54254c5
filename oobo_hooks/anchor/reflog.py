"""What HEAD did lately, read from its log without asking git where that is a file."""

from __future__ import annotations

from dataclasses import dataclass

from oobo_hooks.repository import Repository

TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Move:
    """HEAD moved from `old` to `new` by `action` (`commit (amend): …`, `reset: moving to …`)."""

    old: str
    new: str
    action: str


def recent(repository: Repository, limit: int = 100) -> list[Move]:
    """The last moves of HEAD, the newest first; [] where git keeps no log of them."""
    try:
        with (repository.git_dir / "logs" / "HEAD").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            lines = file.read().split(b"\n")
    except OSError:
        return _asked(repository, limit)
    moves = [move for line in lines if (move := _parse(line)) is not None]
    return moves[: -limit - 1 : -1]


def _parse(line: bytes) -> Move | None:
    head, tab, action = line.partition(b"\t")
    words = head.split(b" ", 2)
    if not tab or len(words) < 3 or len(words[0]) not in (40, 64):
        return None
    return Move(
        words[0].decode("ascii", "replace"), words[1].decode("ascii", "replace"), action.decode("utf-8", "replace")
    )


def _asked(repository: Repository, limit: int) -> list[Move]:
    """Other stores of refs keep the log elsewhere."""
    told = repository.try_git("reflog", "show", "-n", str(limit + 1), "--format=%H %gs", "HEAD") or ""
    entries = [line.partition(" ")[::2] for line in told.split("\n") if line]
    olds = [commit for commit, _ in entries[1:]] + ["0" * 40]
    return [Move(old, new, action) for (new, action), old in zip(entries, olds, strict=False)][:limit]


def action_of(repository: Repository, commit: str) -> str | None:
    """How HEAD came to `commit` last; None when the log does not tell."""
    return next((move.action for move in recent(repository) if move.new == commit), None)
