"""Where the shop's cycles and habits are kept between the job that learns them (`memory.habit_learning`) and recall."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from memory.cycles import ShopCycles
from memory.learned import load_learned
from memory.shopping import ShopHabits

CYCLES, HABITS = "cycles", "habits"
VERSION = "1"


async def load_cycles(session: AsyncSession) -> ShopCycles:
    """As last learned; empty before."""
    known = await load_learned(session, CYCLES, VERSION)
    if known is None:
        return ShopCycles()
    return ShopCycles(**{**known.document, "lasting": frozenset(known.document.get("lasting", ()))})


async def load_habits(session: AsyncSession) -> ShopHabits:
    """As last learned; empty before."""
    known = await load_learned(session, HABITS, VERSION)
    return ShopHabits(**known.document) if known else ShopHabits()
