"""The job that keeps facts: days whose windows are still open are counted anew, and whoever something was reported
about late. Stopped at any moment, it does the same again; repeating it changes nothing.

One customer who cannot be counted does not keep the others from it: that is logged, and how many there were is noted
with the pass (`left_out`)."""

from __future__ import annotations

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.merchandising_store import costs
from composer.facts.counting import Book, Counted, count
from composer.facts.episodes import CANDIDATES, DAY, LOOK_BACK, Span, midnight, reached
from composer.facts.line import keep_line
from composer.facts.line_reading import Basis
from composer.facts.noting import counted_since
from composer.facts.people import Person, people
from composer.facts.ruling import rules_in_force
from composer.facts.writing import close, days_of_nobody, days_to_sum, forget_nobody, sum_up, write
from composer.tables import CampaignRow, CampaignVersionRow
from memory.learned import Learned, forget_learned, load_learned, save_learned
from memory.privacy.retention import ledger_since
from memory.tables import OUTCOMES, Contact, Customer
from memory.tables import Event as EventRow
from store.database import Database
from store.types import to_units
from store.upsert import table_of

log = structlog.get_logger("penfriend.facts")

FACTS, VERSION = "facts", "2"
"""Under which it is noted up to when everything was counted. Another version counts everything anew."""
BATCH = 250
"""Customers whose events are read at a time, each batch in a session of its own."""
TOGETHER = timedelta(days=28)
"""Days that are counted in one go: a customer's events are read once for all e-mails they had then."""
ON_THE_WAY = timedelta(minutes=15)
"""An event may be committed so long after the moment it says it was received at."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
Progress = Callable[[str, int], None]
"""Hears the first day of some weeks, and how many customers of them were looked at."""
_CAMPAIGN, _VERSION = table_of(CampaignRow).c, table_of(CampaignVersionRow).c
_CONTACT, _EVENT, _CUSTOMER = table_of(Contact).c, table_of(EventRow).c, table_of(Customer).c
_BRANDS = select(_CAMPAIGN.id, _CAMPAIGN.flow, _VERSION.brand).where(
    _VERSION.campaign_id == _CAMPAIGN.id, _VERSION.version == _CAMPAIGN.version
)


def unseen(day: str, customers: int) -> None:
    """Progress for nobody."""


async def update_facts(
    database: Database,
    now: datetime,
    progress: Progress = unseen,
    *,
    everything: bool = False,
    unless_within: timedelta = timedelta(0),
) -> None:
    """Count what is still open, under the rules in force.

    `everything` counts final days anew too, as far back as the ledger and the events are kept. Where another process
    counted within `unless_within`, nothing is done.
    """
    async with database.session(readonly=True) as session:
        last = await load_learned(session, FACTS, VERSION)
        if last is not None and unless_within and now - last.as_of < unless_within:
            return
        book = await book_of(session, now)
        first = await _first_day(session, None if everything else last, book)
    counter = _Counter(database, book, progress)
    if first is not None:
        await counter.days(first)
        if last is not None and not everything:
            await counter.late(last.as_of - ON_THE_WAY, first)
        await counter.merged()
        await counter.sum_up(everything=everything or last is None)
    await counter.line(everything=everything or last is None)
    async with database.session() as session:
        await close(session, book.rules, now)
        left = counter.left_out
        document = {"settled_days": book.rules.settled.days, "rules": book.rules.version, "left_out": left}
        await save_learned(session, Learned(FACTS, VERSION, now, document))


async def left_out(session: AsyncSession) -> int:
    """Customers who could not be counted in the last pass: what is said of them is as it was counted before."""
    last = await load_learned(session, FACTS, VERSION)
    return 0 if last is None else int(last.document.get("left_out", 0))


async def count_everything_next(session: AsyncSession) -> None:
    """The next pass counts final days too. Never commits."""
    await forget_learned(session, FACTS)


async def book_of(session: AsyncSession, now: datetime) -> Book:
    """What everybody is counted by at a moment."""
    campaigns = (await session.execute(_BRANDS)).all()
    return Book(
        rules=await rules_in_force(session),
        currencies={row.id: row.brand["currency"] for row in campaigns},
        flows={row.id: row.flow for row in campaigns},
        costs={product: to_units(cost) for product, cost in (await costs(session)).items()},
        now=now,
        since=await _since(session),
    )


async def _since(session: AsyncSession) -> datetime:
    """The first day of which episodes and the ledger are kept. Of what the ledger says first nobody knows whether it
    began there."""
    ledger = await ledger_since(session)
    known = EVER if ledger is None else midnight(ledger) + DAY + LOOK_BACK
    return max(known, await counted_since(session) or EVER)


async def _first_day(session: AsyncSession, last: Learned | None, book: Book) -> datetime | None:
    """The first one to count; None where no campaign has come to anybody."""
    first = await _day_of_contacts(session, book.currencies, book.since)
    if last is None or first is None:
        return first
    # What was still open when it was counted last is not final yet, however long ago that was.
    open_for = max(book.rules.settled, timedelta(days=last.document["settled_days"]))
    return max(first, midnight(min(book.now, last.as_of) - open_for))


async def _day_of_contacts(session: AsyncSession, campaigns: Iterable[str], since: datetime) -> datetime | None:
    """The first day from `since` on that a campaign came to somebody: a look into the index for each campaign."""
    firsts = [
        await session.scalar(select(func.min(_CONTACT.at)).where(_CONTACT.campaign == one, _CONTACT.at >= since))
        for one in campaigns
    ]
    first = min((at for at in firsts if at is not None), default=None)
    return None if first is None else midnight(first)


class _Counter:
    """One pass."""

    def __init__(self, database: Database, book: Book, progress: Progress) -> None:
        self._database = database
        self._book = book
        self._progress = progress
        self.left_out = 0
        """Customers who could not be counted, once for each time they were tried."""

    async def days(self, first: datetime) -> None:
        """Every day from `first` to now, some weeks at a time."""
        day: datetime | None = first
        while day is not None and day <= self._book.now:
            await self._span(Span(day, day + TOGETHER))
            async with self._database.session(readonly=True) as session:
                day = await _day_of_contacts(session, self._book.currencies, day + TOGETHER)

    async def late(self, since: datetime, before: datetime) -> None:
        """Days before `before` of those about whom something that happened on such a day came in after `since`."""
        for batch in await self._reported(since, before):
            for first, customers in sorted((await self._weeks_of(batch, before)).items()):
                await self._customers(Span(first, min(before, first + TOGETHER)), customers)

    async def merged(self) -> None:
        """Who was merged into somebody else has their episodes there."""
        async with self._database.session(readonly=True) as session:
            days = await days_of_nobody(session)
        if not days:
            return
        for day in sorted(day for day in days if day >= self._book.since.date()):
            first = datetime.combine(day, time(), UTC)
            await self._span(Span(first, first + DAY))
        # Last: whoever stops before finds them again.
        async with self._database.session() as session:
            await forget_nobody(session)

    async def sum_up(self, *, everything: bool) -> None:
        """The sums of all days that changed since they were summed up, or of all."""
        async with self._database.session(readonly=True) as session:
            days = await days_to_sum(session, everything=everything)
        for day in days:
            async with self._database.session() as session:
                await sum_up(session, day)

    async def line(self, *, everything: bool) -> None:
        """All that was bought by those whom the shop's holdout drew, whether or not a campaign came to them."""
        async with self._database.session(readonly=True) as session:
            basis = Basis(self._book.rules, self._book.now, await counted_since(session))

        def done(customers: int) -> None:
            self._progress("everybody's orders", customers)

        await keep_line(self._database, basis, done, self._leave_out, everything=everything, on_the_way=ON_THE_WAY)

    async def _span(self, span: Span) -> None:
        async with self._database.session(readonly=True) as session:
            customers = await reached(session, [*self._book.currencies], span)
        await self._customers(span, customers)

    async def _customers(self, span: Span, customers: Sequence[str]) -> None:
        for first in range(0, len(customers), BATCH):
            batch = customers[first : first + BATCH]
            async with self._database.session(readonly=True) as session:
                read = await people(session, batch, span, self._book.rules)
            counted = []
            for person in read:
                counted += self._count(person)
                # Whoever is served by the same loop comes first.
                await asyncio.sleep(0)
            if counted:
                async with self._database.session() as session:
                    await write(session, counted, span, self._book.now)
            self._progress(f"{span.since:%Y-%m-%d}", first + len(batch))

    def _count(self, person: Person) -> list[Counted]:
        """Of one customer; nothing where that fails."""
        try:
            return [count(person, self._book)]
        # Whatever somebody's browser or shop has sent must not keep everybody else from being counted.
        except Exception as error:  # noqa: BLE001
            self._leave_out(error)
            return []

    def _leave_out(self, error: Exception) -> None:
        self.left_out += 1
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        log.error("customer_left_out", reason="not_counted", error=type(error).__name__, where=where)

    async def _reported(self, since: datetime, before: datetime) -> list[dict[str, datetime]]:
        """Customers in batches, each with the first moment that something late was about: that came in late, or
        became theirs when somebody turned out to be them."""
        first_of = select(_EVENT.customer_id, func.min(_EVENT.at)).where(OUTCOMES, _EVENT.at < before)
        came_in = first_of.where(_EVENT.received_at >= since)
        merged = first_of.where(_EVENT.customer_id.in_(select(_CUSTOMER.id).where(_CUSTOMER.merged_at >= since)))
        found: dict[str, datetime] = {}
        async with self._database.session(readonly=True) as session:
            for query in (came_in, merged):
                for customer, at in (await session.execute(query.group_by(_EVENT.customer_id))).all():
                    found[customer] = min(at, found.get(customer, at))
        ordered = sorted(found.items())
        return [dict(ordered[first : first + BATCH]) for first in range(0, len(ordered), BATCH)]

    async def _weeks_of(self, reported: Mapping[str, datetime], before: datetime) -> Mapping[datetime, list[str]]:
        """Who was reached when, before `before`, in times that it may say something of: first day -> customers."""
        book = self._book
        since = {one: max(book.since, midnight(at - book.rules.settled)) for one, at in reported.items()}
        query = select(_CONTACT.customer_id, _CONTACT.at).where(
            _CONTACT.customer_id.in_(since),
            _CONTACT.at >= min(since.values()),
            _CONTACT.at < before,
            CANDIDATES,
        )
        found: dict[datetime, set[str]] = defaultdict(set)
        async with self._database.session(readonly=True) as session:
            for customer, at in (await session.execute(query)).all():
                if at >= since[customer]:
                    found[max(book.since, at - (at - EVER) % TOGETHER)].add(customer)
        return {first: sorted(customers) for first, customers in found.items()}
