"""The job that keeps what the shop's holdout is compared by: whom it drew, and all that each has spent since.

Every hour only those are looked at of whom an order was reported, or who said something about e-mails; everybody where
a period of the holdout has begun, or where what comes back counts for longer or shorter than before: one line must not
count some customers by other rules than others. Repeating it changes nothing. Whoever cannot be counted is left out,
and looked at again in each pass until they can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from composer.experiments.holdouts import periods
from composer.experiments.model import Holdout
from composer.facts.inheriting import inherit
from composer.facts.line_reading import Basis, read
from composer.facts.line_writing import Tried, put, uncounted
from composer.facts.orders import NAMES
from composer.facts.spent import Kept, Theirs, kept
from memory.learned import Learned, load_learned, save_learned
from memory.tables import OUTCOMES, Consent, ConsentChange, Customer
from memory.tables import Event as EventRow
from store.database import Database
from store.upsert import table_of

LINE, VERSION = "facts, shop's line", "1"
"""Under which it is noted up to when it was kept, for which periods of the holdout, and by which rules."""
BATCH = 250
"""Customers whose orders are read at a time."""
Done = Callable[[int], None]
"""Hears how many customers were looked at so far."""
Failed = Callable[[Exception], None]
"""Hears that somebody could not be counted."""
Batch = Mapping[str, datetime | None]
"""Our ids, each with the first moment that something new was said about; None: nothing about what they bought."""
_CUSTOMER, _CONSENT = table_of(Customer).c, table_of(Consent).c
_CHANGE, _EVENT = table_of(ConsentChange).c, table_of(EventRow).c


async def keep_line(
    database: Database, basis: Basis, done: Done, failed: Failed, *, everything: bool, on_the_way: timedelta
) -> None:
    """Bring it up to `basis.now`. `on_the_way`: an event may be committed so long after it says it was received."""
    async with database.session(readonly=True) as session:
        last = await load_learned(session, LINE, VERSION)
        drawing = [one for one in reversed(await periods(session)) if _counts(one, basis)]
        again = await uncounted(session)
    if not drawing:
        return
    begun, returns_days = {one.id for one in drawing}, basis.rules.returns_days
    keeper = _Keeper(database, basis, drawing, again, done, failed)
    if last is not None:
        await keeper.merged(last.as_of - on_the_way)
    # Everybody has been looked at for these periods, by these rules.
    holds = (
        last is not None and begun.issubset(last.document["begun"]) and last.document["returns_days"] == returns_days
    )
    if last is None or not holds or everything:
        await keeper.everybody()
    else:
        await keeper.heard_of(last.as_of - on_the_way)
    document = {"begun": sorted(begun), "returns_days": returns_days}
    async with database.session() as session:
        await save_learned(session, Learned(LINE, VERSION, basis.now, document))


def _counts(holdout: Holdout, basis: Basis) -> bool:
    """Has it begun, and is any of it kept still?"""
    return holdout.starts_at <= basis.now and (basis.kept_since is None or holdout.ends_at > basis.kept_since)


class _Keeper:
    """One pass."""

    def __init__(
        self,
        database: Database,
        basis: Basis,
        drawing: Sequence[Holdout],
        again: Batch,
        done: Done,
        failed: Failed,
    ) -> None:
        self._database = database
        self._basis = basis
        self._drawing = drawing
        self._again = dict(again)
        """Whoever could not be counted, in passes before or in this one."""
        self._done = done
        self._failed = failed
        self._looked_at = 0

    async def everybody(self) -> None:
        """Whoever ever said anything about e-mails: nobody else was ever written to."""
        async for ids in self._ids():
            await self._batch(dict.fromkeys(ids, self._drawing[0].starts_at))

    async def heard_of(self, since: datetime) -> None:
        """Whoever ordered, or said something about e-mails, as far as it came in after `since`, and whoever could not
        be counted."""
        said = select(_CHANGE.customer_id).where(_CHANGE.recorded_at >= since)
        ordered = select(_EVENT.customer_id, func.min(_EVENT.at)).where(
            OUTCOMES, _EVENT.name.in_(NAMES), _EVENT.received_at >= since
        )
        async with self._database.session(readonly=True) as session:
            heard: dict[str, datetime | None] = dict.fromkeys((await session.execute(said.distinct())).scalars())
            rows = (await session.execute(ordered.group_by(_EVENT.customer_id))).all()
        heard.update((customer, at) for customer, at in rows)
        heard.update({one: _earlier(at, heard.get(one)) for one, at in self._again.items()})
        await self._batches(heard)

    async def merged(self, since: datetime) -> None:
        """Whom others turned out to be, after `since`: everything of theirs is counted anew."""
        query = select(_CUSTOMER.id).where(_CUSTOMER.merged_at >= since).order_by(_CUSTOMER.id)
        async with self._database.session(readonly=True) as session:
            customers = list((await session.execute(query)).scalars())
        for first in range(0, len(customers), BATCH):
            async with self._database.session() as session:
                await inherit(session, customers[first : first + BATCH])
        await self._batches(dict.fromkeys(customers, self._drawing[0].starts_at))

    async def _ids(self) -> AsyncIterator[Sequence[str]]:
        after = ""
        query = (
            select(_CUSTOMER.id)
            .where(_CONSENT.customer_id == _CUSTOMER.id, _CUSTOMER.external_id.is_not(None))
            .order_by(_CUSTOMER.id)
            .limit(BATCH)
        )
        while True:
            async with self._database.session(readonly=True) as session:
                ids = list((await session.execute(query.where(_CUSTOMER.id > after))).scalars())
            if not ids:
                return
            yield ids
            after = ids[-1]

    async def _batches(self, heard: Batch) -> None:
        # Late reports together: what is read of a batch begins with the first of them.
        ordered = sorted(heard.items(), key=lambda one: (one[1] or self._basis.now, one[0]))
        for first in range(0, len(ordered), BATCH):
            await self._batch(dict(ordered[first : first + BATCH]))

    async def _batch(self, batch: Batch) -> None:
        async with self._database.session(readonly=True) as session:
            found = await read(session, batch, self._drawing, self._basis)
        counted: list[Kept] = []
        failed: dict[str, datetime | None] = {}
        for theirs in found:
            one = self._kept(theirs)
            if one is None:
                failed[theirs.customer_id] = _earlier(batch[theirs.customer_id], self._again.get(theirs.customer_id))
            elif one.changes:
                counted.append(one)
            # Whoever is served by the same loop comes first.
            await asyncio.sleep(0)
        mended = [one for one in batch if one in self._again and one not in failed]
        if counted or failed or mended:
            async with self._database.session() as session:
                await put(session, counted, Tried(failed, mended))
        self._again.update(failed)
        self._looked_at += len(batch)
        self._done(self._looked_at)

    def _kept(self, theirs: Theirs) -> Kept | None:
        """Of one customer; None where that fails."""
        try:
            return kept(theirs, self._basis.rules.returns)
        # Whatever somebody's browser or shop has sent must not keep everybody else from being counted.
        except Exception as error:  # noqa: BLE001
            self._failed(error)
            return None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
