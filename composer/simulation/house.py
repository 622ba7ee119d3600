"""One database of Penfriend for one made-up shop: what the shop says goes in, e-mails come out, and it learns.

Memory, picks, permission, decision, contact ledger, facts and learner are the real ones. Left out unless asked for
(`full`): writing, checking and rendering the text, and keeping it; nobody reads it here, and it takes most of the time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.embedding import HashingEncoder
from catalog.learning.interactions import KINDS, InteractionsBuilder, seconds
from catalog.learning.orders import baskets_of
from catalog.products import upsert
from catalog.service import Catalog
from catalog.signals import learn_signals
from composer.bandit.learning import learn_decisions
from composer.batch import Batch, Written
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult
from composer.documents import Brief, Campaign
from composer.facts.updating import update_facts
from composer.responses import emails_known
from composer.simulation.brand import BRAND
from composer.simulation.happening import CAMPAIGN
from composer.simulation.scripted import ScriptedWriter
from composer.simulation.shelf import Shelf
from composer.simulation.unwritten import Unwritten
from composer.simulation.world import START
from composer.steps import Steps
from memory.baskets import happenings
from memory.email_hints import EmailsKnown
from memory.ingest import ingest
from memory.lines import ProductHints
from memory.response_learning import learn_responses
from prompts.library import Library
from store import clock
from store.crypto import Keyring
from store.database import Database

SIGNALS_EVERY = 4
"""Weeks between two times that what is popular and bought together is learned."""


def _silent(job: str, done: int) -> None:
    """Nobody watches."""


class House:
    """Opened by `open_simulated`."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        library: Library,
        shelf: Shelf,
        version: int,
        *,
        learns: bool,
        full: bool,
    ) -> None:
        writers = (ScriptedWriter(),) if full else ()
        steps = Steps(keyring=database.keyring, library=library, picker=catalog, writers=writers)
        self._batch = Batch(database, steps)
        self._database, self._catalog, self._version = database, catalog, version
        self._unwritten = None if full else Unwritten(database, catalog)
        self._enrich, self._learns = shelf_hints(shelf).get, learns

    async def hear(self, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """Take what the shop and its mail sender report."""
        known: EmailsKnown = emails_known if self._unwritten is None else self._unwritten.emails_known
        with clock.frozen_at(at):
            async with self._database.session() as session:
                await ingest(session, messages, received_at=at, enrich=self._enrich, emails=known)

    async def mail(self, customers: Sequence[str], occasion: str, at: datetime) -> list[ComposeResult]:
        """An e-mail about `occasion` for each who may be written to and has one that fits."""
        requests = [ComposeRequest(campaign=CAMPAIGN, customer=one, occasion=occasion) for one in customers]
        with clock.frozen_at(at):
            prepared = await self._batch.prepare(requests, campaign_version=self._version, began=at)
            if self._unwritten is not None:
                return await self._unwritten.settle(prepared)
            written = [await self._batch.write(one) for one in prepared]
            return await self._stored(written)

    async def _stored(self, written: Sequence[Written]) -> list[ComposeResult]:
        async with self._database.session() as session:
            stored = await self._batch.store(session, written)
        return [one for one in stored if isinstance(one, ComposeResult) and one.id]

    async def learn(self, at: datetime, week: int) -> None:
        """The jobs that a server runs by the hour, before a mailing; nothing between two mailings asks for them.

        What came of e-mails is counted, and ways to write are learned from it, where the brief lets that count.
        """
        with clock.frozen_at(at):
            await learn_responses(self._database, at, _silent)
            if self._learns:
                await update_facts(self._database, at)
                await learn_decisions(self._database, at)
            if week % SIGNALS_EVERY == 0:
                await self._learn_signals()

    async def _learn_signals(self) -> None:
        builder = InteractionsBuilder()
        async with self._database.session() as session:
            async for one in happenings(session):
                builder.add(one.customer, one.product_id, seconds(one.at), KINDS.index(one.kind), one.quantity)
            await learn_signals(session, baskets_of(builder.build()))
        await self._catalog.reload()


@asynccontextmanager
async def open_simulated(folder: Path, shelf: Shelf, brief: Brief, *, full: bool = False) -> AsyncIterator[House]:
    """A new shop in `folder` with these products and one newsletter campaign; gone with the folder."""
    database = Database.open(f"sqlite:///{folder / 'shop.db'}", Keyring.generate())
    try:
        with clock.frozen_at(START):
            await database.migrate()
            version = await _set_up(database, shelf, brief)
            catalog = await Catalog.open(database, folder / "index", HashingEncoder(64))
            await catalog.refresh()
        yield House(database, catalog, Library.load(), shelf, version, learns=brief.learn, full=full)
    finally:
        await database.close()


def shelf_hints(shelf: Shelf) -> dict[str, ProductHints]:
    """`memory.lines.Enrich`: what the catalog tells of products that events only name."""
    return {
        one.id: ProductHints(
            name=one.title,
            category=one.category(),
            brand=one.brand,
            price=one.sale_price or one.price,
            attributes={"material": one.material} if one.material else {},
        )
        for one in shelf.products
    }


async def _set_up(database: Database, shelf: Shelf, brief: Brief) -> int:
    campaign = Campaign(id=CAMPAIGN, name="Newsletter", flow="newsletter", brand=BRAND.id, brief=brief)
    async with database.session() as session:
        await save_brand(session, BRAND)
        await upsert(session, shelf.products)
        return await save_campaign(session, campaign)
