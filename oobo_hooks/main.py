"""The `oobo` command line: wiring only. Each verb's work is in `commands/`, imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli import boundary
from shared.cli.completions import add_completions
from shared.cli.standard import DryRunOption, JsonOption, VersionOption, add_config, add_doctor, new_app

if TYPE_CHECKING:
    from shared.cli.doctor import Check
    from shared.config import Setting

app = new_app("Each commit gets an anchor that says which AI session wrote it.")

CommitArgument = Annotated[str, typer.Argument(metavar="COMMIT", help="Hash, short hash, branch, HEAD~1 …")]
PathOption = Annotated[Path, typer.Option("--path", help="A folder of the repository.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ItemArgument = Annotated[int | None, typer.Argument(metavar="[ID]", help="Number of `oobo outbox list`.")]
HERE = Path()


@app.callback()
def main_callback(version: VersionOption = False) -> None:
    """Each commit gets an anchor that says which AI session wrote it."""


@app.command("install")
def install(
    path: PathOption = HERE, yes: YesOption = False, dry_run: DryRunOption = False, json: JsonOption = False
) -> int:
    """Put the hooks into a repository; hooks that are there run first, as before."""
    from oobo_hooks.commands import install as command

    return command.install(path=path, yes=yes, dry_run=dry_run, json=json)


@app.command("uninstall")
def uninstall(path: PathOption = HERE, dry_run: DryRunOption = False, json: JsonOption = False) -> int:
    """Take the hooks out and put back what was there, byte for byte."""
    from oobo_hooks.commands import install as command

    return command.uninstall(path=path, dry_run=dry_run, json=json)


@app.command("status")
def status(json: JsonOption = False) -> int:
    """Hooks, anchors, outbox and server at a glance."""
    from oobo_hooks.commands import status as command

    return command.status(json=json)


@app.command("anchors")
def anchors(
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many.")] = 20,
    since: Annotated[str | None, typer.Option("--since", help="7d, 2w, 3mo or an ISO 8601 instant.")] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Of every repository.")] = False,
    json: JsonOption = False,
) -> int:
    """List the newest anchors."""
    from oobo_hooks.commands import anchors as command

    return command.list_(limit=limit, since=since, everywhere=everywhere, json=json)


@app.command("show")
def show(commit: CommitArgument = "HEAD", json: JsonOption = False) -> int:
    """Show a commit's anchor."""
    from oobo_hooks.commands import anchors as command

    return command.show(commit=commit, json=json)


@app.command("explain")
def explain(commit: CommitArgument = "HEAD", json: JsonOption = False) -> int:
    """Say why each session is linked to a commit, and why others are not."""
    from oobo_hooks.commands import anchors as command

    return command.explain(commit=commit, json=json)


@app.command("blame")
def blame(
    file: str,
    commit: Annotated[str | None, typer.Option("--commit", help="As of this commit.")] = None,
    json: JsonOption = False,
) -> int:
    """Show a file line by line: written by an agent (A) or a person (H)."""
    from oobo_hooks.commands import blame as command

    return command.run(file=file, commit=commit, json=json)


@app.command("why")
def why(
    target: Annotated[str, typer.Argument(metavar="FILE:LINE")],
    scores: Annotated[bool, typer.Option("--scores/--no-scores", help="Ask omas for the session's scores.")] = True,
    json: JsonOption = False,
) -> int:
    """Tell where a line came from: commit, session, prompt, agent, task, scores."""
    from oobo_hooks.commands import why as command

    return command.run(target=target, scores=scores, json=json)


@app.command("sync")
def sync(
    dry_run: DryRunOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well.")] = False,
    json: JsonOption = False,
) -> int:
    """Send everything that waits, in spite of pauses and back-off."""
    from oobo_hooks.commands import sync as command

    return command.sync(dry_run=dry_run, quiet=quiet, json=json)


outbox_app = new_app("See and change what waits to be sent.")
app.add_typer(outbox_app, name="outbox")


@outbox_app.command("list")
def outbox_list(json: JsonOption = False) -> int:
    """List what waits, and why."""
    from oobo_hooks.commands import sync as command

    return command.list_(json=json)


@outbox_app.command("retry")
def outbox_retry(item: ItemArgument = None) -> int:
    """Send one item again, or all, parked ones too."""
    from oobo_hooks.commands import sync as command

    return command.retry(item_id=item)


@outbox_app.command("drop")
def outbox_drop(
    item: ItemArgument = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    dry_run: DryRunOption = False,
) -> int:
    """Take an item out for good; the anchor stays in the local store."""
    from oobo_hooks.commands import sync as command

    return command.drop(item_id=item, everything=everything, dry_run=dry_run)


auth_app = new_app("The server, its key, and whether anchors are sent.")
app.add_typer(auth_app, name="auth")


@auth_app.command("login")
def auth_login(
    local: Annotated[bool, typer.Option("--local", help="This machine's daemon; no key is asked for.")] = False,
    server: Annotated[str | None, typer.Option("--server", help="Address of the server, or `local`.")] = None,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read the key from stdin.")] = False,
) -> int:
    """Keep a key the server confirms, and switch sync on."""
    from oobo_hooks.commands import auth as command

    return command.login(local=local, url=server, key_stdin=key_stdin)


@auth_app.command("logout")
def auth_logout() -> int:
    """Forget the key and send nothing any more."""
    from oobo_hooks.commands import auth as command

    return command.logout()


@auth_app.command("status")
def auth_status(json: JsonOption = False) -> int:
    """Ask the server whose key this is."""
    from oobo_hooks.commands import auth as command

    return command.status(json=json)


@auth_app.command("set-remote")
def auth_set_remote(url: str) -> int:
    """Send anchors to another server."""
    from oobo_hooks.commands import auth as command

    return command.set_remote(url=url)


@app.command("transparency")
def transparency(
    mode: Annotated[str | None, typer.Argument(metavar="[on|off]")] = None,
    everywhere: Annotated[bool, typer.Option("--global", help="As the default of all repositories.")] = False,
    json: JsonOption = False,
) -> int:
    """Show or set whether redacted transcripts are sent with anchors."""
    from oobo_hooks.commands import status as command

    return command.transparency(mode=mode, everywhere=everywhere, json=json)


@app.command("ignore")
def ignore() -> int:
    """Make no anchors in this repository."""
    from oobo_hooks.commands import status as command

    return command.ignore(ignored=True)


@app.command("unignore")
def unignore() -> int:
    """Make anchors in this repository again."""
    from oobo_hooks.commands import status as command

    return command.ignore(ignored=False)


@app.command("redact")
def redact(
    source: Annotated[str, typer.Argument(metavar="FILE|-")] = "-",
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be taken; exit 1 when something is.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Print a text without its secrets, or say which it holds."""
    from oobo_hooks.commands import redact as command

    return command.run(source=source, check=check, json=json)


def _settings() -> Sequence[Setting]:
    from oobo_hooks.settings import SETTINGS

    return SETTINGS


def _checks() -> Sequence[Check]:
    from oobo_hooks.commands import doctor

    return doctor.checks()


add_config(app, "oobo", _settings)
add_doctor(app, "oobo", _checks)
add_completions(app, "oobo")


def main() -> int:
    return boundary.run("oobo", app)


if __name__ == "__main__":
    sys.exit(main())
