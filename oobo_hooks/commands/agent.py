"""`oobo agent install|uninstall|status`: the hooks inside the agents themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oobo_hooks.agents import hookfiles, installation
from oobo_hooks.agents.installation import Plan
from shared import output
from shared.errors import UsageError

_NOTES = {
    "codex": "Codex asks at its next start whether to trust the new hooks; until then it runs none.",
    "cursor": "Cursor takes the file up by itself.",
    "opencode": "opencode loads it at its next start.",
}


def install(*, agents: Sequence[str], dry_run: bool, json: bool) -> int:
    """Merge our entries into the settings of each agent, and touch nothing else there."""
    return _run(agents, installation.plan_install, "installed", dry_run, json)


def uninstall(*, agents: Sequence[str], dry_run: bool, json: bool) -> int:
    """Take our entries out again, and nothing else."""
    return _run(agents, installation.plan_uninstall, "removed", dry_run, json)


def _run(agents: Sequence[str], planned: Callable[[str], Plan], done: str, dry_run: bool, json: bool) -> int:
    # All plans first: when one file is refused, no other has been touched.
    plans = [planned(agent) for agent in _known(agents)]
    for plan in plans:
        if plan.changes and not dry_run:
            installation.carry_out(plan)
    if json:
        output.print_json([_shown(plan, done, dry_run) for plan in plans])
        return 0
    for plan in plans:
        _say(plan, done, dry_run)
    return 0


def _known(agents: Sequence[str]) -> list[str]:
    for agent in agents:
        if agent not in hookfiles.AGENTS:
            raise UsageError(f"There are no hooks for {agent!r}.", hint=f"Known agents: {', '.join(hookfiles.AGENTS)}.")
    return list(dict.fromkeys(agents))


def _shown(plan: Plan, done: str, dry_run: bool) -> dict[str, object]:
    action = done if plan.changes else "unchanged"
    return {"agent": plan.agent, "path": str(plan.path), "action": action, "dry_run": dry_run, "content": plan.after}


def _say(plan: Plan, done: str, dry_run: bool) -> None:
    if not plan.changes:
        output.say(f"{plan.agent}: nothing to do in {plan.path}.")
    elif dry_run:
        output.say(f"{plan.agent}: {plan.path} would {'be deleted' if plan.after is None else 'become'}:")
        if plan.after is not None:
            output.print_text(plan.after)
    else:
        output.say(f"{plan.agent}: {done}, {plan.path}.")
        if done == "installed" and plan.agent in _NOTES:
            output.say(_NOTES[plan.agent])


def status(*, json: bool) -> int:
    """Which agents have our hooks."""
    from shared import paths

    rows = [
        {"agent": agent, "state": installation.state(agent), "path": str(paths.agent_hooks_file(agent))}
        for agent in hookfiles.AGENTS
    ]
    if json:
        output.print_json(rows)
    else:
        output.print_table(("agent", "hooks", "file"), [list(row.values()) for row in rows])
    return 0
