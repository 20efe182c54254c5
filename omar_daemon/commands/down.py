"""`omar down`: drain and stop the daemon; agents live on in tmux."""

from __future__ import annotations

from shared import local_daemon, output


def run(*, dry_run: bool) -> int:
    from omar_daemon import lifecycle

    record = local_daemon.running()
    if record is None:
        output.say("No daemon runs.")
        return 0
    if dry_run:
        output.say(f"Would stop the daemon on {record.base_url} (pid {record.pid}); agents would live on in tmux.")
        return 0
    lifecycle.down(record)
    output.say("The daemon is stopped. Agents live on in tmux; `omar up` shows them again.")
    return 0
