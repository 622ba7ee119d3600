"""Works off the queue of chunks on PostgreSQL with procrastinate, whatever happens to the database meanwhile.

procrastinate fetches, hears of new jobs at once (LISTEN/NOTIFY) and tells other workers that this one is alive. When it
gives up, because the database went away, it is begun anew. Beside it, each worker sweeps: what should be a job and is
none, and what was left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

import psycopg
import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from sqlalchemy.engine import make_url

from composer.runs import queue
from store.database import Database
from store.errors import PenfriendError
from store.failures import DatabaseUnavailable

log = structlog.get_logger("penfriend.queue")

POOL = 3
"""Connections of procrastinate's pool: fetching, finishing, heartbeats. One more listens."""
SWEEP_S = 5.0
POLL_S = 2.0
"""New jobs are heard of at once; those that were put off are found so late at most."""
WAIT_FOR_DATABASE_S = 2.0
CONNECT_S = 5.0
"""Seconds until a connection of the queue's is there, or is given up."""
HEARTBEAT_S, STALLED_S = 5.0, 20.0
"""Seconds between signs of life, and without them until procrastinate forgets a worker."""


class GivenBack(PenfriendError):
    """The chunk was not finished, because this worker ends: another one may take it at once."""

    reason = "chunk_given_back"


class WorksOnChunks(Protocol):
    """Works on one chunk until it is done, its run stands still, or somebody else holds it."""

    async def __call__(self, run_id: str, number: int) -> None:
        """Raises GivenBack."""
        ...


class _Again(BaseRetryStrategy):
    """At once where a worker ended in good order; else after a breath, as often as it takes."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        ended = isinstance(exception, GivenBack | asyncio.CancelledError)
        return RetryDecision(retry_in={"seconds": 0 if ended else 2})


class QueueWorker:
    """`run` works until `stop`."""

    def __init__(
        self, database: Database, url: str, work: WorksOnChunks, *, chunks_at_once: int, lease_s: float
    ) -> None:
        """`url` is that of `database`, as it stands in the settings; `lease_s` is how long `work` holds a chunk that it
        does not renew."""
        self._lease_s = lease_s
        self._database = database
        self._work = work
        self._chunks_at_once = chunks_at_once
        self._stopping = asyncio.Event()
        self._in_work: set[asyncio.Task[None]] = set()
        connector = PsycopgConnector(conninfo=_conninfo(url), min_size=1, max_size=POOL, timeout=CONNECT_S)
        self._app = App(connector=connector)
        self._app.task(name=queue.TASK, queue=queue.QUEUE, retry=_Again())(self._compose)

    def stop(self) -> None:
        """Take no more chunks. `run` returns when those in work have ended: it is for `work` to make that soon."""
        self._stopping.set()

    def abandon(self) -> None:
        """Cancel what is in work; others may take it at once."""
        self._stopping.set()
        for task in self._in_work:
            task.cancel()

    async def run(self) -> None:
        """Work until stopped. The database may come and go: what cannot go on waits for it."""
        sweeping = asyncio.create_task(self._sweep_on(), name="sweep")
        try:
            while not self._stopping.is_set():
                await self._serve()
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    async def _serve(self) -> None:
        """Until stopped, or until procrastinate gives up."""
        try:
            await self._app.open_async()
            await _until(self._stopping, self._fetch())
        except (ConnectorException, psycopg.OperationalError) as error:
            log.warning("queue_unreachable", error=type(error).__name__)
            await _until(self._stopping, asyncio.sleep(WAIT_FOR_DATABASE_S))
        finally:
            # Also where opening failed: procrastinate would take the pool that was never opened for an open one.
            await self._app.close_async()

    async def _fetch(self) -> None:
        await self._app.run_worker_async(
            queues=[queue.QUEUE],
            concurrency=self._chunks_at_once,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLL_S,
            delete_jobs="successful",
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=STALLED_S,
        )

    async def _compose(self, run_id: str, number: int) -> None:
        """The task."""
        task = asyncio.current_task()
        assert task is not None
        self._in_work.add(task)
        try:
            await self._work(run_id, number)
        finally:
            self._in_work.discard(task)

    async def _sweep_on(self) -> None:
        """Every few seconds, in every worker: none of them need be the one that lives."""
        while True:
            try:
                await self.sweep()
            except DatabaseUnavailable as error:
                log.warning("sweep_waits", reason=error.reason)
            await asyncio.sleep(min(SWEEP_S, self._lease_s / 2))

    async def sweep(self) -> None:
        """Let what was abandoned be taken anew, and ask for what is due. Raises DatabaseUnavailable."""
        async with self._database.session() as session:
            requeued = await queue.requeue_abandoned(session, lease_s=self._lease_s)
            made = await queue.enqueue(session)
        if requeued or made:
            log.info("swept", requeued=requeued, enqueued=made)


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, or cancel it when `stop` is set and wait until it has ended. Raises what it raises."""
    working = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        working.cancel()
        ended = (await asyncio.gather(working, return_exceptions=True))[0]
    if isinstance(ended, Exception):
        raise ended


def _conninfo(url: str) -> str:
    """What libpq understands of a URL of ours."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
