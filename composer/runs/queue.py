"""Chunks as jobs of procrastinate, on PostgreSQL: which chunks are asked for, and which jobs nobody works on any more.

A job only names a chunk: what is to be done stands in the chunk's and its recipients' rows, and who may do it in the
chunk's lease. So a job may be lost, doubled or late, and costs at most some seconds: `enqueue` asks again for every
chunk that is due, `requeue_abandoned` gives back what a killed worker held. On SQLite both do nothing.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from store import clock

QUEUE = "chunks"
TASK = "compose_chunk"
AHEAD = 1_000
"""Chunks that are jobs at a time, those whose turn it is first: minutes of work for any number of workers, where a run
of ten million has 40,000 chunks. The others become jobs when their turn comes."""
ENQUEUE_LOCK = 7_365_284
"""Any constant: those who enqueue take turns, so that none trips over the jobs of another."""

# One job a chunk: procrastinate refuses a second one that waits, `doing` is looked at here. Priority is a 32-bit number
# of which the highest goes first.
_ENQUEUE = text("""
WITH due AS (
    SELECT chunk.run_id, chunk.number, chunk.turn, format('chunk:%s:%s', chunk.run_id, chunk.number) AS name
    FROM run_chunk chunk JOIN run ON run.id = chunk.run_id
    WHERE NOT chunk.done AND run.status = 'running'
    AND (chunk.owner = '' OR chunk.lease_until IS NULL OR chunk.lease_until < clock_timestamp())
    AND (chunk.not_before IS NULL OR chunk.not_before <= :now)
    ORDER BY chunk.turn, chunk.run_id
    LIMIT :ahead
)
SELECT coalesce(cardinality(procrastinate_defer_jobs_v1(array_agg(
    ROW(
        :queue, :task, greatest(-due.turn, -2147483648), NULL, due.name,
        jsonb_build_object('run_id', due.run_id, 'number', due.number), NULL
    )::procrastinate_job_to_defer_v1 ORDER BY due.turn
))), 0)
FROM due
WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs job WHERE job.queueing_lock = due.name AND job.status IN ('todo', 'doing')
)
""")

# Locked first: a job that ends at this moment is left alone, procrastinate would refuse the whole statement.
_REQUEUE = text("""
WITH abandoned AS (
    SELECT job.id
    FROM procrastinate_jobs job
    LEFT JOIN run_chunk chunk
        ON chunk.run_id = job.args ->> 'run_id' AND chunk.number = CAST(job.args ->> 'number' AS integer)
    WHERE job.queue_name = :queue AND job.status = 'doing'
    AND (coalesce(chunk.owner, '') = '' OR chunk.lease_until IS NULL OR chunk.lease_until < clock_timestamp())
    AND NOT EXISTS (
        SELECT FROM procrastinate_events event
        WHERE event.job_id = job.id AND event.type = 'started' AND event.at > now() - :lease_s * INTERVAL '1 second'
    )
    FOR UPDATE OF job SKIP LOCKED
)
SELECT count(procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)::text) FROM abandoned
""")


async def enqueue(session: AsyncSession, *, ahead: int = AHEAD) -> int:
    """Make a job of each of the `ahead` chunks whose turn it is, unless there is one; returns how many were made.

    In the caller's transaction: a run and its first jobs are there together, or neither is. To be called at its end,
    as others who enqueue wait for its commit.
    """
    if not _has_queue(session):
        return 0
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ENQUEUE_LOCK})
    given = {"queue": QUEUE, "task": TASK, "ahead": ahead, "now": clock.now()}
    return int(await session.scalar(_ENQUEUE, given) or 0)


async def requeue_abandoned(session: AsyncSession, *, lease_s: float) -> int:
    """Let jobs be taken anew whose worker does not hold their chunk: it was killed, or lost its database meanwhile.

    Returns how many. A job that began within the last `lease_s` seconds is left in peace: its worker may be about to
    take the chunk. By the lease and not by procrastinate's own heartbeats: a worker that lives but lost the database
    for the moment in which its job ended would leave that job behind for ever.
    """
    if not _has_queue(session):
        return 0
    given = {"queue": QUEUE, "lease_s": lease_s}
    return int(await session.scalar(_REQUEUE, given) or 0)


def _has_queue(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
