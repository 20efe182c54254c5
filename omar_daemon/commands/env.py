"""`omar env`: exports for programs that speak to the managed-agents API."""

from __future__ import annotations

import shlex

from shared import credentials, local_daemon, output

KEY_NAME = "env"


def run(*, json: bool) -> int:
    """Print the address and a key for other programs; the key is made once and kept 0600."""
    url = local_daemon.ensure_running()
    key = credentials.read("omar", KEY_NAME) or ""
    if not key or not _is_valid(url, key):
        key = local_daemon.mint_key("env", ["managed", "agents", "metrics", "anchors"])
        credentials.write("omar", KEY_NAME, key)
    values = {"OMA_BASE_URL": url, "OMA_API_KEY": key, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": key}
    if json:
        output.print_json(values)
    else:
        for name, value in values.items():
            output.print_text(f"export {name}={shlex.quote(value)}")
    return 0


def _is_valid(url: str, key: str) -> bool:
    from omar_daemon.client import USER_AGENT
    from shared.http import Client

    with Client(url, user_agent=USER_AGENT, token=key) as client:
        return client.request("GET", "/anchors/verify").status == 200
