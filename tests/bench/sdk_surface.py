"""The calls of the official SDK's managed-agents surface, read from the SDK's own source.

    python -m tests.bench.sdk_surface [--json] [--fields] [--groups agents,sessions,…]

Prints for each method below `client.beta`: its name, verb, path, kind of answer, and with --fields its parameters.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

SEED_GROUPS = ("agents", "sessions", "environments", "skills", "vaults", "memory_stores", "files", "models")
_VERBS = {"_get": "GET", "_post": "POST", "_delete": "DELETE", "_put": "PUT", "_patch": "PATCH", "_get_api_list": "GET"}


@dataclass(frozen=True)
class SdkCall:
    """One request method: `python` is its name below the client, `path` has `{name}` for its path parameters."""

    python: str
    verb: str
    path: str
    kind: str
    returns: str
    multipart: bool
    query: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)

    @property
    def is_worker(self) -> bool:
        """Whether it belongs to the work queue of self-hosted environments."""
        return ".environments.work." in self.python


def sdk_calls(groups: tuple[str, ...] = SEED_GROUPS) -> list[SdkCall]:
    """All request methods of these groups, in their order."""
    from anthropic.resources.beta.beta import Beta

    found = [
        call for name, resource in _resources(Beta) if name in groups for call in _walk(resource, f"client.beta.{name}")
    ]
    return sorted(found, key=lambda call: groups.index(call.python.split(".")[2]))


def _resources(resource: type) -> Iterator[tuple[str, type]]:
    for name, attribute in vars(resource).items():
        if isinstance(attribute, cached_property) and not name.startswith("with_"):
            hint = attribute.func.__annotations__.get("return")
            if isinstance(hint, str):
                hint = getattr(sys.modules[resource.__module__], hint, None)
            if inspect.isclass(hint):
                yield name, hint


def _walk(resource: type, prefix: str) -> Iterator[SdkCall]:
    for name, method in vars(resource).items():
        if not name.startswith("_") and inspect.isfunction(method):
            call = _call_of(f"{prefix}.{name}", method)
            if call is not None:
                yield call
    for name, inner in _resources(resource):
        yield from _walk(inner, f"{prefix}.{name}")


def _call_of(python: str, method: Any) -> SdkCall | None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VERBS):
            continue
        path = _text(node.args[0]) if node.args else None
        if path is not None:
            return _described(python, node, path, ast.unparse(tree))
    return None


def _described(python: str, node: ast.Call, path: str, source: str) -> SdkCall:
    assert isinstance(node.func, ast.Attribute)
    words = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    returned = words.get("page") or words.get("cast_to")
    returns = "?" if returned is None else ast.unparse(returned)
    kind = "page" if node.func.attr == "_get_api_list" else "object"
    if isinstance(words.get("stream"), ast.Constant) and words["stream"].value is True:  # type: ignore[attr-defined]
        kind = "sse"
    if "BinaryAPIResponse" in returns:
        kind = "bytes"
    query = [keyword.value for keyword in ast.walk(node) if isinstance(keyword, ast.keyword) and keyword.arg == "query"]
    return SdkCall(
        python,
        _VERBS[node.func.attr],
        path.split("?")[0],
        kind,
        returns,
        "multipart/form-data" in source,
        _keys(query[0]) if query else [],
        _keys(words["body"]) if "body" in words else [],
    )


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "path_template" and node.args:
        return _text(node.args[0])
    return None


def _keys(node: ast.expr) -> list[str]:
    """The names in the first dict literal of an expression."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Dict):
            return [key.value for key in inner.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fields", action="store_true")
    parser.add_argument("--groups", default=",".join(SEED_GROUPS))
    options = parser.parse_args()
    calls = sdk_calls(tuple(options.groups.split(",")))
    if options.json:
        print(json.dumps([asdict(call) for call in calls], indent=1))
        return 0
    for call in calls:
        print(f"{call.python:<62} {call.verb:<6} {call.path:<70} {call.kind}{' multipart' if call.multipart else ''}")
        if options.fields:
            print(f"{'':>8}query {call.query}, body {call.body} -> {call.returns}")
    print(f"# {len(calls)} calls, {sum(call.is_worker for call in calls)} of them of the work queue")
    return 0


if __name__ == "__main__":
    sys.exit(main())
