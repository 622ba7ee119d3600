"""What an arm asked for and did not get, kept as rows: e-mails of it were written as the campaign is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.contract import ComposeResult
from composer.experiments.tables import FallbackRow
from store import clock
from store.upsert import insert_or_ignore


class Fallback(NamedTuple):
    """Since when an arm is not written as it asks, and why."""

    variant: str
    reason: str
    first_at: datetime


async def note_fallbacks(session: AsyncSession, results: Sequence[ComposeResult]) -> None:
    """One row for each arm and reason: the first e-mail that it befell."""
    befallen = sorted({(one.experiment, one.variant, one.fell_back) for one in results})
    if befallen:
        names = ("experiment", "variant", "reason")
        rows = [{**dict(zip(names, one, strict=True)), "first_at": clock.now()} for one in befallen]
        await session.execute(insert_or_ignore(session, FallbackRow), rows)


async def fallbacks(session: AsyncSession, experiment: str) -> list[Fallback]:
    """Of one experiment, the first first."""
    row = FallbackRow
    query = select(col(row.variant), col(row.reason), col(row.first_at)).where(col(row.experiment) == experiment)
    return [Fallback(*found) for found in await session.execute(query.order_by(col(row.first_at)))]
