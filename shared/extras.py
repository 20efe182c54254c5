"""How a person gets an optional part of the suite."""

from __future__ import annotations


def installation(extra: str) -> str:
    """What to run. From the suite's own folder: what a package index has under its name need not be this suite."""
    return f"Run `pipx install --force '.[{extra}]'` in the suite's folder; in a venv: `pip install '.[{extra}]'`."
