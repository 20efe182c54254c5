"""The grammar of a command, read from its Typer app: sub-commands, options, and what kind of value goes where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["words", "agents", "files", "folders", "free"]
HELP_LENGTH = 70
AGENT_PARAMETERS = {"agent", "agents", "parent", "receiver"}
# `name` is an agent's only where the command acts on a living one; `spawn --name` makes a new name.
NAMED_AGENTS = {"/show", "/send", "/attach", "/kill", "/wait"}


@dataclass(frozen=True)
class Values:
    """What may stand in one place: one of `words`, an agent, a path, or anything."""

    kind: Kind
    words: tuple[str, ...] = ()


FREE = Values("free")


@dataclass
class Grammar:
    """Keys are command paths: "" for the tool itself, "/event/schedule" for a sub-command of a group.

    `commands` and `options` give one line of help by name; `option_values` only holds options that take a value;
    the last of `arguments` repeats for paths in `repeating`.
    """

    tool: str
    commands: dict[str, dict[str, str]] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    option_values: dict[str, dict[str, Values]] = field(default_factory=dict)
    arguments: dict[str, list[Values]] = field(default_factory=dict)
    repeating: set[str] = field(default_factory=set)

    def paths(self) -> list[str]:
        """All command paths but the root."""
        return [f"{path}/{name}" for path, found in self.commands.items() for name in found]

    def valued_options(self) -> list[str]:
        """Each option that takes a value, after its command path: "/spawn --backend"."""
        return [f"{path} {name}" for path, found in self.option_values.items() for name in found]


def read_grammar(tool: str, command: Any) -> Grammar:
    """The grammar of the click `command` that Typer made of an app."""
    grammar = Grammar(tool)
    _read_command(grammar, "", command)
    return grammar


def _read_command(grammar: Grammar, path: str, command: Any) -> None:
    grammar.options[path] = {"--help": "show help"}
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        if parameter.param_type_name == "option":
            _read_option(grammar, path, parameter)
        else:
            _read_argument(grammar, path, parameter)
    shown = {name: child for name, child in getattr(command, "commands", {}).items() if not child.hidden}
    if shown:
        grammar.commands[path] = {name: _one_line(child.help) for name, child in shown.items()}
    for name, child in shown.items():
        _read_command(grammar, f"{path}/{name}", child)


def _read_option(grammar: Grammar, path: str, option: Any) -> None:
    names = [name for name in (*option.opts, *option.secondary_opts) if name.startswith("--")]
    for name in names or option.opts:
        grammar.options[path][name] = _one_line(option.help)
    if not option.is_flag and not option.count:
        values = _values(path, option)
        for name in option.opts:
            grammar.option_values.setdefault(path, {})[name] = values


def _read_argument(grammar: Grammar, path: str, argument: Any) -> None:
    grammar.arguments.setdefault(path, []).append(_values(path, argument))
    if argument.nargs == -1:
        grammar.repeating.add(path)


def _values(path: str, parameter: Any) -> Values:
    if parameter.name in AGENT_PARAMETERS or (path in NAMED_AGENTS and parameter.name in ("name", "names")):
        return Values("agents")
    choices = getattr(parameter.type, "choices", None) or _alternatives(parameter.metavar)
    if choices:
        return Values("words", tuple(str(choice) for choice in choices))
    if parameter.type.name in ("path", "file", "directory", "filename"):
        return Values("files" if getattr(parameter.type, "file_okay", True) else "folders")
    return FREE


def _alternatives(metavar: str | None) -> list[str]:
    """`[bash|zsh|fish]`, `idle|dead` and `claude|codex|…` say their words themselves."""
    bare = (metavar or "").strip("[]<>{}").removesuffix("|…")
    return bare.split("|") if re.fullmatch(r"[a-z][\w-]*(\|[a-z][\w-]*)+", bare) else []


def _one_line(text: str | None) -> str:
    """The first sentence of a help text, without what a shell or a terminal might take for its own."""
    first = re.split(r"(?<=[.;])\s|\n", (text or "").strip(), maxsplit=1)[0]
    plain = "".join(letter for letter in first if letter.isprintable()).rstrip(".;")
    return plain if len(plain) <= HELP_LENGTH else plain[: HELP_LENGTH - 1].rstrip() + "…"


def fill(template: str, **parts: str) -> str:
    """`template` with every `__NAME__` replaced by the part of that name; the parts themselves are left alone."""
    return re.sub("__(" + "|".join(parts) + ")__", lambda found: parts[found[1]], template)
