"""What every command line of the suite has: --version, `config`, `doctor` and `completions`, made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from shared import __version__

if TYPE_CHECKING:
    from shared.cli.doctor import Check
    from shared.config import Config, Setting
    from shared.paths import Tool

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Its name, as `config show` lists them.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
PurgeOption = Annotated[
    bool, typer.Option("--purge", help="Also remove the folders of its own, with all that was recorded; asks first.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show exactly what would be done, and do nothing.")]


def examples(*lines: str) -> str:
    """The end of a verb's help: command lines as a person types them, which click must not fill into a paragraph."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _show_version(context: Any, wanted: bool) -> None:
    if wanted:
        typer.echo(f"{context.command_path} {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
]


SUMMARY_LENGTH = 1000
"""Longer than any summary: `--help` breaks one that does not fit its line, and cuts none."""


class Group(TyperGroup):
    """A group of verbs whose help says each summary whole; click would end the longer ones in dots."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, command.get_short_help_str(SUMMARY_LENGTH))
            for name, command in commands
            if command is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def new_app(summary: str, **options: Any) -> typer.Typer:
    """A Typer app in the suite's manner: plain help (fast, readable in a pipe), no tracebacks of its own."""
    options.setdefault("no_args_is_help", True)
    return typer.Typer(
        cls=Group,
        help=summary,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )


def add_config(
    app: typer.Typer,
    tool: Tool,
    settings: Callable[[], Sequence[Setting]],
    project: Callable[[], Path | None] = lambda: None,
    check: Callable[[Config], object] | None = None,
) -> None:
    """Mount `config path|show|get|set|unset`; `project` names the folder whose own file counts before the user's.

    Without it there is none: `show` must not tell of a file that the other commands do not read.
    `check` raises for what `set` would write but the commands could not use.
    """
    group = new_app("Show and change settings; `show` names the origin of each value.")
    app.add_typer(group, name="config")

    @group.command("path")
    def path() -> int:
        """Print where the configuration file is."""
        from shared.cli import config_commands

        return config_commands.path(tool)

    @group.command("show")
    def show(json: JsonOption = False) -> int:
        """Show every setting, its value and where the value comes from."""
        from shared.cli import config_commands

        return config_commands.show(tool, settings(), project=project(), json=json)

    @group.command("get")
    def get(key: KeyArgument) -> int:
        """Print one value."""
        from shared.cli import config_commands

        return config_commands.get(tool, settings(), key, project=project())

    @group.command("set")
    def set_(key: KeyArgument, value: Annotated[str, typer.Argument(metavar="VALUE")]) -> int:
        """Write one value into the configuration file."""
        from shared.cli import config_commands

        return config_commands.set_value(tool, settings(), key, value, check=check)

    @group.command("unset")
    def unset(key: KeyArgument) -> int:
        """Take one value out of the configuration file, so that its default counts again."""
        from shared.cli import config_commands

        return config_commands.unset(tool, settings(), key, project=project())


def add_doctor(app: typer.Typer, tool: Tool, checks: Callable[[], Sequence[Check]]) -> None:
    """Mount `doctor`; `checks` returns `shared.cli.doctor.Check`s and is called only when asked."""

    @app.command("doctor")
    def doctor(json: JsonOption = False) -> int:
        """Check that everything needed is there; each failed check says how to mend it."""
        from shared.cli import doctor as command

        return command.run(tool, checks(), json=json)
