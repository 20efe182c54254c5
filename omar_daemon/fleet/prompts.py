"""What an agent is told at its start: the template `agent.md`, the first message, and how they reach each backend."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from omar_daemon.fleet import codex
from omar_daemon.fleet.backends import Backend, first_program
from omar_daemon.fleet.errors import InvalidRequest
from shared import durable, paths

TEMPLATES = "omar_daemon.prompts"
ELSEWHERE = "elsewhere"
PROMPTED_ROLES = ("agent", "project-manager")
"""Roles that get the prompt without a task too (as omar 0.1.1 had it)."""
NO_TASK = "None yet: wait for the first message."
_PROFILE_FLAG = re.compile(r"\s(-p|--profile)(\s|=|\Z)")
PERSON = "the person at the terminal"
_VARIABLE = re.compile(r"\{\{(NAME|PARENT|TASK|URL|STATE)\}\}")


@dataclass(frozen=True)
class Introduction:
    """What an agent is told: `arguments` for its command line (a shell text), private `files` they name, and the
    `first_message` that is typed when it is ready."""

    arguments: str
    first_message: str
    files: Mapping[Path, str] = field(default_factory=dict)


def template(name: str) -> str:
    """The person's copy in `prompts/` beside the config file, else the one that ships with the suite."""
    own = paths.prompts_dir() / name
    try:
        return own.read_text(encoding="utf-8")
    except FileNotFoundError:
        return resources.files(TEMPLATES).joinpath(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The prompt template {own} cannot be read: {error}.") from error


def fill(text: str, *, name: str, parent: str, task: str, url: str, state: str | None = None) -> str:
    """`text` with its variables in one pass: a task that mentions {{NAME}} keeps it.

    `state` is for the manager: a template of the person's own that has no {{STATE}} gets it at its end.
    """
    values = {"NAME": name, "PARENT": parent, "TASK": task, "URL": url}
    if state is not None:
        values["STATE"] = state
        if "{{STATE}}" not in text:
            text = f"{text.rstrip()}\n\n## How things stand\n\n{{{{STATE}}}}\n"
    return _VARIABLE.sub(lambda found: values.get(found.group(1), found.group()), text)


def first_message(*, name: str, parent: str, task: str) -> str:
    return f"YOUR NAME: {name}\nYOUR PARENT: {parent}\nYOUR TASK: {task}"


def introduce(
    name: str, command: str, backend: Backend | None, prompt: str, message: str, variables: Mapping[str, str]
) -> Introduction:
    """How `prompt` and the first message go to the agent `name`, started by `command` with `variables`.

    An unknown program gets the first message only. No prompt text is ever an argument. May ask the program what it
    can do, so it blocks.
    """
    if backend is None or backend.prompt == "none":
        return Introduction("", message)
    prompt_file = paths.agent_dir(name) / "prompt.md"
    if backend.prompt == "claude":
        argument = f" --append-system-prompt-file {shlex.quote(str(prompt_file))}"
        return Introduction(argument, message, {prompt_file: prompt})
    if backend.prompt == "codex":
        return _introduce_codex(name, command, prompt, message, prompt_file, variables)
    return Introduction("", f"{prompt.rstrip()}\n\n{message}".rstrip())


def _introduce_codex(
    name: str, command: str, prompt: str, message: str, prompt_file: Path, variables: Mapping[str, str]
) -> Introduction:
    program = first_program(command)
    has_profile = _PROFILE_FLAG.search(command) is not None
    if program is not None and not has_profile and codex.takes_profile_files(program, variables):
        files = {codex.profile_file(name, variables): codex.profile_text(prompt)}
        return Introduction(codex.profile_argument(name), message, files)
    return Introduction(codex.pointer_argument(prompt_file), message, {prompt_file: prompt})


def write_files(name: str, files: Mapping[Path, str]) -> None:
    """Write an agent's private files, and the list of those that lie outside its own directory."""
    own = paths.agent_dir(name)
    outside = [str(path) for path in files if own not in path.parents]
    if outside:
        durable.write_atomic(own / ELSEWHERE, "\n".join(outside))
    for path, text in files.items():
        durable.write_atomic(path, text)


def remove_files(name: str) -> None:
    """Remove what `write_files` wrote."""
    own = paths.agent_dir(name)
    with contextlib.suppress(OSError):
        for line in (own / ELSEWHERE).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(OSError):
                Path(line).unlink()
    shutil.rmtree(own, ignore_errors=True)
