"""The catalog as the house opens it: one object over database, index and view."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from catalog import complements, picks, search
from catalog import explain as explaining
from catalog.ann import Progress as Steps
from catalog.brief_prices import PriceReader
from catalog.brief_text import BriefReader, Understood
from catalog.embedding import Encoder
from catalog.keeper import Keeper, Progress, Refreshed
from catalog.learning import artefact
from catalog.learning.artefact import LearnedState, LearnedUnusable
from catalog.learning.interactions import Interactions
from catalog.learning.learn import learn, refresh
from catalog.learning.model import Learned, Report, Standing
from catalog.limits import allowed
from catalog.merchandising import NOWHERE, Placement
from catalog.merchandising_rules import RuleBook
from catalog.merchandising_store import CostStamp, cost_stamp, costs
from catalog.model import BasketPrice, Limits, Pick, Taste, Theme
from catalog.query_vectors import QueryVectors
from catalog.trace import Trace
from catalog.view import CatalogView
from catalog.vocabulary import Vocabulary
from store import clock
from store.database import Database

LESSONS = "learned"
"""Folder of what was learned, within that of the index."""


class Ranking(NamedTuple):
    """What ranks picks now: a state, and it in words."""

    state: LearnedState | Standing
    detail: str


class Catalog:
    """Products, picks and search. Made by `Catalog.open`; `refresh` and `reload` replace the view."""

    def __init__(self, database: Database, index_dir: Path, encoder: Encoder) -> None:
        self._database = database
        self._keeper = Keeper(database, index_dir, encoder)
        self._encoder = encoder
        self._queries = QueryVectors(encoder)
        self._vocabulary: Vocabulary | None = None
        self._rules = RuleBook()
        self._costs_of = CostStamp(0, None)
        self._lessons = index_dir / LESSONS
        self._read: tuple[int, int] | None = None
        self.ranking = Ranking(LearnedState.MISSING, "Nothing was learned yet: the default weights rank.")
        """What ranks picks, as of the last `open`, `reload`, `refresh` or `learn`."""

    @classmethod
    async def open(cls, database: Database, index_dir: Path, encoder: Encoder) -> Self:
        """Load the view. Never encodes, so it needs no torch; an unusable index is rebuilt from the database.

        Raises: DatabaseUnavailable and its kinds.
        """
        catalog = cls(database, index_dir, encoder)
        await catalog._keeper.open()
        await catalog._settled()
        return catalog

    async def refresh(self, progress: Progress | None = None) -> Refreshed:
        """Encode what is new or changed, rebuild the index if that changed it, and put the new view in place.

        Vectors are saved every few hundred texts, each time in a transaction of its own: a refresh that is
        cut short goes on where it was. `progress` hears (encoded, to encode). Raises: as `open`.
        """
        await self._keeper.refresh(progress)
        return await self._settled()

    async def reload(self) -> Refreshed:
        """Put a view of the present database in place without encoding. Raises: as `open`."""
        await self._keeper.reload()
        return await self._settled()

    async def rebuild(self, progress: Steps) -> Refreshed:
        """Make the index anew from the database. `progress` hears (what, done, of how many). Raises: as `open`."""
        await self._keeper.rebuild(progress)
        return await self._settled()

    async def learn(
        self, interactions: Interactions, *, now: datetime | None = None, progress: Progress | None = None
    ) -> Report:
        """Learn from the shop's history how to rank, keep it on disk and rank by it, where it proves better.

        A minute or more of work, in a thread. `progress` hears (steps done, steps). Raises: LearnedNotWritten.
        """
        moment, view = now or clock.now(), self.view
        learned = await asyncio.to_thread(lambda: learn(interactions, moment, view=view, progress=progress))
        return await self._keep(learned)

    async def relearn(self, interactions: Interactions, *, now: datetime | None = None) -> Report | None:
        """The shop's signals anew, with the ranker there is: seconds. None where nothing was learned before."""
        bound = self.view.learned
        if bound is None:
            return None
        return await self._keep(await asyncio.to_thread(refresh, interactions, now or clock.now(), bound.learned))

    async def _keep(self, learned: Learned) -> Report:
        await asyncio.to_thread(artefact.save, self._lessons, learned)
        await self._take_up()
        return learned.report

    async def _take_up(self) -> None:
        """Rank by what is on disk, if that is not what ranks already. Whatever is wrong with it is said, not raised."""
        stamp = artefact.stamp(self._lessons)
        if stamp == self._read and stamp is not None:
            return
        try:
            learned = await asyncio.to_thread(artefact.load, self._lessons)
            self.ranking = Ranking(learned.report.standing, learned.report.sentence)
        except LearnedUnusable as error:
            learned = None
            self.ranking = Ranking(error.state, f"{error.message} The default weights rank.")
        self._read = stamp
        if learned is not None or self.view.learned is not None:
            await self._keeper.teach(learned)

    async def _settled(self) -> Refreshed:
        await self._take_up()
        async with self._database.session(readonly=True) as session:
            stamp = await cost_stamp(session)
            if stamp != self._costs_of:
                self._rules.learn_costs(await costs(session))
                self._costs_of = stamp
        return self.opened

    @property
    def view(self) -> CatalogView:
        """The present state. Take it once for each request: the next refresh puts another in its place."""
        return self._keeper.view

    @property
    def unwritten(self) -> str | None:
        """Why the disk did not take the index, as a reason code; it is served from memory meanwhile."""
        return self._keeper.unwritten

    @property
    def opened(self) -> Refreshed:
        """What opening or the last refresh had to do."""
        return self._keeper.done

    def pick(
        self,
        taste: Taste,
        limits: Limits,
        *,
        now: datetime | None = None,
        seed: int = 0,
        placement: Placement = NOWHERE,
        trace: Trace | None = None,
    ) -> list[Pick]:
        """See `picks.pick`; milliseconds, in memory. Keep the placement's document: its rules are looked up once."""
        view = self.view
        rules = self._rules.rules(view, placement.merchandising)
        now, taste = now or clock.now(), self._with_own_theme(taste)
        return picks.pick(view, taste, limits, now=now, seed=seed, placement=placement, rules=rules, trace=trace)

    def _with_own_theme(self, taste: Taste) -> Taste:
        """A theme's vector is of the model it was made with: under another one it goes by its words."""
        if taste.theme is None or taste.theme.model_id == self._encoder.model_id:
            return taste
        return taste.model_copy(update={"theme": Theme(query=taste.theme.query)})

    def explain(
        self,
        taste: Taste,
        limits: Limits,
        *,
        now: datetime,
        seed: int,
        placement: Placement = NOWHERE,
        show: int = explaining.SHOWN,
    ) -> explaining.Explanation:
        """The picks of `pick`, and the way to them; see `explain.explain`. Tens of milliseconds."""
        view, taste = self.view, self._with_own_theme(taste)
        rules = self._rules.rules(view, placement.merchandising)
        return explaining.explain(view, taste, limits, now=now, seed=seed, placement=placement, rules=rules, show=show)

    def price_basket(self, placement: Placement, picked: Sequence[Pick], now: datetime) -> BasketPrice | None:
        """See `complements.price_basket`."""
        return complements.price_basket(self.view, placement, picked, now)

    async def understand(self, text: str, limits: Limits = Limits(), currency: str | None = None) -> Understood:
        """What a brief in words says about this catalog, on top of `limits`; see `catalog.brief_text`.

        `currency` is what the shop sells in; without it, all that its products have.
        """
        return await asyncio.to_thread(self._understand, text, limits, currency)

    def _understand(self, text: str, limits: Limits, currency: str | None) -> Understood:
        view, vocabulary = self.view, self._vocabulary
        if vocabulary is None or vocabulary.view is not view:
            vocabulary = self._vocabulary = Vocabulary.of(view)
        prices = PriceReader({currency} if currency else view.columns.currencies())
        return BriefReader(vocabulary, prices).read(text, limits)

    def count(self, limits: Limits) -> int:
        """How many products could be picked within `limits` now."""
        return int(np.count_nonzero(allowed(self.view, limits, clock.now())))

    async def theme(self, query: str) -> Theme:
        """A query as a campaign's theme. Loads the model if need be."""
        return search.theme_of(query, await self._queries.get(query, None), self._encoder.model_id)

    async def search(
        self,
        query: str,
        limits: Limits = Limits(),
        k: int = 20,
        *,
        in_stock: bool = False,
        patience: float | None = None,
    ) -> search.Answer:
        """The `k` best products for a query, of all that `limits` allow, with `in_stock` those that can be sold.

        The first query loads the embedding model. Whoever cannot wait for it gives `patience` in seconds: what is
        not there by then is answered by words alone, and the answer says so. An empty query is none but within
        limits, whose products then come by popularity. Raises: EmptyQuery.
        """
        text = search.cleaned(query) if query or limits == Limits() else ""
        view, now = self.view, clock.now()
        vector = await self._queries.get(text, patience) if text else None
        return await asyncio.to_thread(search.search, view, text, vector, limits, k, now=now, in_stock=in_stock)
