"""`omar up`: make sure that one daemon runs."""

from __future__ import annotations

from shared import output


def run(*, port: int | None, host: str | None, quiet: bool, json: bool) -> int:
    """Start the daemon when none of this version runs; twice is one."""
    from omar_daemon import lifecycle

    started = lifecycle.up(port=port, host=host)
    record = started.record
    if json:
        output.print_json(
            {"url": record.base_url, "pid": record.pid, "version": record.version, "started": started.fresh}
        )
    elif not quiet:
        output.say(_sentence(started.fresh, started.replaced, record.base_url, record.pid))
    if port is not None and record.port != port:
        output.warn(f"It serves port {record.port}, not {port}; `omar down` first to move it.")
    return 0


def _sentence(fresh: bool, replaced: str | None, url: str, pid: int) -> str:
    if replaced:
        return f"The daemon of version {replaced} was replaced; it now runs on {url} (pid {pid})."
    return f"The daemon {'runs' if fresh else 'already runs'} on {url} (pid {pid})."
