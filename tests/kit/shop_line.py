"""A shop that holds some customers out of everything, and what they buy: through the real ingest and the real job."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from composer.experiments import holdouts
from composer.experiments.assigning import held_out
from composer.experiments.model import Holdout
from composer.facts.line import LINE
from composer.facts.tables import DepartedRow, DrawnRow, SpentRow
from composer.facts.updating import update_facts
from memory.ingest import ingest
from memory.learned import forget_learned
from store import clock
from store.database import Database
from store.upsert import table_of

BEGAN = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def named(holdout: Holdout, out: bool, number: int) -> list[str]:
    """Ids of the shop's that this holdout puts on that side: whom it draws is new each time."""
    names = (f"c{place}" for place in itertools.count())
    return list(itertools.islice((one for one in names if held_out(holdout, one) == out), number))


class LineShop:
    """Everything is received as it happens, unless something else is said."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._count = 0

    async def hold_out(self, share: float, at: datetime = BEGAN, days: int = 365) -> Holdout:
        """From then on, others than before."""
        with clock.frozen_at(at):
            async with self.database.session() as session:
                return await holdouts.set_holdout(session, share, until=at + days * DAY, by="me")

    async def joined(self, customer: str, at: datetime, consent: bool | None = True) -> None:
        """Known to the shop; `consent`: what its data says, None: nothing."""
        traits = {} if consent is None else {"email_consent": consent}
        await self._take({"type": "identify", "userId": customer, "traits": traits}, at, at)

    async def did(
        self, customer: str, event: str, at: datetime, received: datetime | None = None, **about: Any
    ) -> None:
        """An event."""
        message = {"type": "track", "userId": customer, "event": event, "properties": about}
        await self._take(message, at, received or at)

    async def became(self, customer: str, guest: str, at: datetime) -> None:
        """The guest turns out to be this customer."""
        message = {"type": "identify", "userId": customer, "anonymousId": guest, "traits": {}}
        await self._take(message, at, at)

    async def ordered(
        self,
        customer: str,
        at: datetime,
        total: float = 50.0,
        order_id: str = "",
        received: datetime | None = None,
        **about: Any,
    ) -> str:
        """Its id."""
        self._count += 1
        order_id = order_id or f"o{self._count}"
        await self.did(customer, "Order Completed", at, received, order_id=order_id, total=total, **about)
        return order_id

    async def told(self, customer: str, orders: Sequence[tuple[str, datetime]], received: datetime) -> None:
        """Of orders, by id and moment of the report, at once: 10 each."""
        messages = []
        for order_id, at in orders:
            self._count += 1
            about = {"order_id": order_id, "total": 10}
            messages.append(
                {
                    "type": "track",
                    "userId": customer,
                    "event": "Order Completed",
                    "messageId": f"m{self._count}",
                    "timestamp": at.isoformat(),
                    "properties": about,
                }
            )
        with clock.frozen_at(received):
            async with self.database.session() as session:
                report = await ingest(session, messages, received_at=received)
        assert not report.rejected

    async def _take(self, message: dict[str, Any], at: datetime, received: datetime) -> None:
        self._count += 1
        message |= {"messageId": f"m{self._count}", "timestamp": at.isoformat()}
        with clock.frozen_at(received):
            async with self.database.session() as session:
                report = await ingest(session, [message], received_at=received)
        assert not report.rejected

    async def count(self, now: datetime, *, everything: bool = False) -> None:
        """The job."""
        with clock.frozen_at(now):
            await update_facts(self.database, now, everything=everything)

    async def anew(self, now: datetime) -> None:
        """Forget all that was counted, and count it again."""
        async with self.database.session() as session:
            for table in (DrawnRow, SpentRow, DepartedRow):
                await session.execute(delete(table_of(table)))
            await forget_learned(session, LINE)
        await self.count(now)

    async def drawn(self) -> dict[str, list[dict[str, Any]]]:
        """By the shop's id."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in await self._rows(DrawnRow):
            found.setdefault(row["customer"], []).append(row)
        return found

    async def spent(self) -> list[dict[str, Any]]:
        """All days on which somebody bought, in their order."""
        return await self._rows(SpentRow)

    async def departed(self) -> list[dict[str, Any]]:
        """All sums over those who are gone."""
        return await self._rows(DepartedRow)

    async def _rows(self, model: Any) -> list[dict[str, Any]]:
        table = table_of(model)
        async with self.database.session(readonly=True) as session:
            rows = (await session.execute(select(table).order_by(*table.primary_key.columns))).mappings()
            return [dict(row) for row in rows]
