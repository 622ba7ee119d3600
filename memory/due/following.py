"""Whom the rules, the shop and the clock make stale: agendas that are not right any more though nobody did anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.cycles import ShopCycles
from memory.due.rules import DueRules
from memory.due.stale import note_changes
from memory.due.tables import AgendaRow, NewsRow
from memory.learned import Learned, load_learned, save_learned
from memory.shop import shop_of
from memory.tables import MemoryState

RULES, CYCLES, VERSION = "due_rules", "due_cycles", "1"
SAME_SHARE = 0.2
"""Within so much of what it was, how long a product lasts the shop's customers has not changed."""
FOLLOW_SHOP_EVERY = timedelta(days=1)
_EVERYONE = select(col(MemoryState.customer_id))


async def rules_in_force(session: AsyncSession) -> DueRules | None:
    """The rules that agendas are made by; None before the first was."""
    found = await load_learned(session, RULES, VERSION)
    return None if found is None else DueRules.model_validate(found.document)


async def follow_rules(session: AsyncSession, rules: DueRules, now: datetime) -> None:
    """Other rules: everyone's agenda is made anew."""
    before = await rules_in_force(session)
    if before is None or before.version != rules.version:
        await save_learned(session, Learned(RULES, VERSION, now, rules.model_dump(mode="json")))
        await note_changes(session, _EVERYONE)


async def follow_shop(session: AsyncSession, now: datetime) -> None:
    """Once a day at most: where the shop has learned that something lasts otherwise, everyone's is made anew.

    Somebody who bought a product once is due for more of it only when others have shown how long it lasts.
    """
    before = await load_learned(session, CYCLES, VERSION)
    if before is not None and now - before.as_of < FOLLOW_SHOP_EVERY:
        return
    cycles = _document((await shop_of(session)).cycles)
    if before is None:
        await save_learned(session, Learned(CYCLES, VERSION, now, cycles))
    elif any(_differs(before.document.get(kind, {}), cycles[kind]) for kind in cycles):
        await save_learned(session, Learned(CYCLES, VERSION, now, cycles))
        await note_changes(session, _EVERYONE)


async def end_the_past(session: AsyncSession, now: datetime) -> None:
    """A moment that is over leaves its customer's agenda, and another may come for it: the next birthday."""
    over = select(col(AgendaRow.customer_id)).where(col(AgendaRow.until_at) <= now).distinct()
    await note_changes(session, over)
    await session.execute(delete(NewsRow).where(col(NewsRow.until_at) <= now))


def _document(cycles: ShopCycles) -> dict[str, dict[str, float]]:
    lasting = dict.fromkeys(sorted(cycles.lasting), 1.0)
    return {"products": dict(cycles.products), "categories": dict(cycles.categories), "lasting": lasting}


def _differs(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    if before.keys() != now.keys():
        return True
    return any(abs(now[name] - days) > SAME_SHARE * days for name, days in before.items())
