"""The `omas` command line: wiring only. Each verb's work is in `commands/`, imported when it is called.

No postponed annotations here: Typer would evaluate the text of each of them on every start (5 ms).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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

app = new_app("Score AI coding sessions from their local logs; upload the scores when you want to.")

SinceOption = Annotated[str | None, typer.Option("--since", help="From this time on: 2026-03-01, or 7d, 12h, 2w ago.")]
ProjectOption = Annotated[str | None, typer.Option("--project", help="Projects whose path contains this.")]
ToolOption = Annotated[list[str] | None, typer.Option("--tool", help="Only this tool (may be given again).")]
LimitOption = Annotated[int, typer.Option("-n", "--limit", min=0, help="Most rows of the table; 0 for all.")]
ServerOption = Annotated[
    str | None, typer.Option("--server", help="Server address, or `local` for this machine's daemon.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All of them.")]


@app.callback()
def main_callback(version: VersionOption = False) -> None:
    """Score AI coding sessions from their local logs; upload the scores when you want to."""


@app.command("scan")
def scan(
    since: SinceOption = None,
    project: ProjectOption = None,
    tool: ToolOption = None,
    force: Annotated[bool, typer.Option("--force", help="Read unchanged sessions too.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say which lines were skipped.")] = False,
    json: JsonOption = False,
) -> int:
    """Read new and changed session logs into the ledger."""
    from omas_cli.commands import scan as command

    return command.run(since=since, project=project, tools=tool or [], force=force, verbose=verbose, json=json)


@app.command("report")
def report(
    since: SinceOption = None, project: ProjectOption = None, tool: ToolOption = None, json: JsonOption = False
) -> int:
    """Show how the sessions add up."""
    from omas_cli.commands import report as command

    return command.run(since=since, project=project, tools=tool or [], json=json)


@app.command("show")
def show(session: Annotated[str, typer.Argument(help="Session id or its beginning.")], json: JsonOption = False) -> int:
    """Show every number of one session."""
    from omas_cli.commands import show as command

    return command.run(session_id=session, json=json)


@app.command("list")
def list_(
    since: SinceOption = None,
    project: ProjectOption = None,
    tool: ToolOption = None,
    limit: LimitOption = 30,
    json: JsonOption = False,
) -> int:
    """List the sessions of the ledger, newest first."""
    from omas_cli.commands import list as command

    return command.run(since=since, project=project, tools=tool or [], limit=limit, json=json)


@app.command("trend")
def trend(
    since: SinceOption = None,
    project: ProjectOption = None,
    tool: ToolOption = None,
    by: Annotated[str, typer.Option("--by", metavar="day|week|month", help="What one column stands for.")] = "week",
    dimension: Annotated[
        str, typer.Option("--dimension", metavar="all|p|l|b|z|overall", help="One of them also gets bars.")
    ] = "all",
    json: JsonOption = False,
) -> int:
    """Show how the scores move."""
    from omas_cli.commands import trend as command

    return command.run(since=since, project=project, tools=tool or [], period=by, dimension=dimension, json=json)


@app.command("export", epilog=examples("omas export --html --out sessions.html", "omas export --csv --since 30d"))
def export(
    since: SinceOption = None,
    project: ProjectOption = None,
    tool: ToolOption = None,
    csv: Annotated[bool, typer.Option("--csv", help="One row per session.")] = False,
    html: Annotated[bool, typer.Option("--html", help="One page with radar, trend and heat map.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON document (the default).")] = False,
    to: Annotated[Path | None, typer.Option("--out", "--output", "-o", help="Write this file instead.")] = None,
) -> int:
    """Write all sessions as JSON, CSV or an HTML page."""
    from omas_cli.commands import export as command

    return command.run(
        since=since, project=project, tools=tool or [], as_csv=csv, as_html=html, as_json=json, target=to
    )


@app.command("upload")
def upload(
    server: ServerOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the exact bytes and send nothing.")] = False,
    retry_only: Annotated[bool, typer.Option("--retry-only", help="Send nothing but what already waits.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well.")] = False,
    include_active: Annotated[
        bool, typer.Option("--include-active", help="Also sessions written to in the last 30 minutes.")
    ] = False,
) -> int:
    """Send the scores of finished sessions; what fails is queued and retried."""
    from omas_cli.commands import upload as command

    return command.run(
        server_url=server, dry_run=dry_run, retry_only=retry_only, quiet=quiet, include_active=include_active
    )


queue_app = new_app("See and change what waits for upload.")
app.add_typer(queue_app, name="queue")
QueuedArgument = Annotated[str | None, typer.Argument(metavar="[ID]", help="Session id or its beginning.")]


@queue_app.command("list")
def queue_list(json: JsonOption = False) -> int:
    """List sessions that wait or are parked."""
    from omas_cli.commands import queue as command

    return command.show(json=json)


@queue_app.command("retry")
def queue_retry(session: QueuedArgument = None, everything: AllOption = False) -> int:
    """Give sessions five new attempts, due now."""
    from omas_cli.commands import queue as command

    return command.retry(session_id=session, everything=everything)


@queue_app.command("drop")
def queue_drop(session: QueuedArgument = None, everything: AllOption = False, dry_run: DryRunOption = False) -> int:
    """Take sessions out of the queue for good."""
    from omas_cli.commands import queue as command

    return command.drop(session_id=session, everything=everything, dry_run=dry_run)


@app.command("me")
def me(
    server: ServerOption = None,
    limit: LimitOption = 30,
    delete: Annotated[bool, typer.Option("--delete", help="Have the server delete all your sessions.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Show what the server has of you."""
    from omas_cli.commands import me as command

    if delete:
        return command.delete(server_url=server, yes=yes, dry_run=dry_run)
    return command.run(server_url=server, limit=limit, json=json)


