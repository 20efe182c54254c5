"""`omas schedule install|status|remove`: retry queued uploads every hour."""

from __future__ import annotations

from omas_cli import crontab, timer
from shared import output
from shared.errors import OmaError

CRON, SYSTEMD = "crontab", "systemd timer"


def install(*, dry_run: bool) -> int:
    """A marked line in the crontab, else a timer of the user's systemd. Twice is one."""
    if crontab.is_there():
        entry = crontab.line()
        if dry_run:
            output.print_text(entry)
            return 0
        crontab.write(crontab.with_line(crontab.read(), entry))
        output.say("Queued uploads are retried every hour (crontab).")
        return 0
    if not timer.is_there():
        raise OmaError(
            "There is neither cron nor a systemd of yours on this machine.",
            hint="Install cron, or have `omas upload --retry-only --quiet` run in another way.",
        )
    if dry_run:
        for path, body in timer.files().items():
            output.print_text(f"{path}:\n{body}")
        return 0
    timer.install()
    output.say("Queued uploads are retried every hour (systemd timer).")
    return 0


def status(*, json: bool) -> int:
    """1 when nothing is installed."""
    entry = crontab.installed(crontab.read()) if crontab.is_there() else None
    kind = CRON if entry else SYSTEMD if timer.is_installed() else None
    if json:
        output.print_json({"installed": kind is not None, "kind": kind, "entry": entry})
    elif kind is None:
        output.print_text("Not installed. `omas schedule install` retries queued uploads every hour.")
    else:
        output.print_text(f"Installed ({kind})." + (f"\n{output.printable(entry)}" if entry else ""))
    return 0 if kind is not None else 1


def remove(*, dry_run: bool) -> int:
    """Take out what `install` put in; every other byte of the crontab stays."""
    removed = False
    if crontab.is_there():
        body = crontab.read()
        entry = crontab.installed(body)
        if entry is not None:
            removed = True
            if dry_run:
                output.print_text(entry)
            else:
                crontab.write(crontab.without_line(body))
    if timer.is_installed():
        removed = True
        if dry_run:
            output.print_text("\n".join(map(str, timer.files())))
        else:
            timer.remove()
    if not removed:
        output.say("Nothing was installed.")
    elif not dry_run:
        output.say("Queued uploads are no longer retried by themselves.")
    return 0
