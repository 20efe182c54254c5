"""`oobo redact`: what would be taken out of a text before it leaves this machine."""

from __future__ import annotations

import sys
from pathlib import Path

from shared import output
from shared.errors import OmaError
from shared.redact import Finding, find_secrets, redact_text


def run(*, source: str, check: bool, json: bool) -> int:
    """Print the redacted text; with `check` only kind and place of each secret (exit 1 when there is one)."""
    text = _read(source)
    found = find_secrets(text)
    if json:
        output.print_json({"source": source, "findings": [_shown(text, finding) for finding in found]})
    elif check:
        for finding in found:
            place = _shown(text, finding)
            output.print_text(
                f"{source}:{place['line']}:{place['column']}: {finding.rule}, {place['length']} characters"
            )
        output.say(f"{len(found)} would be taken.")
    else:
        sys.stdout.write(redact_text(text))
    return 1 if check and found else 0


def _read(source: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise OmaError(f"Cannot read {source}: {error.strerror}.") from error
    return raw.decode("utf-8", "replace")


def _shown(text: str, finding: Finding) -> dict[str, object]:
    """Where a secret is, never what it is; line and column count from 1."""
    before = text[: finding.start]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return {"rule": finding.rule, "line": line, "column": column, "length": finding.end - finding.start}
