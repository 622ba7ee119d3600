"""The catalog as the house opens it: one object over database, index and view."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from sqlalchemy.ext.asyncio import AsyncSession

from catalog import picks, search, vectors
from catalog.embedding import BATCH, Encoder
from catalog.index import Generation, IndexFolder, IndexUnusable, flat_index, held_vectors
from catalog.model import Limits, Pick, Taste
from catalog.neighbours import EXACT_ROWS, build_lists
from catalog.view import CatalogView, build_view, read_view
from store import clock
from store.database import Database

Progress = Callable[[int, int | None], None]
SAVE_EVERY = BATCH * 16
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

    def pick(self, taste: Taste, limits: Limits, *, now: datetime | None = None, seed: int = 0) -> list[Pick]:
        """See `picks.pick`; milliseconds, in memory."""
        return picks.pick(self.view, taste, limits, now=now or clock.now(), seed=seed)

    async def search(self, query: str, limits: Limits | None = None, k: int = 20) -> list[search.Found]:
        """See `search.search`. The first call loads the model. Raises: EmptyQuery."""
        now = clock.now()
        return await asyncio.to_thread(search.search, self.view, query, self._encoder, limits, k, now=now)


def _build(model_id: str, products: str, stored: vectors.Stored) -> Generation:
    index = flat_index(stored.vectors)
    held = held_vectors(index)
    lists = build_lists(index, held) if len(held) > LISTS_FROM else None
    return Generation(model_id, products, stored.ids, index, held, lists)
