"""Wiring of the command groups `oobo sessions`, `oobo agent`, `oobo outbox` and `oobo auth`; see `main`.

No postponed annotations here either: Typer would evaluate the text of each of them on every start.
"""

from typing import Annotated

import typer

from shared.cli.standard import DryRunOption, JsonOption, new_app

SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="Its id, or how that begins.")]
LimitOption = Annotated[int, typer.Option("-n", "--limit", min=1, help="How many.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="From this time on: 2026-03-01, or 7d, 2w, 3mo ago.")]
AllOption = Annotated[bool, typer.Option("--all", help="Of every repository.")]
ToolOption = Annotated[str | None, typer.Option("--tool", help="Only of this tool, as in `claude`.")]
AGENTS = "claude|codex|cursor|gemini|opencode"
AgentsArgument = Annotated[list[str], typer.Argument(metavar=AGENTS, help="One or more agents.")]
ItemArgument = Annotated[int | None, typer.Argument(metavar="[ID]", help="Its number in `oobo outbox list`.")]

sessions = new_app("The AI sessions themselves, as their logs tell them.")


@sessions.command("list")
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


@sessions.command("show")
def sessions_show(session_id: SessionArgument, json: JsonOption = False) -> int:
    """Show a session with its messages; the beginning of its id is enough."""
    from oobo_hooks.commands import sessions as command

    return command.show(session_id=session_id, json=json)


@sessions.command("search")
def sessions_search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was said, in capitals or not.")],
    limit: LimitOption = 20,
    tool: ToolOption = None,
    everywhere: AllOption = False,
    json: JsonOption = False,
) -> int:
    """Find the sessions in which something was said."""
    from oobo_hooks.commands import sessions as command

    return command.search(text=text, limit=limit, tool=tool, everywhere=everywhere, json=json)


agent = new_app("The hooks inside the agents, which record each edit as it happens.")


@agent.command("install")
def agent_install(agents: AgentsArgument, dry_run: DryRunOption = False, json: JsonOption = False) -> int:
    """Merge our hooks into the settings of agents; nothing else there is touched."""
    from oobo_hooks.commands import agent as command

    return command.install(agents=agents, dry_run=dry_run, json=json)


@agent.command("uninstall")
def agent_uninstall(agents: AgentsArgument, dry_run: DryRunOption = False, json: JsonOption = False) -> int:
    """Take our hooks out of the settings of agents, and nothing else."""
    from oobo_hooks.commands import agent as command

    return command.uninstall(agents=agents, dry_run=dry_run, json=json)


@agent.command("status")
def agent_status(json: JsonOption = False) -> int:
    """Show which agents have our hooks."""
    from oobo_hooks.commands import agent as command

    return command.status(json=json)


outbox = new_app("See and change what waits to be sent.")


@outbox.command("list")
def outbox_list(json: JsonOption = False) -> int:
    """List what waits, and why."""
    from oobo_hooks.commands import sync as command

    return command.list_(json=json)


@outbox.command("retry")
def outbox_retry(item: ItemArgument = None) -> int:
    """Send one item again, or all, parked ones too."""
    from oobo_hooks.commands import sync as command

    return command.retry(item_id=item)


@outbox.command("drop")
def outbox_drop(
    item: ItemArgument = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    dry_run: DryRunOption = False,
) -> int:
    """Take an item out for good; the anchor stays in the local store."""
    from oobo_hooks.commands import sync as command

    return command.drop(item_id=item, everything=everything, dry_run=dry_run)


auth = new_app("The server, its key, and whether anchors are sent.")


@auth.command("login")
def auth_login(
    local: Annotated[bool, typer.Option("--local", help="This machine's daemon; no key is asked for.")] = False,
    server: Annotated[str | None, typer.Option("--server", help="Address of the server, or `local`.")] = None,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", "--token-stdin", help="Read the key from stdin.")] = False,
) -> int:
    """Keep a key the server confirms, and switch sync on."""
    from oobo_hooks.commands import auth as command

    return command.login(local=local, url=server, key_stdin=key_stdin)


@auth.command("logout")
def auth_logout() -> int:
    """Forget the key and send nothing any more."""
    from oobo_hooks.commands import auth as command

    return command.logout()


@auth.command("status")
def auth_status(json: JsonOption = False) -> int:
    """Ask the server whose key this is."""
    from oobo_hooks.commands import auth as command

    return command.status(json=json)


@auth.command("set-remote")
def auth_set_remote(
    url: Annotated[str, typer.Argument(metavar="URL", help="Its address, or `local` for this machine's daemon.")],
) -> int:
    """Send anchors to another server."""
    from oobo_hooks.commands import auth as command

    return command.set_remote(url=url)
