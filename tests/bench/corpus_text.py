"""Vocabulary of the synthetic corpus, and cheap text of a wanted length."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

VERSIONS = ["2.1.2", "2.1.41", "2.1.63", "2.1.97", "2.1.150"]
MODELS = ["claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"]
PROJECTS = [
    "/home/dev/work/shop-api", "/home/dev/work/web_front", "/home/dev/.dotfiles",
    "/home/dev/src/my-long-named-tool", "/home/dev/src/data.pipeline",
    "/srv/mono/services/auth", "/srv/mono/services/billing", "/home/dev/notes",
    "/Users/ann/code/ios-app", "/Users/ann/.config/nvim",
]  # fmt: skip
TOOLS = [
    ("Read", 26), ("Bash", 24), ("Edit", 16), ("Grep", 10), ("Glob", 5), ("Write", 6), ("MultiEdit", 2),
    ("WebFetch", 2), ("TodoWrite", 3), ("TaskUpdate", 2), ("TaskList", 1), ("Skill", 1),
]  # fmt: skip
WORDS = [
    "parse",
    "token",
    "value",
    "index",
    "queue",
    "retry",
    "session",
    "upload",
    "metric",
    "score",
    "agent",
    "thread",
    "window",
    "merge",
    "branch",
    "commit",
    "schema",
    "field",
    "record",
    "error",
    "stack",
    "frame",
    "render",
    "update",
    "config",
    "client",
    "server",
    "handle",
    "cache",
    "count",
    "total",
    "first",
    "last",
    "return",
    "import",
    "class",
    "public",
    "static",
    "const",
    "async",
    "await",
    "yield",
    "raise",
]
ASKS = [
    "Add retry with backoff to the upload client and cover it with tests.",
    "The report page is slow with 5k rows, find out why and fix it.",
    "Please refactor the config loader, keep the public names as they are.",
    "run the tests",
    "looks good, commit it",
    "now the same for the CLI",
    "세션 파서를 고쳐 주세요",
    "Why does the third case fail on Windows?",
    "ok",
    "Environment: staging. Deploy fails with exit 1, see the log.",
]


class Profile(NamedTuple):
    """A kind of session. Pairs are lowest and highest; `gap` is seconds between tools."""

    weight: int
    humans: tuple[int, int]
    tools: tuple[int, int]
    gap: tuple[int, int]
    agents: tuple[int, int]
    is_nested: bool = False
    has_alike_prompts: bool = False


PROFILES = {
    "z": Profile(14, (1, 1), (15, 260), (4, 40), (0, 2)),
    "b": Profile(8, (2, 5), (40, 220), (6, 45), (2, 9), is_nested=True),
    "l": Profile(14, (2, 6), (70, 420), (14, 60), (0, 3)),
    "f": Profile(8, (2, 6), (20, 90), (4, 20), (2, 5), has_alike_prompts=True),
    "p": Profile(14, (2, 5), (14, 70), (4, 20), (0, 2)),
    "c": Profile(16, (3, 14), (20, 140), (4, 25), (0, 1)),
    "base": Profile(14, (2, 8), (4, 30), (3, 20), (0, 0)),
    "tiny": Profile(8, (1, 2), (1, 6), (2, 10), (0, 0)),
    "chat": Profile(4, (1, 5), (0, 0), (2, 10), (0, 0)),
}


def encode_path(path: str) -> str:
    """A directory's name as Claude Code makes it: everything but letters and digits becomes a dash."""
    return re.sub(r"[^A-Za-z0-9]", "-", path)


class Filler:
    """Text cut from one fixed block, the same for the same seed."""

    def __init__(self, seed: str) -> None:
        rng = random.Random(f"filler:{seed}")
        lines: list[str] = []
        size = 0
        while size < 1 << 18:
            indent = "    " * rng.randrange(4)
            line = f"{len(lines) + 1:5d}  {indent}{' '.join(rng.choices(WORDS, k=rng.randint(3, 12)))}"
            if rng.random() < 0.05:
                line += ' "quoted\\path" \t\u2713 \uac12'
            lines.append(line)
            size += len(line) + 1
        self._text = "\n".join(lines)

    def take(self, rng: random.Random, length: float) -> str:
        left = max(0, int(length))
        pieces: list[str] = []
        while left > 0:
            at = rng.randrange(max(1, len(self._text) - min(left, 4096)))
            pieces.append(self._text[at : at + left])
            left -= len(pieces[-1])
        return "".join(pieces)


def pick_tool(rng: random.Random) -> str:
    return rng.choices([name for name, _ in TOOLS], [weight for _, weight in TOOLS])[0]
