"""`omar tour`: the whole suite on real things, in half a minute, and nothing left behind."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from omar_daemon.tour.guide import DEMO, Guide
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
    narrator = Narrator()
    chosen = _choose(yes=yes, demo=demo, backend=backend)
    stage = Stage(demo=chosen == DEMO)
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        story = _take(stage, narrator, chosen, keep=keep)
    finally:
        signal.signal(signal.SIGTERM, before)
    _tell(story, narrator, json=json)
    return 0


def _take(stage: Stage, narrator: Narrator, chosen: str, *, keep: bool) -> Story:
    guide = Guide(stage, narrator, chosen)
    if chosen == DEMO:
        narrator.say("The agent of this tour is omar's own demo agent: no AI, but a real commit and a real log.")
    finished = False
    try:
        story = guide.take()
        finished = True
    finally:
        if keep and finished:
            guide.story.kept = str(stage.root)
        else:
            _put_away(stage, narrator)
    return story


def _put_away(stage: Stage, narrator: Narrator) -> None:
    """A second ^C would leave things behind; what is done here takes a second."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with narrator.step("Everything of the tour put away"):
            left = stage.clear()
        tell_left(left)
    finally:
        signal.signal(signal.SIGINT, before)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


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
        narrator.say(f"Kept in {story.kept}; the agent {story.agent} lives: omar attach {story.agent}")
    narrator.say("In your own repository:  oobo install  ·  oobo auth login --local")
    narrator.say("With your own agent:     omar spawn worker --task 'Fix the failing test'  ·  omar attach worker")
    narrator.say("Your own sessions:       omas scan  ·  omas report")
