"""The `omar` command line: wiring only. Each verb's work is in `commands/`, imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli import boundary
from shared.cli.standard import DryRunOption, JsonOption, VersionOption, add_config, add_doctor, new_app

if TYPE_CHECKING:
    from shared.cli.doctor import Check
    from shared.config import Setting

app = new_app("Run AI coding agents in tmux behind a small local daemon.", no_args_is_help=False)

PortOption = Annotated[int | None, typer.Option("--port", help="Port to listen on (else OMAR_PORT, api.port, 9876).")]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on (else api.host, 127.0.0.1).")]


@app.callback(invoke_without_command=True)
def main_callback(context: typer.Context, version: VersionOption = False) -> int | None:
    if context.invoked_subcommand is None:
        from omar_daemon.commands import status

        return status.run(json=False)
    return None


@app.command("serve")
def serve(port: PortOption = None, host: HostOption = None) -> int:
    """Run the daemon in the foreground until ^C."""
    from omar_daemon.commands import serve as command

    return command.run(port=port, host=host)


@app.command("up")
def up(
    port: PortOption = None,
    host: HostOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well.")] = False,
    json: JsonOption = False,
) -> int:
    """Start the daemon in the background; twice is one, an older version is replaced."""
    from omar_daemon.commands import up as command

    return command.run(port=port, host=host, quiet=quiet, json=json)


@app.command("down")
def down(dry_run: DryRunOption = False) -> int:
    """Stop the daemon; agents live on in tmux."""
    from omar_daemon.commands import down as command

    return command.run(dry_run=dry_run)


@app.command("status")
def status(json: JsonOption = False) -> int:
    """Show whether the daemon runs, and its agents; 1 when it does not."""
    from omar_daemon.commands import status as command

    return command.run(json=json)


@app.command("logs")
def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until ^C.")] = False,
) -> int:
    """Print what the daemon wrote."""
    from omar_daemon.commands import logs as command

    return command.run(lines=lines, follow=follow)


@app.command("env")
def env(json: JsonOption = False) -> int:
    """Print exports of the daemon's address and a key, for other programs."""
    from omar_daemon.commands import env as command

    return command.run(json=json)


keys = new_app("Keys for the daemon's APIs: `oma_…`, printed once, stored as a hash.")
app.add_typer(keys, name="keys")


@keys.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="What the key is for.")] = "key",
    user: Annotated[str | None, typer.Option("--user", help="User the key belongs to; the name unless given.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="agents, metrics, anchors, managed, admin, worker; may be repeated."),
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="Lifetime like 12h, 90d or 4w.")] = None,
    json: JsonOption = False,
) -> int:
    """Make a key and print it once, alone on stdout."""
    from omar_daemon.commands import keys as command

    return command.create(name=name, user=user, scopes=scope or [], expires=expires, json=json)


@keys.command("list")
def keys_list(json: JsonOption = False) -> int:
    """List the keys, never their text."""
    from omar_daemon.commands import keys as command

    return command.show_all(json=json)


@keys.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], dry_run: DryRunOption = False) -> int:
    """Make a key useless, at once."""
    from omar_daemon.commands import keys as command

    return command.revoke(key_id=key_id, dry_run=dry_run)


def _settings() -> Sequence[Setting]:
    from omar_daemon.settings import SETTINGS

    return SETTINGS


def _checks() -> Sequence[Check]:
    from omar_daemon.commands.doctor import checks

    return checks()


add_config(app, "omar", _settings)
add_doctor(app, "omar", _checks)


def main() -> int:
    return boundary.run("omar", app)


if __name__ == "__main__":
    sys.exit(main())
