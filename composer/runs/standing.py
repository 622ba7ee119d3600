"""Where a run stands, as one process knows it: may it go on, within which budget, and how is it doing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.contract import ComposeRequest
from composer.runs.budget import Budget, Spent
from composer.runs.model import RunStatus, Terms, Tolerance
from composer.runs.outcomes import Final, Outcome, health_of
from composer.runs.tables import ChunkRow, RunRow
from composer.runs.tolerance import Intolerable, Window
from composer.runs.workers import busy_workers


class Standing:
    """One run that this process works on. `changed` wakes whoever waits for it to move."""

    def __init__(self, row: RunRow) -> None:
        terms = terms_of(row.request)
        self.run_id = row.id
        self.campaign_version = row.campaign_version
        self.began: datetime = row.created_at
        self.latest = row.created_at + terms.defer_for
        """Whoever may not be written to by then is skipped."""
        self.status = RunStatus(row.status)
        self.workers = 1
        self.budget = Budget(terms.budget_usd, terms.budget_tokens)
        self.tolerance: Tolerance = terms.tolerance
        self._request = ComposeRequest(
            campaign=row.campaign_id,
            customer="-",
            step=terms.step,
            occasion=terms.occasion,
            deadline_ms=terms.deadline_ms,
        )
        self._window = Window()
        self._changed = asyncio.Event()

    @property
    def open(self) -> bool:
        """May another recipient be begun, as far as the run goes?"""
        return self.status is RunStatus.RUNNING

    def request_for(self, customer: str, step: str = "", occasion: str = "") -> ComposeRequest:
        """What is asked of composing for this recipient; a step or an occasion of their own goes over the run's."""
        own = {"step": step, "occasion": occasion}
        return self._request.model_copy(update={"customer": customer, **{k: v for k, v in own.items() if v}})

    def update(self, status: RunStatus, terms: Terms, workers: int) -> None:
        """As the database has it now. A run that goes on again is judged anew."""
        if status is RunStatus.RUNNING and self.status is not RunStatus.RUNNING:
            self._window = Window()
        self.status, self.tolerance, self.workers, self.budget.workers = status, terms.tolerance, workers, workers
        self.budget.usd, self.budget.tokens = terms.budget_usd, terms.budget_tokens
        self.tell()

    def stored(self, outcomes: Iterable[Outcome], finals: Iterable[Final]) -> Intolerable | None:
        """`outcomes` were committed, and became `finals`; says whether the run had better stand still."""
        self.budget.store(outcome.usage for outcome in outcomes)
        for health in filter(None, map(health_of, finals)):
            self._window.add(health)
        self.tell()
        return self._window.judge(self.tolerance, workers=self.workers)

    def tell(self) -> None:
        """Something changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Wait for the next `tell`."""
        await self._changed.wait()


def terms_of(request: dict[str, Any]) -> Terms:
    """From a stored `RunRequest`, whose audience may be long."""
    return Terms.model_validate({key: value for key, value in request.items() if key in Terms.model_fields})


async def load_standing(session: AsyncSession, row: RunRow) -> Standing:
    """A run that this process begins to work on."""
    standing = Standing(row)
    standing.budget.read(await read_spent(session, row.id), Spent())
    workers = await busy_workers(session, [row.id])
    standing.workers = standing.budget.workers = max(1, workers.get(row.id, 1))
    return standing


async def read_spent(session: AsyncSession, run_id: str) -> Spent:
    """What is stored of the run's spending, by all processes."""
    usage = col(ChunkRow.tally)["usage"]
    composed = col(ChunkRow.tally)["composed"].as_integer()
    row = (
        await session.execute(
            select(
                func.coalesce(func.sum(usage["cost_usd"].as_float()), 0.0),
                func.coalesce(func.sum(usage["input_tokens"].as_integer() + usage["output_tokens"].as_integer()), 0),
                func.coalesce(func.sum(composed), 0),
            ).where(ChunkRow.run_id == run_id)
        )
    ).one()
    return Spent(float(row[0]), int(row[1]), int(row[2]))
