"""The `oobo` command line: wiring only. Each verb's work is in `commands/`, imported when it is called.

No postponed annotations here: Typer would evaluate the text of each of them on every start (5 ms).
"""

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

SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="Its id, or how that begins.")]
CommitArgument = Annotated[str, typer.Argument(metavar="COMMIT", help="Hash, short hash, branch, HEAD~1 …")]
PathOption = Annotated[Path, typer.Option("--path", help="A folder of the repository.")]
GlobalOption = Annotated[bool, typer.Option("--global", help="For all repositories that are made from now on.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
LimitOption = Annotated[int, typer.Option("-n", "--limit", min=1, help="How many.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="7d, 2w, 3mo or an ISO 8601 instant.")]
AllOption = Annotated[bool, typer.Option("--all", help="Of every repository.")]
ToolOption = Annotated[str | None, typer.Option("--tool", help="Only of this tool, as in `claude`.")]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write this file instead.")]
AGENTS = "claude|codex|cursor|gemini|opencode"
AgentsArgument = Annotated[list[str], typer.Argument(metavar=AGENTS, help="One or more agents.")]
ItemArgument = Annotated[int | None, typer.Argument(metavar="[ID]", help="Number of `oobo outbox list`.")]
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


@app.command("init")
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
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Take the hooks out and put back what was there, byte for byte."""
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


sessions_app = new_app("The AI sessions themselves, as their logs tell them.")
app.add_typer(sessions_app, name="sessions")


@sessions_app.command("list")
def sessions_list(
    limit: LimitOption = 20,
    since: SinceOption = None,
    tool: ToolOption = None,
    everywhere: AllOption = False,
    json: JsonOption = False,
) -> int:
    """List the newest sessions, and how many commits each stands behind."""
    from oobo_hooks.commands import sessions as command

    return command.list_(limit=limit, since=since, tool=tool, everywhere=everywhere, json=json)


@sessions_app.command("show")
def sessions_show(session_id: SessionArgument, json: JsonOption = False) -> int:
    """Show a session with its messages; the beginning of its id is enough."""
    from oobo_hooks.commands import sessions as command

    return command.show(session_id=session_id, json=json)


@sessions_app.command("search")
def sessions_search(
    text: str,
    limit: LimitOption = 20,
    tool: ToolOption = None,
    everywhere: AllOption = False,
    json: JsonOption = False,
) -> int:
    """Find the sessions in which something was said."""
    from oobo_hooks.commands import sessions as command

    return command.search(text=text, limit=limit, tool=tool, everywhere=everywhere, json=json)


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


agent_app = new_app("The hooks inside the agents, which record each edit as it happens.")
app.add_typer(agent_app, name="agent")


@agent_app.command("install")
def agent_install(agents: AgentsArgument, dry_run: DryRunOption = False, json: JsonOption = False) -> int:
    """Merge our hooks into the settings of agents; nothing else there is touched."""
    from oobo_hooks.commands import agent as command

    return command.install(agents=agents, dry_run=dry_run, json=json)


@agent_app.command("uninstall")
def agent_uninstall(agents: AgentsArgument, dry_run: DryRunOption = False, json: JsonOption = False) -> int:
    """Take our hooks out of the settings of agents, and nothing else."""
    from oobo_hooks.commands import agent as command

    return command.uninstall(agents=agents, dry_run=dry_run, json=json)


@agent_app.command("status")
def agent_status(json: JsonOption = False) -> int:
    """Show which agents have our hooks."""
    from oobo_hooks.commands import agent as command

    return command.status(json=json)


@app.command("sync")
def sync(
    git: Annotated[bool, typer.Option("--git", help="Also exchange oobo/anchors/v1 with the remote.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Only what is due; keep to pauses and back-off.")] = False,
    dry_run: DryRunOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing when all is well.")] = False,
    json: JsonOption = False,
) -> int:
    """Send everything that waits, in spite of pauses and back-off."""
    from oobo_hooks.commands import sync as command

    return command.sync(git=git, due=due, dry_run=dry_run, quiet=quiet, json=json)


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


def _settings() -> Sequence["Setting"]:
    from oobo_hooks.settings import SETTINGS

    return SETTINGS


def _project() -> Path | None:
    from oobo_hooks import settings

    return settings.project_dir()


def _checks() -> Sequence["Check"]:
    from oobo_hooks.commands import doctor

    return doctor.checks()


add_config(app, "oobo", _settings, _project)
add_doctor(app, "oobo", _checks)
add_completions(app, "oobo")


def main() -> int:
    return boundary.run("oobo", app)


if __name__ == "__main__":
    sys.exit(main())
