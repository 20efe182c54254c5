"""What a tour has found out: the way from one line of code to its agent, its task and its scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared import output

SHORT_HASH = 10
SCORES = (("P", "parallelism", "p_thread_score"), ("L", "autonomy", "l_thread_score"))
MORE_SCORES = (("B", "density", "b_thread_score"), ("Z", "trust", "z_thread_score"))


@dataclass
class Line:
    """One line of the commit: 1-based number and text."""

    path: str
    number: int
    text: str


@dataclass
class Story:
    """`anchor` is as seed 003 shows it, `session` as seed 000 does; {} or None where there is none."""

    url: str = ""
    backend: str = ""
    agent: str = ""
    task: str = ""
    repository: str = ""
    commit: str = ""
    line: Line | None = None
    anchor: dict[str, Any] = field(default_factory=dict)
    session: dict[str, Any] | None = None
    uploaded: int = 0
    own_sessions: dict[str, int] = field(default_factory=dict)
    kept: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """Of a tour that was kept: the variables under which the commands find what it made."""

    @property
    def link(self) -> dict[str, Any]:
        """The anchor's first session; {} when the commit is linked to none."""
        sessions = self.anchor.get("sessions") or []
        return dict(sessions[0]) if sessions else {}

    def rows(self) -> list[tuple[str, str]]:
        """The story as a table, from the line to its scores."""
        rows = [
            ("line", _line(self.line)),
            ("commit", f"{self.commit[:SHORT_HASH]} {self._message()!r} on {self.anchor.get('branch') or '?'}"),
            ("anchor", self._anchor()),
            ("session", self._session()),
            ("agent", f"{self.agent} ({self.backend}), in {self.repository}"),
            ("task", self.task),
            ("scores", self._scores()),
        ]
        return [row for row in rows if row[1]]

    def as_json(self) -> dict[str, Any]:
        line = None if self.line is None else vars(self.line)
        return {**vars(self), "line": line}

    def _message(self) -> str:
        return str(self.anchor.get("message", "")).strip().split("\n")[0]

    def _anchor(self) -> str:
        anchor = self.anchor
        share = anchor.get("ai_percentage")
        lines = f"{anchor.get('ai_added', 0)} of {anchor.get('added', 0)} added lines by AI"
        return f"{anchor.get('author_type')}: {lines}" + (f", {share:g} %" if share is not None else "")

    def _session(self) -> str:
        link = self.link
        if not link:
            return "none is linked to this commit"
        tokens = (link.get("input_tokens") or 0) + (link.get("output_tokens") or 0)
        told = f"{output.counted(link.get('tool_calls') or 0, 'tool call')}, {tokens} tokens"
        who = f"{link['session_id'][:8]}… of {link.get('agent')} ({link.get('model') or '?'})"
        return f"{who}, {link.get('link_type')}: {told}"

    def _scores(self) -> str:
        if self.session is None:
            return ""
        parts = [f"{name} {self.session[group][field]:.2f}" for name, group, field in (*SCORES, *MORE_SCORES)]
        return f"{', '.join(parts)}; overall {self.session['overall_score']:.2f}, type {self.session['thread_type']}"


def _line(line: Line | None) -> str:
    return f"{line.path}:{line.number}  {line.text.strip()}" if line is not None else ""


def told_line(anchor: dict[str, Any], contents: dict[str, list[str]]) -> Line | None:
    """The longest line that an AI wrote in the commit, rather none of a test; else the longest one it added.

    `contents` are the lines of the committed files by path.
    """
    candidates = [
        (part["author"] == "ai", "test" not in change["path"], len(text.strip()), Line(change["path"], number, text))
        for change in anchor.get("file_changes") or []
        for part in change.get("line_attributions") or []
        for place in part["ranges"]
        for number, text in _lines(contents.get(change["path"], []), place["start"], place["end"])
    ]
    return max(candidates, key=lambda found: found[:3])[3] if candidates else None


def _lines(lines: list[str], start: int, end: int) -> list[tuple[int, str]]:
    return [(number, lines[number - 1]) for number in range(start, min(end, len(lines)) + 1)]
