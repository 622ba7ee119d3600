"""What the shop as a whole teaches about each customer: priors to lean on where someone's own history is short.

Learned by jobs, kept in `learned` rows, read at most once a minute by each process.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncSession

from memory.cycles import NO_CYCLES, ShopCycles
from memory.hour_priors import NO_HOURS, HourPriors, read_hours
from memory.learned_habits import load_cycles, load_habits
from memory.predictions.report import PredictionReport
from memory.predictions.stored import load_report
from memory.responses.priors import NO_PRIORS, ResponsePriors, read_responses
from memory.shopping import NO_HABITS, ShopHabits
from memory.traits import Fifths, load_fifths
from memory.words.choices import read_choices
from memory.words.model import Choice

REFRESH_S = 60.0


@dataclass(frozen=True)
class Shop:
    """Everything learned about all customers together. Each job adds its field, empty before it ran."""

    cycles: ShopCycles = NO_CYCLES
    habits: ShopHabits = NO_HABITS
    responses: ResponsePriors = NO_PRIORS
    hours: HourPriors = NO_HOURS
    choices: frozenset[Choice] = frozenset()
    """Answers of surveys that several customers gave alike."""
    fifths: Fifths | None = None
    predictions: PredictionReport | None = None
    """How good the predictions in use are."""


NOTHING_LEARNED = Shop()
# By the dialect, which is the database's own (as keyrings are in `store.types`).
_known: WeakKeyDictionary[Dialect, tuple[float, Shop]] = WeakKeyDictionary()


async def shop_of(session: AsyncSession) -> Shop:
    """What is known of this database's shop, at most a minute old."""
    dialect = session.get_bind().dialect
    read_at, shop = _known.get(dialect, (-REFRESH_S, NOTHING_LEARNED))
    if time.monotonic() - read_at < REFRESH_S:
        return shop
    shop = await read_shop(session)
    _known[dialect] = (time.monotonic(), shop)
    return shop


async def read_shop(session: AsyncSession) -> Shop:
    """As it is in the database now."""
    return Shop(
        cycles=await load_cycles(session),
        habits=await load_habits(session),
        choices=await read_choices(session),
        responses=await read_responses(session),
        hours=await read_hours(session),
        fifths=await load_fifths(session),
        predictions=await load_report(session),
    )


def forget_shop() -> None:
    """A job has learned anew: read it again, whatever engine of the database it is read through."""
    _known.clear()
