"""`read`, `write` and `edit`. They work through programs in the sandbox: a link cannot lead them out of it."""

from __future__ import annotations

import base64
from typing import Any

from omar_daemon.harness.sandbox.sandbox import Sandbox
from omar_daemon.harness.tools.results import ToolFailure, ToolResult, decoded, text_result

_SECONDS = 60.0
_MAX_BYTES = 8 * 1024 * 1024
_MAX_LINES = 2000
_IMAGES = {b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_NO_PIPE = 'if [ -e "$1" ] && ! [ -f "$1" ] && ! [ -d "$1" ]; then echo "it is no regular file"; exit 22; fi; '
"""A pipe or a device would never come to its end."""
_SIZE = _NO_PIPE + 'wc -c < "$1"'
_WRITE = (
    _NO_PIPE + 'if [ -d "$1" ]; then echo "is a directory"; exit 21; fi; mkdir -p -- "$(dirname -- "$1")" && cat > "$1"'
)


async def read(sandbox: Sandbox, given: dict[str, Any]) -> ToolResult:
    """`file_path`, and `view_range` [first, last] or `offset` and `limit` (lines from 1); images come as images."""
    path = path_of(given)
    content = await read_bytes(sandbox, path)
    kind = _image_type(content)
    if kind is not None:
        source = {"type": "base64", "media_type": kind, "data": base64.b64encode(content).decode()}
        return ToolResult([{"type": "image", "source": source}])
    if content.startswith(b"%PDF-"):
        source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(content).decode()}
        return ToolResult([{"type": "document", "source": source}])
    if b"\0" in content[:8192]:
        raise ToolFailure(f"{path} is a binary file of {len(content)} bytes.")
    return text_result(_numbered(decoded(content), *_range_of(given)))


async def write(sandbox: Sandbox, given: dict[str, Any]) -> ToolResult:
    """`file_path` and `content`; makes missing folders."""
    path, content = path_of(given), given.get("content")
    if not isinstance(content, str):
        raise ToolFailure("write needs `content`.")
    await write_bytes(sandbox, path, content.encode("utf-8", "surrogatepass"))
    return text_result(f"Wrote {len(content.splitlines())} lines to {path}.")


async def edit(sandbox: Sandbox, given: dict[str, Any]) -> ToolResult:
    """`old_string` becomes `new_string`; it must be there exactly once unless `replace_all`."""
    path, old, new = path_of(given), given.get("old_string"), given.get("new_string")
    if not isinstance(old, str) or not isinstance(new, str) or not old:
        raise ToolFailure("edit needs `old_string` and `new_string`.")
    if old == new:
        raise ToolFailure("old_string and new_string are the same.")
    before = (await read_bytes(sandbox, path)).decode("utf-8", "surrogateescape")
    count = before.count(old)
    if count == 0:
        raise ToolFailure(f"old_string is not in {path}.")
    if count > 1 and not given.get("replace_all"):
        raise ToolFailure(f"old_string is {count} times in {path}: give more of its surroundings, or replace_all.")
    await write_bytes(sandbox, path, before.replace(old, new).encode("utf-8", "surrogateescape"))
    return text_result(f"Replaced {count} occurrence{'s' if count > 1 else ''} in {path}.")


async def read_bytes(sandbox: Sandbox, path: str) -> bytes:
    """A file of the sandbox; ToolFailure when it cannot be read or is larger than 8 MB."""
    await sandbox.ready()
    script = 'if [ -d "$1" ]; then echo "it is a directory"; exit 21; fi; exec base64 < "$1"'
    size = await sandbox.run(["sh", "-c", _SIZE, "sh", sandbox.place(path)], seconds=_SECONDS)
    text = decoded(size.output).strip()
    if size.status != 0 or not text.isdigit():
        raise ToolFailure(f"{path} cannot be read: {_reason(text)}.")
    if int(text) > _MAX_BYTES:
        raise ToolFailure(f"{path} has {text} bytes; read a part of it with bash.")
    line = ["sh", "-c", script, "sh", sandbox.place(path)]
    done = await sandbox.run(line, seconds=_SECONDS, keep=2 * _MAX_BYTES)
    if done.status != 0:
        raise ToolFailure(f"{path} cannot be read: {_reason(decoded(done.output))}.")
    return base64.b64decode(done.output)


async def write_bytes(sandbox: Sandbox, path: str, content: bytes) -> None:
    await sandbox.ready()
    done = await sandbox.run(["sh", "-c", _WRITE, "sh", sandbox.place(path)], seconds=_SECONDS, stdin=content)
    if done.status != 0 or done.timed_out:
        raise ToolFailure(f"{path} cannot be written: {_reason(decoded(done.output))}.")


def path_of(given: dict[str, Any]) -> str:
    path = given.get("file_path") or given.get("path")
    if not isinstance(path, str) or "\0" in path:
        raise ToolFailure("A `file_path` is needed.")
    return path if path.startswith("/") else f"/workspace/{path}"


def _range_of(given: dict[str, Any]) -> tuple[int, int]:
    """First line and number of lines."""
    view = given.get("view_range")
    if isinstance(view, list) and len(view) == 2 and all(type(number) is int for number in view):
        first = max(1, view[0])
        return first, max(0, view[1] - first + 1) if view[1] >= 0 else _MAX_LINES
    offset, limit = given.get("offset"), given.get("limit")
    first = offset if type(offset) is int and offset > 0 else 1
    return first, limit if type(limit) is int and limit > 0 else _MAX_LINES


def _numbered(text: str, first: int, count: int) -> str:
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    chosen = lines[first - 1 : first - 1 + count]
    shown = [f"{number:>6}\t{line[:2000]}" for number, line in enumerate(chosen, first)]
    left = len(lines) - (first - 1 + len(chosen))
    if left > 0:
        shown.append(f"… {left} further lines …")
    return "\n".join(shown)


def _image_type(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _IMAGES.items() if content.startswith(start)), None)


def _reason(text: str) -> str:
    return text.strip().rsplit(": ", 1)[-1].rstrip(".") or "unknown reason"