leaderboard_app = new_app("Show who is listed on the server; join and leave.", no_args_is_help=False)
app.add_typer(leaderboard_app, name="leaderboard", invoke_without_command=True)


@leaderboard_app.callback()
def leaderboard(
    context: typer.Context,
    server: ServerOption = None,
    period: Annotated[str, typer.Option("--period", metavar="day|week|month|year|all", help="How far back.")] = "all",
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> int | None:
    """Show who is listed on the server; join and leave."""
    if context.invoked_subcommand is not None:
        return None
    from omas_cli.commands import leaderboard as command

    return command.show(server_url=server, period=period, limit=limit, json=json)


@leaderboard_app.command("join")
def leaderboard_join(server: ServerOption = None) -> int:
    """Let others see your rank."""
    from omas_cli.commands import leaderboard as command

    return command.set_listed(server_url=server, listed=True)


@leaderboard_app.command("leave")
def leaderboard_leave(server: ServerOption = None) -> int:
    """Be listed no longer."""
    from omas_cli.commands import leaderboard as command

    return command.set_listed(server_url=server, listed=False)


schedule_app = new_app("Have queued uploads retried every hour.")
app.add_typer(schedule_app, name="schedule")


@schedule_app.command("install")
def schedule_install(dry_run: DryRunOption = False) -> int:
    """Add a marked line to the crontab, or a systemd timer."""
    from omas_cli.commands import schedule as command

    return command.install(dry_run=dry_run)


@schedule_app.command("status")
def schedule_status(json: JsonOption = False) -> int:
    """Say whether it is installed; exit code 1 when it is not."""
    from omas_cli.commands import schedule as command

    return command.status(json=json)


@schedule_app.command("remove")
def schedule_remove(dry_run: DryRunOption = False) -> int:
    """Take it out again."""
    from omas_cli.commands import schedule as command

    return command.remove(dry_run=dry_run)


auth_app = new_app("Log in to a server, see and forget the key.")
app.add_typer(auth_app, name="auth")


@auth_app.command("login")
def auth_login(
    local: Annotated[bool, typer.Option("--local", help="This machine's daemon; no browser.")] = False,
    server: ServerOption = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", "--key-stdin", help="Read the key from stdin.")] = False,
) -> int:
    """Get a key and have the server confirm it."""
    from omas_cli.commands import auth as command

    return command.login(local=local, server_url=server, token_stdin=token_stdin)


@auth_app.command("status")
def auth_status(server: ServerOption = None, json: JsonOption = False) -> int:
    """Ask the server whose key this is."""
    from omas_cli.commands import auth as command

    return command.status(server_url=server, json=json)


@auth_app.command("logout")
def auth_logout(server: ServerOption = None) -> int:
    """Forget the key on this machine."""
    from omas_cli.commands import auth as command

    return command.logout(server_url=server)


privacy_app = new_app("See what leaves this machine.")
app.add_typer(privacy_app, name="privacy")


@privacy_app.command("show")
def privacy_show(json: JsonOption = False) -> int:
    """Show what is sent, what never is, and the salt."""
    from omas_cli.commands import privacy as command

    return command.run(json=json)


@app.command("uninstall")
def uninstall(
    purge: PurgeOption = False, yes: YesOption = False, dry_run: DryRunOption = False, json: JsonOption = False
) -> int:
    """Take back what omas put outside its own folder: hourly retries, completions."""
    from omas_cli.commands import uninstall as command

    return command.run(purge=purge, yes=yes, dry_run=dry_run, json=json)


def _settings() -> "Sequence[Setting]":
    from omas_cli.settings import settings

    return settings()


def _check(values: "Config") -> None:
    from omas_cli import server

    server.of(values)


def _checks() -> "Sequence[Check]":
    from omas_cli.commands import doctor

    return doctor.checks()


add_config(app, "omas", _settings, check=_check)
add_doctor(app, "omas", _checks)
add_completions(app, "omas")


def main() -> int:
    return boundary.run("omas", app)


if __name__ == "__main__":
    sys.exit(main())
