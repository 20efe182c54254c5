"""Lines of text that Claude Code's editing tools put into files."""

from __future__ import annotations

from msgspec import Raw, Struct, field

from shared.transcripts.claude.records import small_object

EDITING_TOOLS = frozenset({"Write", "Edit", "MultiEdit", "NotebookEdit"})


class _Replacement(Struct, gc=False):
    new_string: str | None = None


class _EditInput(Struct, gc=False):
    content: str | None = None
    new_string: str | None = None
    new_source: str | None = None
    edits: list[_Replacement] = field(default_factory=list)


def lines_written(name: str, raw_input: Raw) -> int:
    """How many lines the call of the tool `name` writes; 0 for tools that write none."""
    if name not in EDITING_TOOLS:
        return 0
    found = small_object(raw_input, _EditInput)
    texts = [found.content, found.new_string, found.new_source, *(edit.new_string for edit in found.edits)]
    return sum(_line_count(text) for text in texts if text)


def _line_count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n"))
