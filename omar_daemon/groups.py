"""Wiring of the command groups `omar event`, `omar project` and `omar manager`; see `main`.

No postponed annotations here either: Typer would evaluate the text of each of them on every start.
"""

from pathlib import Path
from typing import Annotated

import typer

from shared.cli.standard import DryRunOption, JsonOption, examples, new_app

# Completion offers the words; further backends may be configured.
BACKENDS = "claude|codex|cursor|opencode|…"

event = new_app("Messages to agents: now, later, or again and again.")


@event.command(
    "schedule",
    epilog=examples(
        'omar event schedule auth "How far are you?" --in 5m',
        'omar event schedule auth "Run the tests" --at 2026-11-22T09:30 --every 1d',
    ),
)
def event_schedule(
    receiver: Annotated[str, typer.Argument(metavar="NAME", help="Name of the agent that gets it.")],
    payload: Annotated[str | None, typer.Argument(metavar="TEXT", help="What it says; `-` or nothing: stdin.")] = None,
    sender: Annotated[str | None, typer.Option("--sender", help="Who says it (else OMAR_AGENT, `user`).")] = None,
    at: Annotated[str | None, typer.Option("--at", help="When: 2026-11-22T09:30, or nanoseconds.")] = None,
    wait: Annotated[str | None, typer.Option("--in", help="When, from now: 90s, 5m, 2h.")] = None,
    every: Annotated[str | None, typer.Option("--every", help="Again and again after this time: 5m.")] = None,
    event_id: Annotated[str | None, typer.Option("--id", help="Its id, so that twice is once.")] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Also when there is no such agent yet.")
    ] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Schedule a message to an agent; at once unless a time is given.

    An agent that is a plain shell runs it: each line, and $(...), backticks and ; in it.
    """
    from omar_daemon.commands import event as command

    return command.schedule(
        receiver=receiver,
        payload=payload,
        sender=sender,
        at=at,
        wait=wait,
        every=every,
        event_id=event_id,
        allow_missing=allow_missing,
        dry_run=dry_run,
        json=json,
    )


@event.command("list")
def event_list(
    receiver: Annotated[str | None, typer.Option("--receiver", help="Only those for this agent.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Those that could not be delivered, and why.")] = False,
    json: JsonOption = False,
) -> int:
    """List what is scheduled."""
    from omar_daemon.commands import event as command

    return command.show_all(receiver=receiver, dead=dead, json=json)


@event.command("cancel")
def event_cancel(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `omar event list` shows them.")],
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Cancel scheduled events."""
    from omar_daemon.commands import event as command

    return command.cancel(ids=ids, dry_run=dry_run, json=json)


project = new_app("The list of projects in ~/.omar/tasks.md.")


@project.command("list")
def project_list(json: JsonOption = False) -> int:
    """List the projects."""
    from omar_daemon.commands import project as command

    return command.show_all(json=json)


@project.command("add")
def project_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is, in one line.")],
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Put a project on the list."""
    from omar_daemon.commands import project as command

    return command.add(name=name, dry_run=dry_run, json=json)


@project.command("done")
def project_done(
    project_id: Annotated[int, typer.Argument(metavar="ID", min=0, help="Its number in `omar project list`.")],
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Take a finished project off the list."""
    from omar_daemon.commands import project as command

    return command.done(project_id=project_id, dry_run=dry_run, json=json)


manager = new_app("The agent that plans with a person and runs the others.")


@manager.command("start")
def manager_start(
    task: Annotated[str | None, typer.Option("--task", "-t", help="What it shall see to.")] = None,
    workdir: Annotated[Path | None, typer.Option("--workdir", "-w", help="Directory it works in; this one.")] = None,
    backend: Annotated[str | None, typer.Option("--backend", "-b", metavar=BACKENDS, help="Program to run.")] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Model for the backend.")] = None,
    command: Annotated[str | None, typer.Option("--command", "-c", help="Any command instead of a backend.")] = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> int:
    """Start the manager, told how things stand; twice is once."""
    from omar_daemon.commands import manager as verb

    return verb.start(
        task=task, workdir=workdir, backend=backend, model=model, command=command, dry_run=dry_run, json=json
    )


def add_groups(app: typer.Typer) -> None:
    """Mount the groups on the program."""
    app.add_typer(event, name="event")
    app.add_typer(project, name="project")
    app.add_typer(manager, name="manager")
