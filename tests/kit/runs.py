"""Runs in tests: a shop with a campaign, a run of so many customers, runners beside the test, and what became of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import func
from sqlmodel import select

from composer.batch import Composing
from composer.campaigns import save_brand, save_campaign
from composer.runs import service
from composer.runs.model import CHUNK_SIZE, Run, RunRequest, RunStatus, Tally
from composer.runs.outcomes import summed
from composer.runs.runner import Runner
from composer.runs.settings import RunSettings
from composer.runs.tables import ChunkRow, RecipientRow
from store.database import Database
from tests.kit.factories import make_brand, make_campaign
from tests.kit.patience import PATIENCE_S


async def open_shop(database: Database) -> None:
    """A brand and its campaign `autumn`."""
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())


def customer(number: int) -> str:
    """Their id."""
    return f"c-{number:05}"


async def start_run(database: Database, count: int, *, chunk_size: int = CHUNK_SIZE, **terms: object) -> Run:
    """To customers 0 to `count` - 1; `terms` are fields of `RunRequest`."""
    customers = [customer(number) for number in range(count)]
    request = RunRequest.model_validate({"audience": {"kind": "list", "customers": customers}, **terms})
    async with database.session() as session:
        return await service.start(session, "autumn", request, chunk_size=chunk_size)


async def read_run(database: Database, run_id: str) -> Run:
    """Where it stands."""
    async with database.session(readonly=True) as session:
        return await service.get(session, run_id)


async def run_until(database: Database, run_id: str, enough: Callable[[Run], bool]) -> Run:
    """The run as soon as it is as far as that."""
    async with asyncio.timeout(PATIENCE_S):
        run = await read_run(database, run_id)
        while not enough(run):
            await asyncio.sleep(0.02)
            run = await read_run(database, run_id)
    return run


async def completed(database: Database, run_id: str) -> Run:
    """The run when it is completed."""
    return await run_until(database, run_id, lambda run: run.status is RunStatus.COMPLETED)


async def event_kinds(database: Database, run_id: str) -> list[str]:
    """Its history."""
    async with database.session(readonly=True) as session:
        return [event.kind for event in await service.events(session, run_id)]


async def rows_by_status(database: Database, run_id: str) -> Counter[str]:
    """How many recipients have which status, as their rows say."""
    async with database.session(readonly=True) as session:
        rows = await session.execute(select(RecipientRow.status).where(RecipientRow.run_id == run_id))
        return Counter(rows.scalars())


async def tally_and_pending(database: Database, run_id: str) -> tuple[Tally, int]:
    """What chunks count, and how many rows are pending, at one moment: together they are everyone."""
    pending = select(func.count()).where(RecipientRow.run_id == run_id, RecipientRow.status == "pending")
    query = select(ChunkRow.tally, pending.scalar_subquery()).where(ChunkRow.run_id == run_id)
    async with database.session(readonly=True) as session:
        rows = (await session.execute(query)).all()
    return summed(Tally.model_validate(tally) for tally, _ in rows), rows[0][1]


@asynccontextmanager
async def working(database: Database, composing: Composing, **settings: object) -> AsyncIterator[Runner]:
    """A process that works on runs, until the block ends: then it is stopped in good order."""
    runner = Runner(database, composing, RunSettings.model_validate({"grace_s": 0.5, **settings}))
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        runner.stop()
        await task


@asynccontextmanager
async def killed_later(database: Database, composing: Composing, **settings: object) -> AsyncIterator[Runner]:
    """A process that works on runs, until the block ends: then it is gone at once, as by SIGKILL."""
    runner = Runner(database, composing, RunSettings.model_validate(settings))
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
