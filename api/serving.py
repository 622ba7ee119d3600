"""Serving over HTTP until told to stop: the port is had before anything is opened, and told when it answers."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec

import structlog
import uvicorn

from api.app import create_app
from api.house import open_house
from api.logs import configure_logs
from api.settings import Settings
from api.tracing import traces
from store.errors import Conflict, InvalidInput, NotAllowed

log = structlog.get_logger("penfriend.http")

BACKLOG = 2048
"""Connections that wait to be taken; uvicorn's own number."""
GRACE_S = 10
"""Seconds that requests in flight get at shut-down."""


class PortTaken(Conflict):
    """Something else listens there."""

    reason = "port_in_use"


class PortRefused(NotAllowed):
    """The system lets this user have no such port."""

    reason = "port_not_allowed"


class UnknownAddress(InvalidInput):
    """This machine is not reached there."""

    reason = "unknown_address"


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens on the port: whoever connects before the service answers waits for it.

    Of two processes that begin at the same moment both may bind the port, but only one may listen: the other one must
    not open the house first. Raises PortTaken, PortRefused, UnknownAddress.
    """
    had = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # A service that ended a moment ago leaves its port in TIME_WAIT.
        had.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        had.bind((host, port))
        had.listen(BACKLOG)
    except OSError as error:
        had.close()
        raise _refused(error, host, port) from error
    return had


def serve_on(listening: socket.socket, settings: Settings, announce: Callable[[], None]) -> None:
    """The HTTP API and the studio, on a socket of `bound`; `announce` is called once they answer.

    Logs go to stderr as JSON lines, without personal data. Ends the process with 3 where it cannot start.
    """
    configure_logs(settings.log_level)
    app = create_app(settings, lambda: open_house(settings, serving=True))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http=request_parser(),
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )
    # Ctrl-C is how it is ended: uvicorn raises that again once everything is closed.
    with traces(), suppress(KeyboardInterrupt):
        _Announcing(config, announce).run(sockets=[listening])


def request_parser() -> str:
    """What uvicorn reads requests with: httptools, or h11 where that is not installed, which is logged."""
    if find_spec("httptools") is not None:
        return "api.request_heads:BoundedHeads"
    log.warning("requests_read_slowly", parser="h11", fix="Install httptools: a pull takes a fifth less with it.")
    return "h11"


class _Announcing(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Rooms open, then the port."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def _refused(error: OSError, host: str, port: int) -> Conflict | NotAllowed | InvalidInput:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            f"Something else listens on port {port}.", pointer="--port", fix="Choose another with --port, or end it."
        )
    if error.errno == errno.EACCES:
        return PortRefused(
            f"This user may not listen on port {port}.", pointer="--port", fix="Choose one above 1023 with --port."
        )
    return UnknownAddress(
        f"This machine cannot be reached at {host!r}.",
        pointer="--host",
        fix="Give an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for everybody.",
    )
