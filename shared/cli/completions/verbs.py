"""`completions show|install|remove`: which shell, which text, which place."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from shared import durable, output, paths
from shared.cli.completions import bash, fish, startup, zsh
from shared.cli.completions.grammar import read_grammar
from shared.errors import OmaError, UsageError
from shared.paths import Shell, Tool

SHELLS: tuple[Shell, ...] = ("bash", "zsh", "fish")
_WRITERS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}
READABLE = 0o644


def text(tool: Tool, command: Any, shell: Shell) -> str:
    """The completion file of `tool`, whose click command is `command`."""
    return _WRITERS[shell](read_grammar(tool, command))


def show(tool: Tool, command: Any, shell: str | None) -> int:
    output.print_text(text(tool, command, _chosen(shell)))
    return 0


def install(tool: Tool, command: Any, shell: str | None) -> int:
    """Write the file; where the shell would not look by itself, add a marked block to its start-up file."""
    chosen = _chosen(shell)
    path = paths.completion_file(tool, chosen)
    durable.write_atomic(path, text(tool, command, chosen), mode=READABLE)
    output.say(f"Wrote {path}.")
    start = _start_to_change(chosen)
    if start is not None and startup.add_block(start, _block(tool), _lines(chosen, path)):
        output.say(f"Added a block to {start} that loads it.")
    output.say(f"Open a new {chosen} and try `{tool} <TAB>`. `{tool} completions remove {chosen}` undoes this.")
    return 0


def remove(tool: Tool, shell: str | None) -> int:
    chosen = _chosen(shell)
    removed = installed(tool, chosen)
    take_out(tool, chosen)
    output.say(f"Removed {' and '.join(removed)}." if removed else f"There is nothing of {tool} for {chosen} here.")
    return 0


def installed(tool: Tool, shell: Shell) -> list[str]:
    """What `install` left for this shell, in words: the file, and the block in a start-up file."""
    path, start = paths.completion_file(tool, shell), paths.shell_startup_file(shell)
    found = [str(path)] if os.path.lexists(path) else []
    if start is not None and startup.has_block(start, _block(tool)):
        found.append(f"the block in {start}")
    return found


def take_out(tool: Tool, shell: Shell) -> None:
    """Undo `install`; nothing to undo is no error."""
    start = paths.shell_startup_file(shell)
    _unlink(paths.completion_file(tool, shell))
    if start is not None:
        startup.remove_block(start, _block(tool))


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OmaError(f"Cannot remove {path}: {error.strerror}.") from error


def _chosen(shell: str | None) -> Shell:
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name in SHELLS:
        return name
    known = "bash, zsh and fish are known."
    if shell is None:
        raise UsageError(
            f"$SHELL names no shell with completions; {known}", hint="Name one, e.g. `completions show bash`."
        )
    raise UsageError(f"There are no completions for {shell!r}; {known}")


def _block(tool: Tool) -> str:
    return f"{tool} completions"


def _lines(shell: Shell, path: Path) -> list[str]:
    quoted = shlex.quote(str(path))
    load = f"[ -r {quoted} ] && . {quoted}"
    if shell == "bash":
        return [load]
    return ["(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }", load]


def _start_to_change(shell: Shell) -> Path | None:
    """The start-up file that must load our file; None where the shell finds it: fish, and bash-completion users."""
    start = paths.shell_startup_file(shell)
    if start is None or (shell == "bash" and _loads_bash_completion(start)):
        return None
    return start


def _loads_bash_completion(start: Path) -> bool:
    try:
        lines = start.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OmaError(f"Cannot read {start}: {error.strerror}.") from error
    return any("bash_completion" in line and not line.lstrip().startswith("#") for line in lines)
