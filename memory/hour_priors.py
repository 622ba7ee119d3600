"""In which hours of the week the shop's customers read and buy, by their own clocks, and how much they differ in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncSession

from memory.learned import Learned, load_learned
from memory.parts.hours import rolled
from memory.pooling import USUAL_STRENGTH, Counted, best_share_strength, pool_shares

Week = NDArray[np.float64]
"""168 hours from Monday 0:00, by a local clock."""

NAME, VERSION = "hours", "hours-1"
NEIGHBOURS = (0.03, 0.1, 0.2, 0.34, 0.2, 0.1, 0.03)
"""What an event counts in its own hour and in the three on either side."""
WEEK_STRENGTH = 100.0
"""Events that a person's days and hours of the day weigh as much as, against the 168 hours of their week one by one."""
SHOP_STRENGTH = 200.0
"""Events of the shop that weigh as much as the guess."""
_GUESS = np.array([1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 9, 8, 8, 8, 8, 8, 8, 9, 9, 8, 5, 2], dtype=float)
"""Of a day, where nothing was learned yet: awake, and most at the ends of the morning and of the working day."""


@dataclass(frozen=True)
class HourPriors:
    """The shop's week, and strengths in events."""

    shares: Sequence[float] = field(default_factory=lambda: (np.tile(_GUESS, 7) / (7 * _GUESS.sum())).tolist())
    """168 from Monday 0:00, that sum up to 1."""
    day_strength: float = USUAL_STRENGTH
    hour_strength: float = USUAL_STRENGTH
    timezone: str = "UTC"
    """That of most customers: for those who told none."""
    events: float = 0.0
    """How many, weighted by age, they were learned from; 0: nothing was learned yet."""

    @cached_property
    def week(self) -> Week:
        """The shares."""
        return np.array(self.shares)

    def learned(self, as_of: datetime) -> Learned:
        """As it is kept."""
        return Learned(NAME, VERSION, as_of, {one.name: getattr(self, one.name) for one in fields(self)})


NO_HOURS = HourPriors()


async def read_hours(session: AsyncSession) -> HourPriors:
    """What was learned last; a guess before anything was."""
    learned = await load_learned(session, NAME, VERSION)
    return NO_HOURS if learned is None else HourPriors(**learned.document)


def learn_hours(total: Week, sample: Sequence[Week], timezone: str) -> HourPriors:
    """`total`: what everybody did in each hour of their week; `sample`: the same of some people, one by one."""
    if not total.any():
        return HourPriors(timezone=timezone)
    week = pool_shares(smooth(total), NO_HOURS.week, SHOP_STRENGTH)
    days = [Counted(by_day(one), by_day(one)) for one in sample]
    hours = [Counted(by_hour(one), by_hour(smooth(one))) for one in sample]
    day_strength = best_share_strength(days, by_day(week))
    hour_strength = best_share_strength(hours, by_hour(week), own=max(NEIGHBOURS))
    return HourPriors(
        shares=week.tolist(),
        day_strength=day_strength,
        hour_strength=hour_strength,
        timezone=timezone,
        events=float(total.sum()),
    )


def smooth(week: Week) -> Week:
    """Each hour shares with its neighbours, Sunday's last with Monday's first; the sum stays."""
    around = len(NEIGHBOURS) // 2
    moved = (rolled(week, place - around) * part for place, part in enumerate(NEIGHBOURS))
    return sum(moved, np.zeros_like(week))


def by_day(week: Week) -> Week:
    """7 sums."""
    sums: Week = week.reshape(7, 24).sum(axis=1)
    return sums


def by_hour(week: Week) -> Week:
    """24 sums."""
    sums: Week = week.reshape(7, 24).sum(axis=0)
    return sums
