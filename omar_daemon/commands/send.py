"""`omar send NAME TEXT`: type into an agent."""

from __future__ import annotations

import sys

from omar_daemon.commands import dry_run as dry_runs
from omar_daemon.commands.agent_calls import ask, path_of
from shared import output
from shared.errors import UsageError


def run(*, name: str, text: str | None, enter: bool, raw: bool, force: bool, dry_run: bool, json: bool) -> int:
    """Type `text` (`-` or none: stdin, without its last line feed) and, with `enter`, submit it; with `force` also
    behind a draft that stands there."""
    options = {name: True for name, chosen in (("raw", raw), ("force", force)) if chosen}
    body = {"text": _text(text), "enter": enter, **options}
    path = path_of(name, "/send")
    if dry_run:
        sentence = f"{'type keys into' if raw else 'send to' if enter else 'paste into'} agent {name}"
        return dry_runs.show(sentence, "POST", path, body, json=json)
    from omar_daemon.client import daemon_client

    with daemon_client() as client:
        answer = ask(client, "POST", path, json=body)
    if json:
        output.print_json(answer)
    else:
        output.say(f"Sent to {name}.")
    return 0


def _text(text: str | None) -> str:
    if text is not None and text != "-":
        return text
    if text is None and sys.stdin.isatty():
        raise UsageError("There is no text to send.", hint="omar send NAME TEXT, or pipe it in.")
    try:
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError:
        raise UsageError("The text on stdin is not UTF-8.") from None
