"""Reviews in tests: e-mails by the thousand, and somebody who reads a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.reviews.model import Decision
from composer.reviews.reading import Item, items
from composer.reviews.tables import SampleItemRow
from composer.runs.tables import RunRow
from composer.tables import EmailRow
from store import clock
from store.upsert import table_of

BEGAN = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
_AT_ONCE = 1_000
Decide = Callable[[Item], Decision]


def approve(item: Item) -> Decision:
    """Whatever it is."""
    return Decision.APPROVED


async def add_run(session: AsyncSession, run_id: str, *, status: str = "completed", **request: object) -> None:
    """A run of the campaign `autumn`, without recipients."""
    row = {
        "id": run_id,
        "campaign_id": "autumn",
        "campaign_version": 1,
        "request": {"audience": {"kind": "everyone"}, "step": "", "occasion": "", **request},
        "status": status,
        "reason": "",
        "detail": "",
        "recipients": 0,
        "created_at": BEGAN,
        "updated_at": BEGAN,
        "ended_at": None,
    }
    await session.execute(insert(table_of(RunRow)), row)


async def add_emails(
    session: AsyncSession,
    count: int,
    *,
    run_id: str = "",
    campaign: str = "autumn",
    first: int = 0,
    kinds: int = 20,
    risk: Callable[[int], float] = lambda number: (number % 7) / 20,
    at: datetime = BEGAN,
    body: bytes = b"{}",
) -> list[str]:
    """Rows of e-mails, spread over `kinds` strata; their ids."""
    rows: list[dict[str, object]] = [
        {
            "id": f"msg_{campaign}_{run_id}_{number:07}",
            "campaign_id": campaign,
            "campaign_version": 1,
            "customer": f"c-{number:07}",
            "step": "welcome",
            "occasion": run_id,
            "path": "model",
            "products": [],
            "result": body,
            "record": "",
            "created_at": at + timedelta(seconds=number // 100),
            "run_id": run_id,
            "held": "",
            "stratum": f"kind {number % kinds:03}",
            "risk": risk(number),
            "why": "warned held_back" if risk(number) else "",
        }
        for number in range(first, first + count)
    ]
    for start in range(0, count, _AT_ONCE):
        await session.execute(insert(table_of(EmailRow)), rows[start : start + _AT_ONCE])
    return [str(row["id"]) for row in rows]


async def read_all(session: AsyncSession, sample_id: str, decide: Decide = approve) -> Sequence[Item]:
    """Decide about every e-mail of a sample, as deciding leaves it in the sample."""
    found = await items(session, sample_id)
    for item in found:
        await decided(session, item, decide(item))
    return found


async def decided(session: AsyncSession, item: Item, decision: Decision) -> None:
    """One decision."""
    of = table_of(SampleItemRow)
    here = (of.c.sample_id == item.sample) & (of.c.position == item.position)
    await session.execute(update(of).where(here).values(decision=decision.value, decided_at=clock.now()))
