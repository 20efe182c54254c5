"""How Codex gets developer instructions from a file: a configuration profile beside the person's own settings.

`--profile NAME` lays `$CODEX_HOME/NAME.config.toml` over the base settings. Older programs know profiles only as
tables of config.toml; they are given one sentence that names the prompt's file.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from shared import paths

ASK_SECONDS = 5.0
_SIGN = b"<name>.config.toml"
_lock = threading.Lock()
_known: dict[tuple[str, int], bool] = {}


def home(variables: Mapping[str, str]) -> Path:
    """The settings directory of a Codex started with these variables."""
    moved = variables.get("CODEX_HOME")
    return Path(moved).expanduser() if moved else Path(variables.get("HOME", "/")) / ".codex"


def profile(name: str) -> str:
    """The profile's name of one agent: suites with different homes may share one Codex."""
    return f"{paths.tmux_socket()}-{name}"


def profile_file(name: str, variables: Mapping[str, str]) -> Path:
    return home(variables) / f"{profile(name)}.config.toml"


def profile_text(prompt: str) -> str:
    import tomli_w

    return tomli_w.dumps({"developer_instructions": prompt})


def profile_argument(name: str) -> str:
    return f" --profile {shlex.quote(profile(name))}"


def pointer_argument(prompt_file: Path) -> str:
    import tomli_w

    pointer = f"Your instructions are in the file {prompt_file}. Read all of it before anything else and follow it."
    return " -c " + shlex.quote(tomli_w.dumps({"developer_instructions": pointer}).strip())


def takes_profile_files(program: str, variables: Mapping[str, str]) -> bool:
    """Whether this Codex lays profile files over its settings; asked once per installed program."""
    path = shutil.which(program, path=variables.get("PATH"))
    if path is None:
        return False
    try:
        key = (path, Path(path).stat().st_mtime_ns)
    except OSError:
        return False
    with _lock:
        if key not in _known:
            _known[key] = _says_so(path, variables)
        return _known[key]


def _says_so(path: str, variables: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            [path, "--help"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(variables),
            timeout=ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return _SIGN in done.stdout
