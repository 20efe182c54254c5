"""What the model is told of the built-in tools."""

from __future__ import annotations

from typing import Any


def _tool(name: str, description: str, required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"name": name, "description": description, "input_schema": schema}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _number(description: str) -> dict[str, Any]:
    return {"type": "integer", "description": description}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


_PATH = _text("Absolute path; a relative one is taken from /workspace.")

DEFINITIONS: tuple[dict[str, Any], ...] = (
    _tool(
        "bash",
        "Run a command with bash in the sandbox. The working directory and exported variables last from call to "
        "call; processes do not outlive the call. Standard output and error come back together.",
        ["command"],
        command=_text("The command."),
        timeout_ms=_number("Time-out in milliseconds; 120000 unless given, at most 600000."),
        restart=_flag("Forget working directory and variables first."),
    ),
    _tool(
        "read",
        "Read a file. Text comes with line numbers; images and PDF files are shown.",
        ["file_path"],
        file_path=_PATH,
        view_range={
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 2,
            "maxItems": 2,
            "description": "First and last line, counted from 1; -1 is the end.",
        },
    ),
    _tool(
        "write",
        "Write a file, replacing what it held; missing folders are made.",
        ["file_path", "content"],
        file_path=_PATH,
        content=_text("The whole content."),
    ),
    _tool(
        "edit",
        "Replace a piece of text in a file. It must occur exactly once unless replace_all is set.",
        ["file_path", "old_string", "new_string"],
        file_path=_PATH,
        old_string=_text("The text as it is in the file."),
        new_string=_text("What takes its place."),
        replace_all=_flag("Replace every occurrence."),
    ),
    _tool(
        "glob",
        "List files whose path fits a pattern such as **/*.py, newest first.",
        ["pattern"],
        pattern=_text("The pattern."),
        path=_text("The folder to begin in; /workspace unless given."),
    ),
    _tool(
        "grep",
        "Find lines that fit an extended regular expression in files below a path.",
        ["pattern"],
        pattern=_text("The expression."),
        path=_text("File or folder; /workspace unless given."),
        glob=_text("Only files whose name fits this pattern."),
        output_mode={"type": "string", "enum": ["content", "files_with_matches", "count"]},
    ),
    _tool(
        "web_fetch",
        "Fetch a page of the web as text.",
        ["url"],
        url=_text("An http or https address."),
        max_length=_number("At most so many characters."),
    ),
    _tool("web_search", "Search the web.", ["query"], query=_text("What to look for.")),
)
