"""`omar tour`: the whole suite on real things, in half a minute, and nothing left behind."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from omar_daemon.tour.guide import DEMO, Guide
from omar_daemon.tour.interruption import interruptible_once
from omar_daemon.tour.narrator import Narrator
from omar_daemon.tour.stage import Stage, tell_left
from omar_daemon.tour.story import Story
from shared import output
from shared.errors import UnavailableError, UsageError

PROGRAMS = ("tmux", "git")
TOURABLE = ("claude", "codex", "opencode", "cursor")


def run(*, keep: bool, yes: bool, demo: bool, backend: str | None, json: bool) -> int:
    """Give the tour. An installed backend works in it only if the user says so (`yes`, `backend`, or when asked).

    What was made is put away whatever happens, ^C included, unless `keep`.
    """
    _refuse_without_programs()
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
                    story.kept, story.environment = str(stage.root), stage.homes()
            finally:
                shield()
                _put_away(guide, narrator)
        except KeyboardInterrupt:
            # It may have come just before the shield stood; no second one comes.
            _put_away(guide, narrator)
            raise
    _tell(story, narrator, json=json)
    return 0


def _refuse_without_programs() -> None:
    """Before anything is begun, not in the middle of the tour."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise UnavailableError(
            f"The tour needs {' and '.join(missing)}, not found on PATH.", hint="`omar doctor` says how to install it."
        )


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
    if shutil.which("oobo") is None:
        narrator.say("First, so that your shell finds the commands:")
        narrator.say(f'  export PATH="{Path(sys.executable).parent}:$PATH"')
    if story.kept is not None:
        _tell_kept(story, story.kept, narrator)
    narrator.say("In your own repository:  oobo install  ·  oobo auth login --local")
    narrator.say("With your own agent:     omar spawn worker --task 'Fix the failing test'")
    narrator.say("                         omar attach worker")
    narrator.say("Your own sessions:       omas scan  ·  omas report")


def _tell_kept(story: Story, folder: str, narrator: Narrator) -> None:
    """One command a line, so that each can be pasted; all of them stand on the two first ones."""
    narrator.say(f"Kept in {folder}. To look around in it:")
    narrator.say(f"  cd {shlex.quote(story.repository)}")
    for name, value in story.environment.items():
        narrator.say(f"  export {name}={shlex.quote(value)}")
    narrator.say("  oobo show HEAD")
    if story.line is not None:
        narrator.say(f"  oobo why {shlex.quote(f'{story.line.path}:{story.line.number}')}")
    narrator.say("  oobo sessions list")
    narrator.say("  omas list")
    narrator.say(f"Its agent lives:         omar attach {story.agent}")
    narrator.say(f"To put it away:          omar kill {story.agent} && rm -rf {shlex.quote(folder)}")
