"""`omar open`: sign the user's browser in to the daemon."""

from __future__ import annotations

from shared import local_daemon, output
from shared.errors import OmaError
from shared.http import Client, raise_for


def run(*, only_print: bool) -> int:
    """Open the one-time link, or print it alone on stdout. It works once, for two minutes."""
    url = _link()
    if only_print:
        output.print_text(url)
        return 0
    import webbrowser

    if not webbrowser.open(url):
        output.say("No browser could be started; open this link (it works once, for two minutes):")
        output.print_text(url)
    return 0


def _link() -> str:
    from omar_daemon.client import USER_AGENT

    with Client(local_daemon.ensure_running(), user_agent=USER_AGENT, token=local_daemon.owner_key()) as client:
        answer = client.request("POST", "/api/open", json={})
    raise_for(answer, "Making a link")
    url = answer.json().get("url")
    if not isinstance(url, str):
        raise OmaError("The daemon's answer holds no link.")
    return url
