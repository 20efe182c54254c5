"""The `omar` command line: wiring only. Each verb's work is in `commands/`, imported when it is called.

No postponed annotations here: Typer would evaluate the text of each of them on every start (5 ms).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omar_daemon.groups import BACKENDS, add_groups
from shared import output
from shared.cli import boundary
from shared.cli.completions import add_completions
from shared.cli.standard import (
    DryRunOption,
    JsonOption,
    PurgeOption,
    VersionOption,
    YesOption,
    add_config,
    add_doctor,
    examples,
    new_app,
)

if TYPE_CHECKING:
    from shared.cli.doctor import Check
    from shared.config import Config, Setting

app = new_app("Run AI coding agents in tmux behind a small local daemon.", no_args_is_help=False)

PortOption = Annotated[int | None, typer.Option("--port", help="Port to listen on (else OMAR_PORT, api.port, 9876).")]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on (else api.host, 127.0.0.1).")]
# Completion offers the words of these.
HEALTHS = "working|waiting|idle|stuck|dead"
SCOPES = "agents|metrics|anchors|managed|admin|worker"

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the agent, short or full.")]


@app.callback(invoke_without_command=True)
def main_callback(context: typer.Context, version: VersionOption = False) -> int | None:
    if context.invoked_subcommand is not None:
        return None
    if output.is_terminal() and sys.stdin.isatty():
        from omar_daemon.commands import dashboard

        return dashboard.run()
    from omar_daemon.commands import status

    return status.run(json=False)


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
    """Show whether the daemon runs, and its agents; exit code 1 when it does not."""
    from omar_daemon.commands import status as command

    return command.run(json=json)


@app.command("open")
def open_(
    only_print: Annotated[bool, typer.Option("--print", help="Print the link instead of opening a browser.")] = False,
) -> int:
    """Sign your browser in to the daemon, by a link that works once."""
    from omar_daemon.commands import open as command

    return command.run(only_print=only_print)


@app.command("logs")
def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until ^C.")] = False,
) -> int:
    """Print what the daemon wrote."""
    from omar_daemon.commands import logs as command

    return command.run(lines=lines, follow=follow)


@app.command(
    "spawn",
    epilog=examples(
        'omar spawn auth --task "Implement JWT auth" --backend claude',
        "omar spawn tests --worktree --task-file task.md",
        "omar spawn shell --command bash",
    ),
)
def spawn(
    name: Annotated[str | None, typer.Argument(help="Name of the agent; a free one unless given.")] = None,
    task: Annotated[str | None, typer.Option("--task", "-t", help="What it shall do.")] = None,
    task_file: Annotated[
        Path | None, typer.Option("--task-file", help="File that holds the task; `-` reads stdin.")
    ] = None,
    workdir: Annotated[Path | None, typer.Option("--workdir", "-w", help="Directory it works in; this one.")] = None,
    backend: Annotated[str | None, typer.Option("--backend", "-b", metavar=BACKENDS, help="Program to run.")] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Model for the backend.")] = None,
    command: Annotated[str | None, typer.Option("--command", "-c", help="Any command instead of a backend.")] = None,
    parent: Annotated[str | None, typer.Option("--parent", "-p", help="Name of the parent agent.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="`agent`: tell it of omar even without a task.")] = None,
    env: Annotated[list[str] | None, typer.Option("--env", "-e", help="NAME=VALUE for it; may be repeated.")] = None,
    worktree: Annotated[
        bool, typer.Option("--worktree", help="In a git worktree and branch of its own, removed with it when merged.")
    ] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Start an agent in tmux and give it its task."""
    from omar_daemon.commands import spawn as verb

    return verb.run(
        name=name,
        task=task,
        task_file=task_file,
        workdir=workdir,
        backend=backend,
        model=model,
        command=command,
        parent=parent,
        role=role,
        env=env or [],
        worktree=worktree,
        dry_run=dry_run,
        json=json,
    )


@app.command("list")
def list_agents(
    parent: Annotated[str | None, typer.Option("--parent", help="Only the children of this agent.")] = None,
    health: Annotated[str | None, typer.Option("--health", metavar=HEALTHS, help="Only these.")] = None,
    json: JsonOption = False,
) -> int:
    """List the agents with their health."""
    from omar_daemon.commands import list as command

    return command.run(parent=parent, health=health, json=json)


@app.command("show")
def show(
    name: NameArgument,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many lines of its output.")] = 200,
    json: JsonOption = False,
) -> int:
    """Show one agent and the end of its output."""
    from omar_daemon.commands import show as command

    return command.run(name=name, lines=lines, json=json)


