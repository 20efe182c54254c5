"""One self-contained HTML page of scores: radar, trends and a heat map as SVG; no script, no network."""

from __future__ import annotations

from omas_cli.page.document import page_of

__all__ = ["page_of"]
