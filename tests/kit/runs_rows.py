"""Runs as bare rows, for tests of what looks at them: the campaign and the e-mails are somebody else's matter."""

from __future__ import annotations

from datetime import datetime

from composer.runs.tables import ChunkRow, RunRow
from store import clock
from store.database import Database


async def add_run(
    database: Database, run_id: str, *, chunks: int, first_turn: int = 0, status: str = "running"
) -> None:
    """A run of `chunks` open chunks, whose turns follow on one another."""
    now = clock.now()
    async with database.session() as session:
        session.add(
            RunRow(
                id=run_id,
                campaign_id="cmp_1",
                campaign_version=1,
                request={},
                status=status,
                recipients=chunks,
                created_at=now,
                updated_at=now,
            )
        )
        await session.flush()
        session.add_all(
            ChunkRow(run_id=run_id, number=number, first=number, size=1, turn=first_turn + number)
            for number in range(chunks)
        )


async def change_chunk(
    database: Database,
    run_id: str,
    number: int,
    *,
    done: bool = False,
    owner: str = "",
    lease_until: datetime | None = None,
) -> None:
    """What a worker would have done to the chunk."""
    async with database.session() as session:
        chunk = await session.get_one(ChunkRow, (run_id, number))
        chunk.done, chunk.owner, chunk.lease_until = done, owner, lease_until


async def change_status(database: Database, run_id: str, status: str) -> None:
    """What its owner would have done to the run."""
    async with database.session() as session:
        (await session.get_one(RunRow, run_id)).status = status
