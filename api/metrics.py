"""Where Prometheus reads: a route of the service, and a small server of its own for workers, which have no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import start_http_server
from prometheus_client.registry import CollectorRegistry

from api.house import House
from composer.gauges import Everything, exposition
from composer.harm.standing import read_standing
from composer.runs.load import read_load
from composer.throttle import Throttles
from store.errors import InvalidInput, Unavailable

log = structlog.get_logger("penfriend.metrics")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def scrape(house: House) -> bytes:
    """Everything, with runs and workers where the database can be read."""
    try:
        async with house.database.session(readonly=True) as session:
            load = await read_load(session, lease_s=house.settings.runs.lease_s)
            alarms = Counter(scope.level for scope in (await read_standing(session)).scopes)
    except Unavailable as error:
        # What this process knows by itself is worth most when something is down.
        log.warning("load_not_read", reason=error.reason)
        load, alarms = None, None
    elsewhere = await house.beside.counted() if house.beside is not None else []
    return exposition(house.throttles, load, alarms, elsewhere)


@contextmanager
def metrics_server(throttles: Throttles, *, host: str, port: int) -> Iterator[int]:
    """Serve this process's metrics from a thread, to whoever reaches `host`; yields the port (0 takes a free one).

    Raises InvalidInput where it cannot listen there.
    """
    registry = CollectorRegistry()
    registry.register(Everything(throttles))
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise InvalidInput(
            f"Metrics cannot be served on {host}:{port}: {error.strerror}.",
            reason="port_not_free",
            fix="Give another --metrics-port.",
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
