"""Ports for processes that are told where to listen: until they do, nobody may take it."""

from __future__ import annotations

import random
import socket

_THEIRS = range(12_000, 28_000)
"""Below those that systems give away: to whoever asks for any port, and to whoever calls somebody."""
_draw = random.SystemRandom()


def free_port() -> int:
    """One that nobody listens at; that another test draws the same one at the same moment, one in thousands sees."""
    while True:
        port = _draw.choice(_THEIRS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
