"""Putting the recording hooks into an agent's settings, and taking them out again with the bytes that stood there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from oobo_hooks.agents import hookfiles
from shared import durable, paths
from shared.errors import ConfigError, OmaError

State = Literal["absent", "installed", "outdated"]
NEW_FILE_MODE = 0o600


@dataclass(frozen=True)
class Plan:
    """What would be done to one agent's file: `after` is its new text, None to delete it."""

    agent: str
    path: Path
    before: str | None
    after: str | None

    @property
    def changes(self) -> bool:
        return self.before != self.after


def state(agent: str) -> State:
    text = _read(_place(agent))
    if text is None or not hookfiles.has_ours(text):
        return "absent"
    return "installed" if plan_install(agent).changes is False else "outdated"


def plan_install(agent: str) -> Plan:
    """Our entries merged in; ConfigError for a file that cannot be parsed or is somebody else's."""
    place = _place(agent)
    text = _read(place)
    if agent == "opencode":
        if text is not None and not hookfiles.has_ours(text):
            raise ConfigError(f"{place} is not oobo's; nothing was changed.", hint="Move it away.")
        return Plan(agent, place, text, hookfiles.plugin())
    merged = hookfiles.merged(agent, text or "", place)
    if text is not None and hookfiles.has_ours(text) and _same(merged, text):
        return Plan(agent, place, text, text)
    return Plan(agent, place, text, merged)


def plan_uninstall(agent: str) -> Plan:
    """Our entries taken out: the very bytes of before while nobody has changed the file since."""
    place = _place(agent)
    text = _read(place)
    if text is None or not hookfiles.has_ours(text):
        return Plan(agent, place, text, text)
    if agent == "opencode":
        return Plan(agent, place, text, None)
    kept = _kept(agent)
    if kept is not None and kept.get("after") == text:
        return Plan(agent, place, text, kept.get("before"))
    return Plan(agent, place, text, hookfiles.removed(text, place) or None)


def carry_out(plan: Plan) -> None:
    """Write (or delete) the file of a plan that changes something; a link stays a link."""
    target = Path(os.path.realpath(plan.path))
    try:
        if plan.after is None:
            target.unlink(missing_ok=True)
        else:
            mode = target.stat().st_mode & 0o777 if target.exists() else NEW_FILE_MODE
            target.parent.mkdir(parents=True, exist_ok=True)
            durable.write_atomic(target, plan.after.encode("utf-8", "surrogateescape"), mode=mode)
    except OSError as error:
        raise OmaError(f"{plan.path} cannot be written: {error.strerror}.") from error
    _keep(plan)


def _keep(plan: Plan) -> None:
    """Remember the text of before the first installation, for an uninstall that restores it."""
    place = _kept_place(plan.agent)
    if plan.after is None or not hookfiles.has_ours(plan.after):
        place.unlink(missing_ok=True)
        return
    earlier = _kept(plan.agent)
    before = plan.before
    if before is not None and hookfiles.has_ours(before):
        # An update of our own entries: what stood there first still counts, if nobody has changed the rest.
        before = earlier.get("before") if earlier is not None and earlier.get("after") == plan.before else None
        if before is None:
            place.unlink(missing_ok=True)
            return
    durable.write_atomic(place, json.dumps({"before": before, "after": plan.after}))


def _kept(agent: str) -> dict[str, Any] | None:
    try:
        found = json.loads(_kept_place(agent).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _kept_place(agent: str) -> Path:
    return paths.tool_home("oobo") / "agents" / f"{agent}.json"


def _place(agent: str) -> Path:
    return paths.agent_hooks_file(agent)


def _read(place: Path) -> str | None:
    try:
        return place.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ConfigError(f"{place} is not UTF-8 text; nothing was changed.") from None
    except OSError as error:
        raise OmaError(f"{place} cannot be read: {error.strerror}.") from error


def _same(one: str, other: str) -> bool:
    return bool(json.loads(one) == json.loads(other.removeprefix("\ufeff")))
