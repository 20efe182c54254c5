"""The `oobo` command line: wiring only. Each verb's work is in `commands/`, imported when it is called.

No postponed annotations here: Typer would evaluate the text of each of them on every start (5 ms).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oobo_hooks import groups
from oobo_hooks.groups import AllOption, LimitOption, SessionArgument, SinceOption
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
from shared.errors import UsageError

if TYPE_CHECKING:
    from shared.cli.doctor import Check
    from shared.config import Config, Setting

app = new_app("Each commit gets an anchor that says which AI session wrote it.")

CommitArgument = Annotated[str, typer.Argument(metavar="COMMIT", help="Hash, short hash, branch, HEAD~1 …")]
PathOption = Annotated[Path, typer.Option("--path", help="A folder of the repository.")]
GlobalOption = Annotated[bool, typer.Option("--global", help="For all repositories that are made from now on.")]
OutOption = Annotated[Path | None, typer.Option("--out", "--output", "-o", help="Write this file instead.")]
HERE = Path()


@app.callback()
def main_callback(version: VersionOption = False) -> None:
    """Each commit gets an anchor that says which AI session wrote it."""


@app.command("install")
def install(
    path: PathOption = HERE,
    globally: GlobalOption = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Put the hooks into a repository; hooks that are there run first, as before."""
    from oobo_hooks.commands import install as command

    return command.install(path=path, globally=globally, yes=yes, dry_run=dry_run, json=json)


@app.command("init", epilog=examples("oobo init", "oobo init --all ~/src"))
def init(
    every: Annotated[Path | None, typer.Option("--all", metavar="FOLDER", help="Every one below this folder.")] = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Put the hooks into this repository, or into each one below a folder."""
    from oobo_hooks.commands import install as command

    return command.init(folder=every, yes=yes, dry_run=dry_run, json=json)


@app.command("uninstall")
def uninstall(
    path: PathOption = HERE,
    globally: GlobalOption = False,
    everything: Annotated[
        bool, typer.Option("--all", help="From every repository known, from the agents, and the completions: to leave.")
    ] = False,
    purge: PurgeOption = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Take the hooks out and put back what was there, byte for byte."""
    if everything:
        from oobo_hooks.commands import leave

        return leave.run(purge=purge, yes=yes, dry_run=dry_run, json=json)
    if purge:
        raise UsageError("--purge goes with --all only.")
    from oobo_hooks.commands import install as command

    return command.uninstall(path=path, globally=globally, dry_run=dry_run, json=json)


@app.command("status")
def status(json: JsonOption = False) -> int:
    """Hooks, anchors, outbox and server at a glance."""
    from oobo_hooks.commands import status as command

    return command.status(json=json)


@app.command("anchors")
def anchors(
    limit: LimitOption = 20, since: SinceOption = None, everywhere: AllOption = False, json: JsonOption = False
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
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of this repository.")],
    commit: Annotated[str | None, typer.Option("--commit", help="As of this commit.")] = None,
    json: JsonOption = False,
) -> int:
    """Show a file line by line: written by an agent (A) or a person (H)."""
    from oobo_hooks.commands import blame as command

    return command.run(file=file, commit=commit, json=json)


@app.command("why", epilog=examples("oobo why src/parser.py:12"))
def why(
    target: Annotated[str, typer.Argument(metavar="FILE:LINE", help="A file and the number of one of its lines.")],
    scores: Annotated[bool, typer.Option("--scores/--no-scores", help="Ask omas for the session's scores.")] = True,
    json: JsonOption = False,
) -> int:
    """Tell where a line came from: commit, session, prompt, agent, task, scores."""
    from oobo_hooks.commands import why as command

    return command.run(target=target, scores=scores, json=json)


@app.command("stats")
def stats(since: SinceOption = None, everywhere: AllOption = False, json: JsonOption = False) -> int:
    """Lines, agents, models and tokens of the anchors here."""
    from oobo_hooks.commands import stats as command

    return command.stats(since=since, everywhere=everywhere, json=json)


@app.command("dash")
def dash(json: JsonOption = False) -> int:
    """Server, outbox, sync, and the AI share of the last weeks."""
    from oobo_hooks.commands import stats as command

    return command.dash(json=json)


@app.command("share")
def share(
    session_id: SessionArgument,
    out: OutOption = None,
    local: Annotated[bool, typer.Option("--local", help="On this machine's daemon.")] = False,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Without a key: the page belongs to nobody.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Share one redacted session: print the address of its page, or write .md, .json or .jsonl."""
    from oobo_hooks.commands import share as command

    return command.run(session_id=session_id, out=out, local=local, anonymous=anonymous, dry_run=dry_run, json=json)


@app.command("export")
def export(
    commit: Annotated[str | None, typer.Argument(metavar="[COMMIT]", help="Only this commit.")] = None,
    agent_trace: Annotated[bool, typer.Option("--agent-trace", help="In the Agent Trace format.")] = False,
    since: SinceOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> int:
    """Write anchors in an open format, one record per line."""
    from oobo_hooks.commands import export as command

    return command.run(agent_trace=agent_trace, commit=commit, since=since, out=out, json=json)


@app.command("sync")
def sync(
    git: Annotated[bool, typer.Option("--git", help="Share anchors by the repository's own remote, too.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Only what is due: keep to pauses and waiting times.")] = False,
    dry_run: DryRunOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well.")] = False,
    json: JsonOption = False,
) -> int:
    """Send everything that waits, now: also what a pause or a waiting time holds back."""
    from oobo_hooks.commands import sync as command

    return command.sync(git=git, due=due, dry_run=dry_run, quiet=quiet, json=json)


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


for name, group in (
    ("sessions", groups.sessions),
    ("agent", groups.agent),
    ("outbox", groups.outbox),
    ("auth", groups.auth),
):
    app.add_typer(group, name=name)


def _settings() -> Sequence["Setting"]:
    from oobo_hooks.settings import SETTINGS

    return SETTINGS


def _project() -> Path | None:
    from oobo_hooks import settings

    return settings.project_dir()


def _check(values: "Config") -> None:
    from oobo_hooks import settings

    settings.check(values)


def _checks() -> Sequence["Check"]:
    from oobo_hooks.commands import doctor

    return doctor.checks()


add_config(app, "oobo", _settings, _project, check=_check)
add_doctor(app, "oobo", _checks)
add_completions(app, "oobo")


def main() -> int:
    return boundary.run("oobo", app)


if __name__ == "__main__":
    sys.exit(main())
