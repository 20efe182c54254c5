"""A port for a program that is started in a moment."""

from __future__ import annotations

import random
import socket

_BELOW_OUTGOING = range(10_000, 32_000)
"""The system takes the near ends of connections from above: none of them comes between finding a port and using it."""


def free_port() -> int:
    while True:
        port = random.choice(_BELOW_OUTGOING)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
