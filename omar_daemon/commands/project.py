"""`omar project list|add|done`: the list in ~/.omar/tasks.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from omar_daemon.commands import dry_run as dry_runs
from omar_daemon.commands.agent_calls import ask, daemon_runs
from shared import output, paths
from shared.errors import OmaError


def show_all(*, json: bool) -> int:
    """Print the projects. Without a daemon the file is read from here."""
    found = _projects()
    if json:
        output.print_json({"projects": found})
    elif not found:
        output.say(f"No projects. Add one with `omar project add NAME`, or write it into {paths.tasks_file()}.")
    else:
        output.print_table(("id", "project"), [[str(project["id"]), project["name"]] for project in found])
    return 0


def add(*, name: str, dry_run: bool, json: bool) -> int:
    """Put a project on the list; prints its number."""
    body = {"name": name}
    if dry_run:
        return dry_runs.show("put a project on the list", "POST", "/api/projects", body, json=json)
    from omar_daemon.client import daemon_client

    with daemon_client(start=True) as client:
        made = ask(client, "POST", "/api/projects", json=body)
    if json:
        output.print_json(made)
    else:
        output.print_text(str(made["id"]))
        output.say(f"`omar project done {made['id']}` takes it off the list again.")
    return 0


def done(*, project_id: int, dry_run: bool, json: bool) -> int:
    """Take a finished project off the list."""
    path = f"/api/projects/{project_id}"
    if dry_run:
        return _plan_done(project_id, path, json)
    from omar_daemon.client import daemon_client

    with daemon_client(start=True) as client:
        answer = ask(client, "DELETE", path)
    if json:
        output.print_json(answer)
    else:
        output.say(answer["message"] + ".")
    return 0


def _plan_done(project_id: int, path: str, json: bool) -> int:
    name = next((project["name"] for project in _projects() if project["id"] == project_id), None)
    if name is None:
        raise OmaError(f"Project {project_id} not found.", hint="`omar project list` shows the projects.")
    sentence = f"take project {project_id} off the list: {name}"
    return dry_runs.show_without_body([sentence], [{"method": "DELETE", "path": path}], json=json)


def _projects() -> list[dict[str, Any]]:
    if daemon_runs():
        from omar_daemon.client import daemon_client

        with daemon_client() as client:
            found: list[dict[str, Any]] = ask(client, "GET", "/api/projects")["projects"]
            return found
    from omar_daemon.projects import Projects

    return [asdict(project) for project in Projects(paths.tasks_file()).all()]
