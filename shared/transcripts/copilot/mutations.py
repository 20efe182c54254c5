"""A chat as Visual Studio Code writes it line by line: a base, and changes to it.

{"kind": 0, "v": base} · {"kind": 1, "k": path, "v": value} sets · {"kind": 2, "k": path, "v": items, "i": length}
cuts the array to `i` and appends · {"kind": 3, "k": path} deletes.
"""

from __future__ import annotations

from typing import Any

BASE, SET, PUSH, DELETE = range(4)
LONGEST_LIST = 1_000_000


def applied(state: Any, change: dict[str, Any]) -> Any:
    """The state after `change`; ValueError when it does not fit."""
    kind, path, value = change.get("kind"), change.get("k"), change.get("v")
    if kind == BASE:
        return value
    if not isinstance(path, list) or not path or kind not in (SET, PUSH, DELETE):
        raise ValueError("no change of a chat")
    holder = _holder(state, path[:-1])
    last = path[-1]
    if kind == SET:
        _put(holder, last, value)
    elif kind == DELETE:
        _remove(holder, last)
    else:
        _push(holder, last, value, change.get("i"))
    return state


def _holder(state: Any, path: list[Any]) -> Any:
    for step in path:
        state = _child(state, step)
    return state


def _child(state: Any, step: Any) -> Any:
    if isinstance(state, dict) and isinstance(step, str) and step in state:
        return state[step]
    if isinstance(state, list) and _is_index(step) and step < len(state):
        return state[step]
    raise ValueError("a path to nowhere")


def _put(holder: Any, step: Any, value: Any) -> None:
    if isinstance(holder, dict) and isinstance(step, str):
        holder[step] = value
    elif isinstance(holder, list) and _is_index(step) and step <= len(holder):
        holder[step : step + 1] = [value]
    else:
        raise ValueError("nothing to set there")


def _remove(holder: Any, step: Any) -> None:
    if isinstance(holder, dict):
        holder.pop(step if isinstance(step, str) else "", None)
    elif isinstance(holder, list) and _is_index(step):
        del holder[step : step + 1]


def _push(holder: Any, step: Any, value: Any, length: Any) -> None:
    try:
        found = _child(holder, step)
    except ValueError:
        found = []
        _put(holder, step, found)
    if not isinstance(found, list) or not isinstance(value, list | None):
        raise ValueError("no list to append to")
    if _is_index(length):
        del found[length:]
    found.extend(value or ())


def _is_index(step: Any) -> bool:
    return isinstance(step, int) and not isinstance(step, bool) and 0 <= step < LONGEST_LIST
