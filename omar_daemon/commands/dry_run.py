"""What `--dry-run` shows: a sentence and the exact request, or with --json the request alone."""

from __future__ import annotations

from typing import Any

from shared import output


def show(sentence: str, method: str, path: str, body: dict[str, Any], *, json: bool) -> int:
    """Print what would be sent; `sentence` says in words what it would do."""
    if json:
        output.print_json({"method": method, "path": path, "body": body})
        return 0
    output.print_text(f"Would {output.printable(sentence)}, by {method} {path} with")
    output.print_text(output.json_text(body))
    return 0


def show_without_body(sentences: list[str], plan: list[dict[str, Any]], *, json: bool) -> int:
    """The same of requests that carry nothing: one sentence for each."""
    if json:
        output.print_json({"plan": plan})
        return 0
    for sentence in sentences:
        output.print_text(f"Would {output.printable(sentence)}.")
    return 0
