"""A run as it moves, for whoever watches it: a bar on the command line, server-sent events over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from composer.runs import service as runs
from composer.runs.model import Run, RunEvent, RunStatus
from store.database import Database

FINAL = frozenset({RunStatus.COMPLETED, RunStatus.CANCELLED})
EVERY_S = 1.0


async def follow(database: Database, run_id: str, *, after: int = 0) -> AsyncIterator[RunEvent | Run]:
    """What happened behind event `after`, and where the run stands whenever that moved; ends when the run is final.

    Looks every `EVERY_S` seconds: the run may be worked on by any process. Raises UnknownRun.
    """
    shown: Run | None = None
    while shown is None or shown.status not in FINAL:
        if shown is not None:
            await asyncio.sleep(EVERY_S)
        # The run before its events: what a status is due to is then always among them.
        async with database.session(readonly=True) as session:
            run = await runs.get(session, run_id)
            happened = await runs.events(session, run_id, after=after)
        for event in happened:
            after = event.id
            yield event
        if run != shown:
            yield run
        shown = run
