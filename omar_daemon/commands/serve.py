"""`omar serve`: the daemon in the foreground."""

from __future__ import annotations


def run(*, port: int | None, host: str | None) -> int:
    from omar_daemon.serve import serve

    return serve(port=port, host=host)
