"""Settings with known origins: flag > environment > project file > user file > default.

A tool lists its `Setting`s once; `load` resolves them and remembers where each value came from, so that
`config show` can name it. A file that cannot be read is a ConfigError (exit 78) with its line.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import durable, paths
from shared.errors import ConfigError, UsageError
from shared.paths import Tool

PROJECT_FILE = ".{tool}.toml"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_KIND_NAMES = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of texts",
}


@dataclass(frozen=True)
class Setting:
    """One key of a configuration file: dotted name, default, kind, and the variable that overrides it.

    `choices` are the only texts it may be; none: any.
    """

    key: str
    default: Any
    kind: type
    help: str
    env: str | None = None
    secret: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    def allows(self, value: Any) -> bool:
        """Whether a number is within the bounds, and a text one of the choices."""
        if self.choices and value not in self.choices:
            return False
        if self.kind is float and not math.isfinite(value):
            return False
        return not ((self.least is not None and value < self.least) or (self.most is not None and value > self.most))

    @property
    def meaning(self) -> str:
        """What a value must be: `a whole number from 0 to 65535`, `on or off`."""
        if self.choices:
            return " or ".join(self.choices)
        if self.least is None:
            return _KIND_NAMES[self.kind]
        bounds = f" from {self.least} to {self.most}" if self.most is not None else f" of at least {self.least}"
        return _KIND_NAMES[self.kind] + bounds


@dataclass(frozen=True)
class Resolved:
    """A value and where it comes from: `flag`, `env NAME`, `project PATH`, `user PATH` or `default`."""

    value: Any
    origin: str


class Config:
    """The resolved settings of one tool, and the tables of its files (for open-ended ones like `[backends.x]`)."""

    def __init__(
        self, settings: Sequence[Setting], resolved: Mapping[str, Resolved], tables: Mapping[str, Any]
    ) -> None:
        self.settings = tuple(settings)
        self._resolved = dict(resolved)
        self._tables = dict(tables)

    def __getitem__(self, key: str) -> Any:
        return self._resolved[key].value

    def origin(self, key: str) -> str:
        return self._resolved[key].origin

    def text(self, key: str) -> str:
        return str(self[key])

    def integer(self, key: str) -> int:
        return int(self[key])

    def number(self, key: str) -> float:
        return float(self[key])

    def flag(self, key: str) -> bool:
        return bool(self[key])

    def items(self, key: str) -> list[str]:
        return [str(item) for item in self[key]]

    def table(self, name: str) -> dict[str, Any]:
        """An open-ended table of the files, the project's entries before the user's; {} when there is none.

        ConfigError when something else than a table has its name.
        """
        found = self._tables.get(name, {})
        if not isinstance(found, dict):
            raise ConfigError(f"{name} must be a table, not {found!r}.")
        return dict(found)


def load(
    tool: Tool,
    settings: Sequence[Setting],
    flags: Mapping[str, Any] | None = None,
    project: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Resolve `settings` for `tool`. `project` is a directory whose `.<tool>.toml` counts, if it has one.

    `environment` is the process's own when not given.
    """
    variables = os.environ if environment is None else environment
    user_path = paths.config_file(tool)
    layers = [("user", user_path, read_toml(user_path))]
    if project is not None:
        project_path = project / PROJECT_FILE.format(tool=tool)
        layers.insert(0, ("project", project_path, read_toml(project_path)))
    resolved = {setting.key: _resolve(setting, flags or {}, variables, layers) for setting in settings}
    tables: dict[str, Any] = {}
    for _, path, body in reversed(layers):
        tables = _merge(tables, body, path)
    return Config(settings, resolved, tables)


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content; {} when it does not exist; ConfigError with the line when it is broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        return {}
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text.", hint="Save it as UTF-8 or move it away.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", hint="Mend that line or move the file away.") from None


def unknown_keys(body: Mapping[str, Any], settings: Sequence[Setting], tables: Collection[str] = ()) -> list[str]:
    """The dotted keys of a file that are no settings; whatever is in `tables` is somebody else's."""
    known = {setting.key for setting in settings}
    return [key for key in _dotted(body, known) if key not in known and key.split(".")[0] not in tables]


def _dotted(table: Mapping[str, Any], known: Collection[str], before: str = "") -> Iterator[str]:
    for name, value in table.items():
        key = f"{before}{name}"
        if isinstance(value, dict) and value and key not in known:
            yield from _dotted(value, known, f"{key}.")
        else:
            yield key


