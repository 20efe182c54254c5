"""What an agent is told at its start: the template `agent.md`, the first message, and how they reach each backend."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from omar_daemon.fleet.backends import Backend
from omar_daemon.fleet.errors import InvalidRequest
from shared import paths

TEMPLATES = "omar_daemon.prompts"
_VARIABLE = re.compile(r"\{\{(NAME|PARENT|TASK|URL)\}\}")


@dataclass(frozen=True)
class Introduction:
    """`arguments` are added to the command line (a shell text), `first_message` is typed when it is ready."""

    arguments: str
    first_message: str


def template(name: str) -> str:
    """The person's copy in `prompts/` beside the config file, else the one that ships with the suite."""
    own = paths.prompts_dir() / name
    try:
        return own.read_text(encoding="utf-8")
    except FileNotFoundError:
        return resources.files(TEMPLATES).joinpath(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The prompt template {own} cannot be read: {error}.") from error


def fill(text: str, *, name: str, parent: str, task: str, url: str) -> str:
    """`text` with its variables in one pass: a task that mentions {{NAME}} keeps it."""
    values = {"NAME": name, "PARENT": parent, "TASK": task, "URL": url}
    return _VARIABLE.sub(lambda found: values[found.group(1)], text)


def first_message(*, name: str, parent: str, task: str) -> str:
    return f"YOUR NAME: {name}\nYOUR PARENT: {parent}\nYOUR TASK: {task}"


def introduce(backend: Backend | None, prompt: str, prompt_file: Path, message: str) -> Introduction:
    """How `prompt` (also standing in `prompt_file`, 0600) and the first message go to this backend.

    An unknown program gets the first message only. No prompt text is ever an argument.
    """
    if backend is None or backend.prompt == "none":
        return Introduction("", message)
    if backend.prompt == "claude":
        return Introduction(f" --append-system-prompt-file {shlex.quote(str(prompt_file))}", message)
    if backend.prompt == "codex":
        pointer = f"Your instructions are in the file {prompt_file}. Read all of it before anything else and follow it."
        return Introduction(f" -c {shlex.quote('developer_instructions=' + _toml_text(pointer))}", message)
    return Introduction("", f"{prompt.rstrip()}\n\n{message}")


def _toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
