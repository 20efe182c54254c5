"""The text of the git hooks: POSIX sh, put together from `templates/` when a hook is installed.

Foreground work of a hook: run the hook that stood there before, append one line to
`<git-common-dir>/oobo/spool.jsonl`, let a child start the worker, leave with the earlier hook's status. No python runs
before the child is detached (DESIGN 5.4).
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from oobo_hooks import environment

HOOKS: tuple[str, ...] = ("post-commit", "post-merge", "post-rewrite", "pre-push")
MARKER = "# Made by `oobo install`, taken out by `oobo uninstall`. Version 2."
KEPT_SUFFIX = ".before-oobo"
PROCESSES = "/proc"
NAMED_DIR = ".oobo"
"""Beside the hooks: links by which a kept program still sees its own name as argv[0]."""

_SHELLS = {"sh", "bash", "dash", "ash", "ksh"}
_PLAIN_FLAGS = set("-eufxvEuo")


@dataclass(frozen=True)
class Invocation:
    """How a kept hook is called: `shell` holds the words of its interpreter, or None to run it as a program."""

    shell: tuple[str, ...] | None


def invocation_of(body: bytes) -> Invocation:
    """Read the `#!` line of a hook; git runs a file without one by sh."""
    if not body.startswith(b"#!"):
        is_text = b"\0" not in body[:512]
        return Invocation(("/bin/sh",) if is_text else None)
    words = body.split(b"\n", 1)[0][2:].decode("utf-8", "replace").split()
    if words and Path(words[0]).name == "env" and len(words) == 2:
        name = words[1]
    elif words and len(words) <= 2:
        name = Path(words[0]).name
        if len(words) == 2 and not set(words[1]) <= _PLAIN_FLAGS:
            return Invocation(None)
    else:
        return Invocation(None)
    return Invocation(tuple(words)) if name in _SHELLS else Invocation(None)


def render(name: str, kept: Invocation | None) -> bytes:
    """The hook called `name`; `kept` says how to call the earlier hook beside it, if there was one."""
    parts = ["#!/bin/sh", MARKER, "oobo_status=0"]
    if name == "post-rewrite":
        parts.append(_template("read-pairs"))
    if kept is not None:
        parts.append(_chain(name, kept))
    if name == "pre-push":
        parts.append('[ "$oobo_status" -eq 0 ] || exit "$oobo_status"')
    parts.append(f"oobo_python={shlex.quote(sys.executable)}")
    parts.append(f"oobo_setsid={shlex.quote(shutil.which('setsid') or '')}")
    parts += [_filled(_template("record")), _template(name), _filled(_template("wake"))]
    return ("\n".join(part.rstrip("\n") for part in parts) + "\n").encode()


def _filled(template: str) -> str:
    """A template with the names of the variables that the hook looks at."""
    return (
        template.replace("@ENVIRONMENT@", " ".join(environment.RECORDED))
        .replace("@ANY@", _together(environment.RECORDED))
        .replace("@SESSION@", _together(environment.SESSION_VARIABLES))
        .replace("@PROC@", PROCESSES)
    )


def _together(names: Iterable[str]) -> str:
    """Shell words that are empty when none of the variables is set."""
    return "".join(f"${{{name}-}}" for name in names)


def is_ours(body: bytes) -> bool:
    """Whether a hook file was written by us, of whatever version."""
    return body[:400].split(b"Version", 1)[0].endswith(MARKER.split("Version")[0].encode())


def _chain(name: str, kept: Invocation) -> str:
    feed = "{ printf '%s' \"$oobo_pairs\"; } 2>/dev/null | " if name == "post-rewrite" else ""
    if kept.shell is None:
        path = f'"${{0%/*}}/{NAMED_DIR}/{name}"'
        call = f'{path} "$@"'
    else:
        # Sourced under the old $0: husky and others find their way by its folder and its name.
        path = f'"${{0%/*}}/{name}{KEPT_SUFFIX}"'
        words = " ".join(shlex.quote(word) for word in kept.shell)
        call = f"""{words} -c 'oobo_kept=$1; shift; . "$oobo_kept"' "$0" {path} "$@\""""
    return f"if [ -x {path} ]; then\n  {feed}{call}\n  oobo_status=$?\nfi"


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(f"templates/{name}.sh").read_text(encoding="utf-8")