def set_value(
    tool: Tool,
    settings: Sequence[Setting],
    key: str,
    raw: str,
    check: Callable[[Config], object] | None = None,
) -> Any:
    """Write one setting into the user's file, atomically and under a lock; returns the typed value.

    The file's other lines stay as they are. `check` is given the file's tables with this value alone, and raises when
    the commands could not use it.
    """
    from shared import toml_text

    setting = find(settings, key)
    value = parse(setting, raw, None)
    path = paths.config_file(tool)
    with durable.locked(path.with_name(f"{path.name}.lock")):
        body = read_toml(path)
        if check is not None:
            # Alone: another value that is wrong must not keep this one from being mended.
            others = {other.key: Resolved(other.default, "default") for other in settings}
            check(Config(settings, {**others, key: Resolved(value, "this command")}, body))
        try:
            text = toml_text.with_value(_text_of(path), body, key, value)
        except ValueError as error:
            raise ConfigError(f"{path}: {error} is not a table, so {key} cannot be set.") from None
        _write(path, text)
    return value


def unset_value(tool: Tool, settings: Sequence[Setting], key: str) -> bool:
    """Take one setting out of the user's file, as `set_value` writes it; whether it was there.

    Also a value that cannot be used: this is how it is got rid of.
    """
    from shared import toml_text

    find(settings, key)
    path = paths.config_file(tool)
    if not path.exists():
        return False
    with durable.locked(path.with_name(f"{path.name}.lock")):
        text = toml_text.without_key(_text_of(path), read_toml(path), key)
        if text is not None:
            _write(path, text)
    return text is not None


def _write(path: Path, text: str) -> None:
    # A link to a file elsewhere stays a link.
    durable.write_atomic(path.resolve() if path.is_symlink() else path, text)


def _text_of(path: Path) -> str:
    """The file as it stands, its line ends too; nothing where there is none."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""


def find(settings: Sequence[Setting], key: str) -> Setting:
    for setting in settings:
        if setting.key == key:
            return setting
    known = ", ".join(setting.key for setting in settings)
    raise UsageError(f"There is no setting {key!r}.", hint=f"Known settings: {known}")


def parse(setting: Setting, raw: str, origin: str | None) -> Any:
    """`raw` as the setting's kind; ConfigError naming key and origin (None: just typed) when it does not fit."""
    try:
        if setting.kind is bool:
            return _parse_flag(raw)
        if setting.kind is list:
            return [part.strip() for part in raw.split(",") if part.strip()]
        value = setting.kind(raw)
    except ValueError:
        raise _refused(setting, origin, raw) from None
    if not setting.allows(value):
        raise _refused(setting, origin, raw)
    return value


def _parse_flag(raw: str) -> bool:
    lowered = raw.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(raw)


def _resolve(
    setting: Setting,
    flags: Mapping[str, Any],
    variables: Mapping[str, str],
    layers: list[tuple[str, Path, dict[str, Any]]],
) -> Resolved:
    if flags.get(setting.key) is not None:
        return Resolved(flags[setting.key], "flag")
    if setting.env and variables.get(setting.env):
        return Resolved(parse(setting, variables[setting.env], setting.env), f"env {setting.env}")
    for name, path, body in layers:
        value = _look_up(body, setting.key)
        if value is not None:
            return Resolved(_typed(setting, value, str(path)), f"{name} {path}")
    return Resolved(setting.default, "default")


def _look_up(body: dict[str, Any], key: str) -> Any:
    found: Any = body
    for part in key.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _typed(setting: Setting, value: Any, origin: str) -> Any:
    if setting.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = _as_float(value)
    fits = isinstance(value, setting.kind) and not (setting.kind is int and isinstance(value, bool))
    if setting.kind is list and fits:
        fits = all(isinstance(item, str) for item in value)
    if not fits or not setting.allows(value):
        raise _refused(setting, origin, value)
    return value


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _refused(setting: Setting, origin: str | None, value: Any) -> ConfigError:
    shown = "a secret" if setting.secret else repr(value)
    where = f"{origin}: " if origin is not None else ""
    return ConfigError(f"{where}{setting.key} must be {setting.meaning}, not {shown}.")


def _merge(below: dict[str, Any], above: dict[str, Any], path: Path) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value, path) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
