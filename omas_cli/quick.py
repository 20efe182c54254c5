"""`omas scan` without Typer: what crontabs, prompts and other programs call again and again.

When hardly anything is new, loading the parser would be half of the time. Only a command line of bare flags comes
here (`__main__` looks); everything else, and every help text, is `main`'s.
"""

from __future__ import annotations

import sys
from types import ModuleType

from shared.cli import boundary


def main() -> int:
    arguments = sys.argv[1:]
    return boundary.guarded("omas", arguments, lambda: _scan(arguments[1:]))


def _scan(words: list[str]) -> int:
    code: int = _command.run(
        since=None,
        project=None,
        tools=(),
        force="--force" in words,
        verbose="--verbose" in words or "-v" in words,
        json="--json" in words,
    )
    return code


def _load() -> ModuleType:
    """The module of the verb.

    msgspec takes from typing_extensions only what `typing` itself has since Python 3.11, and does without it; with
    all that it loads in its turn, it costs as much as looking at a thousand logs.
    """
    unwanted = "typing_extensions"
    is_loaded = unwanted in sys.modules
    if not is_loaded:
        sys.modules[unwanted] = None  # type: ignore[assignment]
    try:
        from omas_cli.commands import scan
    finally:
        if not is_loaded:
            del sys.modules[unwanted]
    return scan


_command = _load()
