"""`omar tour`: the whole suite on real things, in half a minute, and nothing left behind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from omar_daemon.tour.guide import DEMO, Guide
from omar_daemon.tour.interruption import interruptible_once
from omar_daemon.tour.narrator import Narrator
from omar_daemon.tour.stage import Stage, tell_left
from omar_daemon.tour.story import Story
from shared import output
from shared.errors import UsageError

TOURABLE = ("claude", "codex", "opencode", "cursor")


def run(*, keep: bool, yes: bool, demo: bool, backend: str | None, json: bool) -> int:
    """Give the tour. An installed backend works in it only if the user says so (`yes`, `backend`, or when asked).

    What was made is put away whatever happens, ^C included, unless `keep`.
    """
    chosen = _choose(yes=yes, demo=demo, backend=backend)
    narrator = Narrator()
    with interruptible_once() as shield:
        shield()
        stage = Stage(demo=chosen == DEMO)
        guide = Guide(stage, narrator, chosen)
        try:
            try:
                shield(False)
                story = guide.take()
                if keep:
                    story.kept = str(stage.root)
            finally:
                shield()
                _put_away(guide, narrator)
        except KeyboardInterrupt:
            # It may have come just before the shield stood; no second one comes.
            _put_away(guide, narrator)
            raise
    _tell(story, narrator, json=json)
    return 0


def _put_away(guide: Guide, narrator: Narrator) -> None:
    if guide.story.kept is None and not guide.stage.is_clear:
        with narrator.step("Everything of the tour put away"):
            left = guide.stage.clear()
        tell_left(left)


def _choose(*, yes: bool, demo: bool, backend: str | None) -> str:
    if demo and (yes or backend):
        raise UsageError("--demo means no real backend; leave out --yes and --backend.")
    if demo or not (yes or backend or _somebody_is_there()):
        return DEMO
    installed = _installed()
    if backend is not None and backend not in installed:
        there = ", ".join(installed) or "none"
        raise UsageError(f"The backend {backend!r} is not installed; found here: {there}.", hint="omar backends")
    if backend is not None or not installed:
        return backend or DEMO
    return installed[0] if yes or _agrees(installed[0]) else DEMO


def _installed() -> list[str]:
    """Installed backends whose program is known to the tour."""
    from shared import local_daemon

    local_daemon.ensure_running()
    from omar_daemon.client import daemon_client

    with daemon_client() as client:
        found = client.request("GET", "/api/backends").json()["backends"]
    return [entry["name"] for entry in found if entry["available"] and entry["name"] in TOURABLE]


def _somebody_is_there() -> bool:
    return output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)


def _agrees(name: str) -> bool:
    sys.stderr.write(f"{name} is installed. May it do the tour's small job (a short session on your account)? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tell(story: Story, narrator: Narrator, *, json: bool) -> None:
    if json:
        steps = [{"title": s.title, "commands": s.commands, "seconds": round(s.seconds, 3)} for s in narrator.steps]
        output.print_json({**story.as_json(), "steps": steps})
        return
    narrator.say()
    output.print_table(("one line of code", "its story"), story.rows())
    narrator.say()
    narrator.say(f"The daemon stays up at {story.url}; `omar down` ends it.")
    if story.kept is not None:
        _tell_kept(story, narrator)
    if shutil.which("oobo") is None:
        narrator.say(f'First, so that your shell finds them:  export PATH="{Path(sys.executable).parent}:$PATH"')
    narrator.say("In your own repository:  oobo install  ·  oobo auth login --local")
    narrator.say("With your own agent:     omar spawn worker --task 'Fix the failing test'  ·  omar attach worker")
    narrator.say("Your own sessions:       omas scan  ·  omas report")


def _tell_kept(story: Story, narrator: Narrator) -> None:
    narrator.say(f"Kept in {story.kept}; its agent lives: omar attach {story.agent}  ·  omar kill {story.agent}")
    narrator.say("To look around in it:")
    narrator.say(f"  export OOBO_HOME={story.kept}/oobo OMAS_HOME={story.kept}/omas; cd {story.repository}")
    if story.line is not None:
        narrator.say(f"  oobo show HEAD  ·  oobo why {story.line.path}:{story.line.number}  ·  omas list")
