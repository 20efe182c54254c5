"""What Visual Studio Code and the editors made from it keep about their workspaces."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.transcripts.loose import parsed, text


def workspace_folder(storage: Path) -> str | None:
    """The directory a folder of `workspaceStorage` is for, as its workspace.json tells; None for none on this disk."""
    try:
        found = parsed((storage / "workspace.json").read_bytes())
    except OSError:
        return None
    address = text(found, "folder")
    if address:
        return local_path(address)
    workspace = local_path(text(found, "workspace") or text(found, "configuration"))
    return str(Path(workspace).parent) if workspace else None


def local_path(address: str) -> str | None:
    """The path of a `file:` or `vscode-remote:` address, None for another kind."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("file", "vscode-remote") or not parts.path:
        return None
    return unquote(parts.path).rstrip("/") or "/"
