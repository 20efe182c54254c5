"""`omas uninstall`: no hourly retries, no completions; the ledger only with --purge."""

from __future__ import annotations

from omas_cli import crontab, timer
from shared import paths
from shared.cli import uninstall
from shared.cli.uninstall import Folder, Part


def run(*, purge: bool, yes: bool, dry_run: bool, json: bool) -> int:
    parts = [*_schedule(), *uninstall.completion_parts("omas")]
    home = Folder(paths.tool_home("omas"), "settings, scores, what waits for upload, keys, and the salt")
    return uninstall.run("omas", parts, [home], purge=purge, yes=yes, dry_run=dry_run, json=json)


def _schedule() -> list[Part]:
    parts = []
    if crontab.is_there() and crontab.installed(crontab.read()) is not None:
        parts.append(Part("the hourly retries", "crontab", _leave_crontab))
    if timer.is_installed():
        parts.append(Part("the hourly retries", "systemd timer", timer.remove))
    return parts


def _leave_crontab() -> None:
    crontab.write(crontab.without_line(crontab.read()))