@app.command(
    "send",
    epilog=examples(
        'omar send auth "yes, proceed"', "omar send auth < notes.md", "omar send auth --raw --no-enter $'\\e'"
    ),
)
def send(
    name: NameArgument,
    text: Annotated[str | None, typer.Argument(help="What to type; `-` or nothing reads stdin.")] = None,
    enter: Annotated[bool, typer.Option("--enter/--no-enter", help="Submit it, or only paste it.")] = True,
    raw: Annotated[bool, typer.Option("--raw", help="Type control characters as keys (ESC interrupts).")] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Behind a draft in its input, and submit both.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Type a text into an agent and see that it arrives."""
    from omar_daemon.commands import send as command

    return command.run(name=name, text=text, enter=enter, raw=raw, force=force, dry_run=dry_run, json=json)


@app.command("attach")
def attach(name: NameArgument, dry_run: DryRunOption = False) -> int:
    r"""Attach this terminal to an agent; Ctrl-\ leaves it running."""
    from omar_daemon.commands import attach as command

    return command.run(name=name, dry_run=dry_run)


@app.command("kill")
def kill(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of the agents.")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Even when a person is attached.")] = False,
    tree: Annotated[bool, typer.Option("--tree", help="And every agent below it.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """End agents, and with --tree all below them."""
    from omar_daemon.commands import kill as command

    return command.run(names=names, force=force, tree=tree, dry_run=dry_run, json=json)


@app.command("wait", epilog=examples("omar wait auth tests --timeout 600", "omar wait auth --health dead"))
def wait(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of the agents.")],
    health: Annotated[str, typer.Option("--health", metavar=HEALTHS, help="What to wait for.")] = "idle",
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=0, help="Seconds to wait at most; then the exit code is 1.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Wait until all these agents are idle, or dead."""
    from omar_daemon.commands import wait as command

    return command.run(names=names, health=health, timeout=timeout, json=json)


@app.command("backends")
def backends(json: JsonOption = False) -> int:
    """List the agent programs that omar knows, and which are installed."""
    from omar_daemon.commands import backends as command

    return command.run(json=json)


@app.command("tour")
def tour(
    keep: Annotated[bool, typer.Option("--keep", help="Leave what the tour made, to look around in it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Let an installed backend do the tour's small job.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Let the demo agent do it, without asking.")] = False,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", metavar=BACKENDS, help="Let this one do it.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """See the whole suite work on real things, in half a minute."""
    from omar_daemon.commands import tour as command

    return command.run(keep=keep, yes=yes, demo=demo, backend=backend, json=json)


@app.command("env")
def env(json: JsonOption = False) -> int:
    """Print exports of the daemon's address and a key, for other programs."""
    from omar_daemon.commands import env as command

    return command.run(json=json)


computer = new_app("The desktop of this machine, which one agent at a time may use.")
app.add_typer(computer, name="computer")


@computer.command("status")
def computer_status(json: JsonOption = False) -> int:
    """Show whether the desktop can be used, and who holds it; exit code 1 when it cannot."""
    from omar_daemon.commands import computer as command

    return command.status(json=json)


keys = new_app("Keys for the daemon's APIs: `oma_…`, printed once, stored as a hash.")
app.add_typer(keys, name="keys")


@keys.command("create", epilog=examples("omar keys create ci --scope anchors --scope metrics --expires 90d"))
def keys_create(
    name: Annotated[str, typer.Argument(help="What the key is for.")] = "key",
    user: Annotated[str | None, typer.Option("--user", help="User the key belongs to; the name unless given.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar=SCOPES, help="What it is good for; may be repeated. Else all but admin and worker."
        ),
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
def keys_revoke(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Its name or id, as `omar keys list` shows them.")],
    dry_run: DryRunOption = False,
) -> int:
    """Make a key useless, at once."""
    from omar_daemon.commands import keys as command

    return command.revoke(key_id=key_id, dry_run=dry_run)


@app.command("uninstall")
def uninstall(
    purge: PurgeOption = False, yes: YesOption = False, dry_run: DryRunOption = False, json: JsonOption = False
) -> int:
    """Stop the daemon and take back what omar put outside its own folders."""
    from omar_daemon.commands import uninstall as command

    return command.run(purge=purge, yes=yes, dry_run=dry_run, json=json)


def _settings() -> "Sequence[Setting]":
    from omar_daemon.settings import SETTINGS

    return SETTINGS


def _check(values: "Config") -> None:
    from omar_daemon.fleet import options

    options.from_settings(values, url="")


def _checks() -> "Sequence[Check]":
    from omar_daemon.commands.doctor import checks

    return checks()


add_groups(app)
add_config(app, "omar", _settings, check=_check)
add_doctor(app, "omar", _checks)
add_completions(app, "omar")


def main() -> int:
    return boundary.run("omar", app)


if __name__ == "__main__":
    sys.exit(main())
