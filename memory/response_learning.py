"""The job that learns what the shop as a whole responds to, and when: one pass over folded memories.

Of a large shop only so many people are listened to, and from a sample of them is learned how much people differ: those
with the smallest hashes of their ids, the same ones each time.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.contacting.quiet import zone_of
from memory.hour_priors import NO_HOURS, HourPriors, Week, learn_hours
from memory.learned import save_learned
from memory.parts.hours import WEEK_HOURS
from memory.responses.collecting import PriorsCollector
from memory.responses.priors import ResponsePriors
from memory.responses.trials import Trial, trials
from memory.scanning import Remembered, remembered
from memory.send_time import activity
from memory.shop import forget_shop
from memory.tables import Customer
from store.database import Database

JOB = "responses and hours"
LISTENED = 50_000
"""People: the rates of half a million e-mails are exact to a tenth of a per cent, and more cost minutes."""
SAMPLE = 2_000
"""People: more would change a strength by less than a step of `memory.pooling.STRENGTHS`."""


async def learn_responses(database: Database, as_of: datetime, progress: Callable[[str, int], None]) -> None:
    """`memory.learning.Learner`: what people respond to, and their hours."""
    async with database.session(readonly=True) as session:
        timezone = await _timezone(session)
    everybody, seen = _Everybody(as_of, timezone), 0
    async for batch in remembered(database, most=LISTENED):
        for one in batch:
            everybody.add(one)
            # Up to a millisecond each: whoever else is served by this event loop has their turn.
            await asyncio.sleep(0)
        seen += len(batch)
        progress(JOB, seen)
    responses = await asyncio.to_thread(everybody.responses)
    hours = await asyncio.to_thread(everybody.hours)
    async with database.session() as session:
        await save_learned(session, responses.learned(as_of))
        await save_learned(session, hours.learned(as_of))
        await session.commit()
        forget_shop()


async def _timezone(session: AsyncSession) -> str:
    """Of most who told one."""
    count = func.count()
    query = select(col(Customer.timezone), count).group_by(col(Customer.timezone)).order_by(count.desc())
    rows = (await session.execute(query)).all()
    named = [zone_of(name).key for name, _ in rows if name]
    return named[0] if named else NO_HOURS.timezone


@dataclass(order=True, slots=True)
class _Person:
    rank: int
    """Negative hash, so that the heap's smallest is the one to give up."""
    customer_id: str
    told: Sequence[Trial] = field(compare=False)
    week: Week = field(compare=False)


class _Everybody:
    """What is kept of them while they pass by."""

    def __init__(self, as_of: datetime, timezone: str) -> None:
        """`timezone`: of those who told none."""
        self._as_of = as_of
        self._timezone = timezone
        self._responses = PriorsCollector()
        self._week = np.zeros(WEEK_HOURS)
        self._sample: list[_Person] = []

    def add(self, one: Remembered) -> None:
        """One person."""
        rank = int.from_bytes(hashlib.blake2b(one.customer_id.encode(), digest_size=8).digest())
        zone = zone_of(one.timezone, self._timezone)
        told = list(trials(one.state, zone, self._as_of))
        week = activity(one.state, zone, self._as_of)
        self._responses.add(told)
        self._week += week
        if told or week.any():
            person = _Person(-rank, one.customer_id, told, week)
            keep = heapq.heappush if len(self._sample) < SAMPLE else heapq.heappushpop
            keep(self._sample, person)

    def responses(self) -> ResponsePriors:
        """What they respond to."""
        return self._responses.learn([one.told for one in self._sample])

    def hours(self) -> HourPriors:
        """When they read and buy."""
        return learn_hours(self._week, [one.week for one in self._sample], self._timezone)
