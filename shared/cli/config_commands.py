"""`config path|show|get|set|unset` of the three commands."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shared import config, local_daemon, output, paths
from shared.config import Config, Setting
from shared.errors import UsageError
from shared.paths import Tool


def path(tool: Tool) -> int:
    output.print_text(str(paths.config_file(tool)))
    return 0


def show(tool: Tool, settings: Sequence[Setting], *, project: Path | None, json: bool) -> int:
    """Every setting with its value and origin; secrets are never shown. `project`: the folder whose file counts."""
    resolved = config.load(tool, settings, project=project)
    rows = [
        {"key": s.key, "value": _shown(s, resolved[s.key]), "origin": resolved.origin(s.key), "help": s.help}
        for s in settings
    ]
    if json:
        output.print_json({"path": str(paths.config_file(tool)), "settings": rows})
    else:
        table = [[str(r["key"]), _text(r["value"]) or "(empty)", str(r["origin"]), str(r["help"])] for r in rows]
        output.print_table(("setting", "value", "from", "meaning"), table)
    return 0


def get(tool: Tool, settings: Sequence[Setting], key: str, *, project: Path | None) -> int:
    setting = config.find(settings, key)
    if setting.secret:
        raise UsageError(f"{key} is a secret and is not printed.")
    output.print_text(_text(config.load(tool, settings, project=project)[key]))
    return 0


def set_value(
    tool: Tool, settings: Sequence[Setting], key: str, raw: str, *, check: Callable[[Config], object] | None
) -> int:
    """Write one value, unless `check` refuses it; says when something else still overrides it."""
    setting = config.find(settings, key)
    if setting.secret:
        raise UsageError(
            f"{key} is a secret and does not belong on a command line.",
            hint=f"Write it into {paths.config_file(tool)} (mode 0600).",
        )
    value = config.set_value(tool, settings, key, raw, check)
    output.say(f"{key} = {_text(value)} in {paths.config_file(tool)}")
    if setting.env and (origin := config.load(tool, settings).origin(key)).startswith("env"):
        output.warn(f"{origin} still overrides it.")
    _tell_of_the_daemon(tool)
    return 0


def unset(tool: Tool, settings: Sequence[Setting], key: str, *, project: Path | None) -> int:
    """Take a value out of the user's file, and say what counts from now on; it is no error when there was none."""
    removed = config.unset_value(tool, settings, key)
    output.say(f"{key} {'is taken out of' if removed else 'is not set in'} {paths.config_file(tool)}.")
    resolved = config.load(tool, settings, project=project)
    value = _shown(config.find(settings, key), resolved[key])
    output.say(f"{key} = {_text(value)} ({resolved.origin(key)})")
    if removed:
        _tell_of_the_daemon(tool)
    return 0


def _tell_of_the_daemon(tool: Tool) -> None:
    if tool == "omar" and local_daemon.running() is not None:
        output.say("The daemon that runs goes on as before; `omar down && omar up` makes it heed this.")


def _shown(setting: Setting, value: Any) -> Any:
    return ("(set)" if value else "(not set)") if setting.secret else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_module.dumps(value)
