"""`glob` and `grep`, run in the sandbox."""

from __future__ import annotations

from typing import Any

from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.tools.results import ToolFailure, ToolResult, decoded, text_result

_SECONDS = 60.0
_MOST = 250
_GLOB = """
shopt -s globstar nullglob
cd -- "$1" || exit 2
IFS=
set -- "$3" $2
most=$1; shift
[ $# -eq 0 ] && exit 0
if [ $# -le 5000 ]; then ls -1td -- "$@"; else printf '%s\\n' "$@"; fi | head -n "$most"
"""


async def glob(sandbox: Sandbox, given: dict[str, Any]) -> ToolResult:
    """Paths that fit `pattern` below `path` (/workspace), newest first, at most 250."""
    pattern = given.get("pattern")
    if not isinstance(pattern, str) or not pattern or "\0" in pattern:
        raise ToolFailure("glob needs a `pattern`.")
    await sandbox.ready()
    base = _base(given)
    line = ["bash", "-c", _GLOB, "bash", sandbox.place(base), pattern, str(_MOST)]
    done = await sandbox.run(line, seconds=_SECONDS)
    if done.ended_because:
        raise ToolFailure(done.ended_because)
    if done.status != 0:
        raise ToolFailure(decoded(done.output).strip() or "the pattern cannot be used")
    found = [_whole(base, name) for name in decoded(done.output).splitlines()]
    return text_result("\n".join(found) or "No files fit the pattern.")


async def grep(sandbox: Sandbox, given: dict[str, Any]) -> ToolResult:
    """Lines that fit the regular expression `pattern` below `path`; `output_mode`, `glob`, `-i -n -A -B -C`."""
    pattern = given.get("pattern")
    if not isinstance(pattern, str) or not pattern or "\0" in pattern:
        raise ToolFailure("grep needs a `pattern`.")
    await sandbox.ready()
    line = ["grep", "-r", "-E", "-I", "--exclude-dir=.git", *_options(given)]
    line += ["-e", pattern, "--", sandbox.place(_base(given))]
    done = await sandbox.run(line, seconds=_SECONDS)
    output = decoded(done.output)
    if done.ended_because:
        raise ToolFailure(done.ended_because)
    if done.timed_out:
        raise ToolFailure(f"grep did not end within {_SECONDS:g} s.")
    if done.status > 1 and not output.strip():
        raise ToolFailure("grep failed.")
    if done.status > 1 and output.startswith("grep: ") and len(output.splitlines()) == 1:
        raise ToolFailure(output.removeprefix("grep: ").strip())
    lines = output.splitlines()
    wanted = given.get("head_limit")
    most = wanted if type(wanted) is int and wanted > 0 else _MOST
    more = [f"… {len(lines) - most} further lines …"] if len(lines) > most else []
    return text_result("\n".join([*lines[:most], *more]) or "Nothing fits the pattern.")


def _options(given: dict[str, Any]) -> list[str]:
    mode = given.get("output_mode") or "content"
    options = {"files_with_matches": ["-l"], "count": ["-c"]}.get(mode, ["-n"])
    if given.get("-i"):
        options.append("-i")
    for name in ("-A", "-B", "-C"):
        if type(given.get(name)) is int and 0 <= given[name] <= 1000:
            options += [name, str(given[name])]
    for key, template in (("glob", "--include={}"), ("type", "--include=*.{}")):
        if isinstance(given.get(key), str) and given[key]:
            options.append(template.format(given[key]))
    return options


def _base(given: dict[str, Any]) -> str:
    path = given.get("path")
    if not isinstance(path, str) or not path or "\0" in path:
        return "/workspace"
    return path if path.startswith("/") else f"/workspace/{path}"


def _whole(base: str, name: str) -> str:
    return name if name.startswith("/") else f"{base.rstrip('/')}/{name}"
