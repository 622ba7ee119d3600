"""The catalog as the house opens it: one object over database, index and view."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from sqlalchemy.ext.asyncio import AsyncSession

from catalog import complements, picks, search, vectors
from catalog import explain as explaining
from catalog.brief_prices import PriceReader
from catalog.brief_text import BriefReader, Understood
from catalog.embedding import Encoder, Vectors
from catalog.index import Generation, IndexFolder, IndexUnusable, flat_index, held_vectors
from catalog.merchandising import NOWHERE, Placement
from catalog.merchandising_rules import RuleBook
from catalog.merchandising_store import costs
from catalog.model import BasketPrice, Limits, Pick, Taste
from catalog.neighbours import EXACT_ROWS, build_lists
from catalog.query_vectors import QueryVectors
from catalog.trace import Trace
from catalog.view import CatalogView, build_view, read_view
from catalog.vocabulary import Vocabulary
from store import clock
from store.database import Database

Progress = Callable[[int, int | None], None]
SAVE_EVERY = 512
"""Texts encoded between two transactions: what a kill can cost, one to five seconds of work."""
LISTS_FROM = 2 * EXACT_ROWS
"""Products from which neighbour lists are worth their building time: below, scoring all stays within 5 ms."""


class Refreshed(NamedTuple):
    """What a refresh did: texts encoded, products in view, why the index was rebuilt (None: it was not)."""

    embedded: int
    products: int
    rebuilt: str | None


class Catalog:
    """Products, picks and search. Made by `Catalog.open`; `refresh` and `reload` replace the view."""

    def __init__(self, database: Database, folder: IndexFolder, encoder: Encoder) -> None:
        self._database = database
        self._folder = folder
        self._encoder = encoder
        self._queries = QueryVectors(encoder)
        self._vocabulary: Vocabulary | None = None
        self._rules = RuleBook()
        self._refreshing = asyncio.Lock()
        self.view: CatalogView
        """The present state. Take it once for each request: the next refresh puts another in its place."""
        self.opened: Refreshed
        """What opening or the last refresh had to do."""

    @classmethod
    async def open(cls, database: Database, index_dir: Path, encoder: Encoder) -> Self:
        """Load the view. Never encodes, so it needs no torch; an unusable index is rebuilt from the database.

        Raises: DatabaseUnavailable and its kinds, IndexNotWritten, IndexBusy.
        """
        catalog = cls(database, IndexFolder(index_dir), encoder)
        await catalog.reload()
        return catalog

    async def refresh(self, progress: Progress | None = None) -> Refreshed:
        """Encode what is new or changed, rebuild the index if that changed it, and put the new view in place.

        Vectors are saved every few hundred texts, each time in a transaction of its own: a refresh that is
        cut short goes on where it was. `progress` hears (encoded, to encode). Raises: as `open`.
        """
        async with self._refreshing:
            embedded = await self._embed(progress)
            return await self._load(embedded)

    async def reload(self) -> Refreshed:
        """Put a view of the present database in place without encoding. Raises: as `open`."""
        async with self._refreshing:
            return await self._load(0)

    async def _embed(self, progress: Progress | None) -> int:
        async with self._database.session(readonly=True) as session:
            waiting = await vectors.stale(session, self._encoder.model_id)
        for start in range(0, len(waiting), SAVE_EVERY):
            chunk = waiting[start : start + SAVE_EVERY]
            encoded = await asyncio.to_thread(self._encoder.encode, [item.text for item in chunk])
            async with self._database.session() as session:
                await vectors.save(session, self._encoder.model_id, chunk, encoded)
            if progress:
                progress(start + len(chunk), len(waiting))
        return len(waiting)

    async def _load(self, embedded: int) -> Refreshed:
        async with self._database.session(readonly=True) as session:
            generation, rebuilt = await self._generation(session)
            raws, learned = await read_view(session)
            self._rules.learn_costs(await costs(session))
        self.view = await asyncio.to_thread(build_view, raws, learned, generation)
        self.opened = Refreshed(embedded, len(self.view), rebuilt)
        return self.opened

    async def _generation(self, session: AsyncSession) -> tuple[Generation, str | None]:
        """The index as the embedding table has it, and why it had to be rebuilt."""
        model_id, dimension = self._encoder.model_id, self._encoder.dimension
        products = await vectors.fingerprint(session, model_id)
        try:
            return await asyncio.to_thread(self._folder.load, model_id, dimension, products), None
        except IndexUnusable as error:
            stored = await vectors.load(session, model_id, dimension)
            generation = await asyncio.to_thread(_build, model_id, products, stored)
            await asyncio.to_thread(self._folder.write, generation)
            return generation, error.reason

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
        now = now or clock.now()
        return picks.pick(view, taste, limits, now=now, seed=seed, placement=placement, rules=rules, trace=trace)

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
        view = self.view
        rules = self._rules.rules(view, placement.merchandising)
        return explaining.explain(
            view, taste, limits, now=now, seed=seed, placement=placement, rules=rules, show=show
        )

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

    async def vector(self, query: str) -> Vectors | None:
        """float32 [1, d] of a query; None when more than a few are waiting. Loads the model if need be."""
        return await self._queries.get(query, None)

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
        not there by then is answered by words alone, and the answer says so. Raises: EmptyQuery.
        """
        text, view, now = search.cleaned(query), self.view, clock.now()
        vector = await self._queries.get(text, patience)
        return await asyncio.to_thread(search.search, view, text, vector, limits, k, now=now, in_stock=in_stock)


def _build(model_id: str, products: str, stored: vectors.Stored) -> Generation:
    index = flat_index(stored.vectors)
    held = held_vectors(index)
    lists = build_lists(index, held) if len(held) > LISTS_FROM else None
    return Generation(model_id, products, stored.ids, index, held, lists)
