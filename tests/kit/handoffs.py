"""Hand-offs in tests: a shop whose run is composed, and dispatchers that are in a hurry."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, update
from sqlmodel import col, select

from composer.contract import ComposeResult
from composer.documents import Brand
from composer.handoff import service
from composer.handoff.channel import Answer, Channel, Parcel, Verdict
from composer.handoff.channels import ChannelsOf
from composer.handoff.dispatcher import Channels, Dispatcher
from composer.handoff.model import Delivery, Handoff, HandoffRequest, HandoffStatus
from composer.handoff.pace import Pace
from composer.handoff.settings import ListmonkSettings, SmtpSettings, WebhookSettings
from composer.handoff.tables import DeliveryRow, HandoffRow
from composer.runs.tables import RunEventRow, RunRow
from store import clock
from store.database import Database
from tests.kit.patience import PATIENCE_S
from tests.kit.prepared import PreparedShop

HASTE = Pace(lease_s=30.0, retry_s=(0.05, 0.05, 0.05), rest_s=0.05, max_rest_s=0.2, flush_s=0.02, grace_s=1.0)
"""For tests: waits are too short to be noticed."""
LONG_AGO = timedelta(minutes=1)

_REQUEST: TypeAdapter[HandoffRequest] = TypeAdapter(HandoffRequest)


class HandoffShop:
    """A tea shop whose campaign is composed. Made with `HandoffShop.open`."""

    def __init__(self, shop: PreparedShop, run: str, emails: Sequence[ComposeResult]) -> None:
        self.shop, self.run, self.emails = shop, run, list(emails)
        self.database = shop.database

    @classmethod
    async def open(cls, database: Database, *, customers: int = 3, brand: Brand | None = None) -> HandoffShop:
        """A completed run to `c-1`, `c-2` …, whose addresses are `c-1@post.example` …"""
        shop = await PreparedShop.open(database, customers=customers, brand=brand)
        emails = [await shop.compose(customer=f"c-{number}") for number in range(1, customers + 1)]
        run = await shop.run(emails)
        async with database.session() as session:
            (await session.get_one(RunRow, run)).status = "completed"
        return cls(shop, run, emails)

    async def start(self, channel: str = "smtp", *, run: str | None = None, **request: Any) -> Handoff:
        """Begin a hand-off of the run."""
        asked = _REQUEST.validate_python({"channel": channel, **request})
        async with self.database.session() as session:
            return await service.start(session, run or self.run, asked)

    async def resume(self, handoff: Handoff) -> Handoff:
        """Go on."""
        async with self.database.session() as session:
            return await service.resume(session, handoff.id)

    async def pause(self, handoff: Handoff) -> Handoff:
        """Stand still."""
        async with self.database.session() as session:
            return await service.pause(session, handoff.id)

    async def cancel(self, handoff: Handoff) -> Handoff:
        """For good."""
        async with self.database.session() as session:
            return await service.cancel(session, handoff.id)

    async def retry(self, handoff: Handoff) -> Handoff:
        """What failed once more."""
        async with self.database.session() as session:
            return await service.retry_failed(session, handoff.id)

    async def settle(self, handoff: Handoff, ends: Mapping[int, tuple[str, str]], *, status: str = "completed") -> None:
        """As though it had been delivered: (status, reason) by position; everybody else's e-mail was sent."""
        async with self.database.session() as session:
            query = select(DeliveryRow).where(col(DeliveryRow.handoff_id) == handoff.id)
            for row in (await session.execute(query)).scalars():
                row.status, row.reason = ends.get(row.position, ("sent", ""))
            (await session.get_one(HandoffRow, handoff.id)).status = status

    async def handoff(self, handoff_id: str) -> Handoff:
        """Where it stands."""
        async with self.database.session(readonly=True) as session:
            return await service.get(session, handoff_id)

    async def deliveries(self, handoff_id: str) -> list[Delivery]:
        """By position."""
        async with self.database.session(readonly=True) as session:
            return await service.deliveries(session, handoff_id, limit=500)

    async def statuses(self, handoff_id: str) -> Counter[str]:
        """How many deliveries have which status."""
        return Counter(one.status.value for one in await self.deliveries(handoff_id))

    async def events(self) -> list[str]:
        """What happened to the run."""
        async with self.database.session(readonly=True) as session:
            rows = await session.execute(select(RunEventRow.kind).order_by(col(RunEventRow.id)))
            return list(rows.scalars())

    def channels(self, *, smtp: SmtpSettings | None = None, listmonk: ListmonkSettings | None = None) -> ChannelsOf:
        """The real ones."""
        return ChannelsOf(
            self.database,
            smtp=smtp or SmtpSettings(),
            listmonk=listmonk or ListmonkSettings(),
            webhooks=WebhookSettings(private=True),
        )

    def dispatcher(self, channels: Channels, pace: Pace = HASTE) -> Dispatcher:
        """One process."""
        return Dispatcher(self.database, self.shop.freshness, channels, pace=pace, look_every_s=0.02)

    async def deliver(self, handoff: Handoff, channels: Channels, pace: Pace = HASTE) -> Handoff:
        """Until it is over, or paused."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.dispatcher(channels, pace).deliver(handoff.id, lambda _: None)

    async def until(self, handoff_id: str, *statuses: HandoffStatus) -> Handoff:
        """As soon as it is one of these."""
        return await self.until_so(handoff_id, lambda found: found.status in statuses)

    async def until_held(self, handoff_id: str, wanted: int = 0) -> None:
        """As soon as dispatchers hold so many deliveries of it."""
        held = select(func.count()).where(
            col(DeliveryRow.handoff_id) == handoff_id,
            col(DeliveryRow.status) == "pending",
            col(DeliveryRow.owner) != "",
        )
        async with asyncio.timeout(PATIENCE_S):
            count = -1
            while count != wanted:
                await asyncio.sleep(0.02)
                async with self.database.session(readonly=True) as session:
                    count = (await session.execute(held)).scalar_one()

    async def killed(self, dispatcher: Dispatcher, channels: ScriptedChannels) -> None:
        """Let it begin a delivery, then be gone without a word, as by SIGKILL."""
        task = asyncio.create_task(dispatcher.run())
        await channels.until_begun()
        for one in asyncio.all_tasks():
            if one.get_coro().__qualname__.startswith(("Sending.", "Dispatcher.")):  # type: ignore[union-attr]
                one.cancel()
        task.cancel()

    async def let_leases_run_out(self, handoff_id: str) -> None:
        """As time would: what dead dispatchers held is anybody's."""
        async with self.database.session() as session:
            held = col(DeliveryRow.handoff_id) == handoff_id, col(DeliveryRow.owner) != ""
            await session.execute(update(DeliveryRow).where(*held).values(next_at=clock.now() - LONG_AGO))

    def parcel(self, email: ComposeResult) -> Parcel:
        """One e-mail, ready to be handed over."""
        document = email.model_dump(mode="json")
        return Parcel(email.id, self.run, f"{email.customer}@post.example", document)

    def raise_price(self, product_id: str, price: str) -> None:
        """In the catalog of this moment."""
        self.shop.shelf.change(product_id, price=Decimal(price))

    async def until_resting(self, handoff_id: str) -> Handoff:
        """As soon as its far side was found to be away."""
        return await self.until_so(handoff_id, lambda found: found.rests_until is not None)

    async def until_so(self, handoff_id: str, enough: Callable[[Handoff], bool]) -> Handoff:
        """As soon as it stands so."""
        async with asyncio.timeout(PATIENCE_S):
            found = await self.handoff(handoff_id)
            while not enough(found):
                await asyncio.sleep(0.02)
                found = await self.handoff(handoff_id)
        return found


