"""`omar kill NAME…`: end agents."""

from __future__ import annotations

from typing import Any

from omar_daemon.commands import dry_run as dry_runs
from omar_daemon.commands.agent_calls import ask, path_of
from omar_daemon.fleet.panes import MANAGER
from shared import output
from shared.errors import OmaError
from shared.http import Client


def run(*, names: list[str], force: bool, tree: bool, dry_run: bool, json: bool) -> int:
    """Kill each agent, with `tree` all below it too. One that cannot be killed does not stop the others; 1 then."""
    from omar_daemon.client import daemon_client

    params = {key: "true" for key, wanted in (("force", force), ("tree", tree)) if wanted}
    with daemon_client() as client:
        if dry_run:
            return _show_plan(client, names, params, json)
        results = [_kill(client, name, params) for name in names]
    if json:
        output.print_json({"results": results})
    for result in results:
        output.say(f"omar: {result['error']}" if "error" in result else _told(result))
    return 1 if any("error" in result for result in results) else 0


def _told(result: dict[str, Any]) -> str:
    """What happened, with what the agent leaves behind."""
    told = str(result["message"])
    if orphans := result.get("children_orphaned"):
        told += f"; agents below it that live on: {orphans} (--tree kills them too)"
    if cancelled := result.get("events_cancelled"):
        told += f"; events for it that were cancelled: {cancelled}"
    return told


def _kill(client: Client, name: str, params: dict[str, str]) -> dict[str, Any]:
    try:
        return {"id": name, **ask(client, "DELETE", path_of(name), params=params)}
    except OmaError as error:
        return {"id": name, "error": error.message}


def _show_plan(client: Client, names: list[str], params: dict[str, str], json: bool) -> int:
    """The requests that would be sent, and the agents they would end."""
    plan, sentences = [], []
    for name in names:
        doomed = _below(client, name) if "tree" in params else [ask(client, "GET", path_of(name, "/summary"))["id"]]
        plan.append({"method": "DELETE", "path": path_of(name), "params": params, "kills": doomed})
        if MANAGER in doomed:
            raise OmaError(
                "The manager is not killed this way.", hint=f"End it in its terminal: omar attach {MANAGER}."
            )
        first, *below = doomed
        sentences.append(f"kill {first}" + (f" and, below it, {', '.join(below)}" if below else ""))
    return dry_runs.show_without_body(sentences, plan, json=json)


def _below(client: Client, name: str) -> list[str]:
    """The agent and everything below it, parents first."""
    root = ask(client, "GET", path_of(name, "/summary"))["id"]
    parents = {agent["id"]: agent["parent"] for agent in ask(client, "GET", "/api/agents")["agents"]}
    family = [root]
    for one in family:
        family += sorted(child for child, parent in parents.items() if parent == one and child not in family)
    return family
