"""`completions show|install|remove` of the three commands: files that bash, zsh and fish load.

The files hold the whole grammar of a command, so completing a word starts no program; only the names of living
agents are asked of the daemon, through the hidden `completions agents`. No postponed annotations: see omar's main.
"""

from typing import Annotated, Any

import typer

from shared.paths import Tool

ShellArgument = Annotated[
    str | None, typer.Argument(metavar="[bash|zsh|fish]", help="The shell; the one in $SHELL unless given.")
]


def add_completions(app: typer.Typer, tool: Tool) -> None:
    """Mount `completions`; the grammar is read from `app` itself when it is asked for."""
    from shared.cli.standard import new_app

    group = new_app("Complete commands and agent names in bash, zsh and fish.")
    app.add_typer(group, name="completions")

    @group.command("show")
    def show(shell: ShellArgument = None) -> int:
        """Print the completion file."""
        from shared.cli.completions import verbs

        return verbs.show(tool, _command(app), shell)

    @group.command("install")
    def install(shell: ShellArgument = None) -> int:
        """Put the completion file where the shell looks."""
        from shared.cli.completions import verbs

        return verbs.install(tool, _command(app), shell)

    @group.command("remove")
    def remove(shell: ShellArgument = None) -> int:
        """Undo `install`."""
        from shared.cli.completions import verbs

        return verbs.remove(tool, shell)

    @group.command("agents", hidden=True)
    def agents() -> int:
        """Print the names of living agents; nothing when the daemon is down."""
        from shared.cli.completions import agent_names

        return agent_names.run()


def _command(app: typer.Typer) -> Any:
    from typer.main import get_command

    return get_command(app)
