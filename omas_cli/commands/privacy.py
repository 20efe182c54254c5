"""`omas privacy show`: what leaves the machine, what does not, and the salt."""

from __future__ import annotations

from pathlib import Path

from omas_cli import payload
from omas_cli.salt import salt
from shared import output, paths

SENT = (
    "session id (to recognise duplicates)",
    "salted SHA-256 of the project's path",
    "start time",
    "thread type",
    "counts, durations and scores",
)
NEVER_SENT = ("paths and directory names", "prompts and answers", "code and tool output", "model", "user name")


def run(*, json: bool) -> int:
    """The salt is a secret of the user's own; he copies it to his other machines to get the same project hashes."""
    text = salt()
    here = str(Path.cwd())
    shown = {
        "salt": text,
        "salt_file": str(paths.salt_file()),
        "example": {"path": here, "project_hash": payload.project_hash(text, here)},
        "sent": list(SENT),
        "never_sent": list(NEVER_SENT),
    }
    if json:
        output.print_json(shown)
        return 0
    output.print_text("Sent by `omas upload` (see the bytes with --dry-run):")
    output.print_text("\n".join(f"  {line}" for line in SENT))
    output.print_text("Never sent:")
    output.print_text("\n".join(f"  {line}" for line in NEVER_SENT))
    output.print_text(f"salt: {text}")
    output.print_text(f"kept in {paths.salt_file()}; copy that file to your other machines for the same hashes")
    output.print_text(f"{output.cell(here)} is sent as {payload.project_hash(text, here)}")
    return 0