class ScriptedChannels:
    """Channels without a far side: answer as told, and remember what they were handed."""

    def __init__(self, answer: Callable[[Parcel], Answer] | None = None, *, concurrency: int = 2) -> None:
        self._answer = answer or (lambda parcel: Answer(Verdict.SENT))
        self._free = asyncio.Event()
        self._free.set()
        self._begun = asyncio.Event()
        self.concurrency = concurrency
        self.per_second: float | None = None
        self.needs_address = True
        self.sends = True
        self.parcels: list[Parcel] = []

    async def open(self, handoff: Handoff) -> Channel:
        """Itself."""
        return self

    async def send(self, parcel: Parcel) -> Answer:
        """Answer, once it is let."""
        self._begun.set()
        await self._free.wait()
        self.parcels.append(parcel)
        return self._answer(parcel)

    async def close(self) -> None:
        """Nothing to end."""

    def hold(self) -> None:
        """Answer nothing for now."""
        self._free.clear()

    def release(self) -> None:
        """Answer again."""
        self._free.set()

    async def until_begun(self) -> None:
        """As soon as one was handed over."""
        async with asyncio.timeout(PATIENCE_S):
            await self._begun.wait()

    @property
    def keys(self) -> Counter[str]:
        """How often each key came."""
        return Counter(parcel.key for parcel in self.parcels)


@asynccontextmanager
async def dispatching(dispatcher: Dispatcher) -> AsyncIterator[None]:
    """A process that delivers, until the block ends."""
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def relay(port: int, **changes: Any) -> SmtpSettings:
    """A relay on this machine."""
    return SmtpSettings.model_validate({"host": "127.0.0.1", "port": port, "security": "plain", **changes})
