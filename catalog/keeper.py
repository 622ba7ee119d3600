"""Keeps the view up with the database: reads what changed, encodes what is new, writes generations, mends the index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import changes, signals, vectors
from catalog.advance import advanced, is_worn, taught
from catalog.ann import Progress as Steps
from catalog.builder import ViewBuilder, from_generation, mark, to_generation
from catalog.changes import Changed, Embedded, Point, Totals
from catalog.embedding import Encoder, Vectors
from catalog.index import Generation, IndexBusy, IndexFolder, IndexNotWritten, IndexState, IndexUnusable
from catalog.learning.model import Learned
from catalog.signals import Popular
from catalog.view import CatalogView, attach
from store.database import Database

log = structlog.get_logger("penfriend.catalog")

Progress = Callable[[int, int | None], None]
SAVE_EVERY = 512
"""Texts that are encoded, and saved, at once."""
BATCH = 500
"""Products that are taken in between two turns of the event loop."""
BULK_SHARE = 0.25
"""Share of the catalog that changed from which a view made anew costs less than one that is advanced."""


class Refreshed(NamedTuple):
    """What a refresh did: texts encoded, products in view, why the index was rebuilt (None: it was not)."""

    embedded: int
    products: int
    rebuilt: str | None


class _News(NamedTuple):
    """What changed since, as one transaction saw it."""

    since: Point
    changed: list[Changed]
    embedded: dict[str, Embedded]
    totals: Totals | None = None
    """Counted only where a generation is compared with the database: it takes a look at every product's stamp."""


def _silent(what: str, done: int, total: int | None) -> None:
    """Nobody watches."""


class Keeper:
    """One for each process and index. `refresh`, `reload` and `rebuild` take turns; reading `view` waits for none."""

    def __init__(self, database: Database, folder: Path, encoder: Encoder) -> None:
        self._database = database
        self._folder = IndexFolder(folder)
        self._encoder = encoder
        self._turn = asyncio.Lock()
        self._since = Point()
        self._lesson: object = None
        self._learned: Learned | None = None
        self.view: CatalogView
        self.done: Refreshed
        self.unwritten: str | None = None
        """Why the disk did not take the index, as a reason code; it is served from memory meanwhile."""

    async def open(self) -> Refreshed:
        """Load the generation on disk and catch up; make another where it is missing, damaged, or of something else.

        Raises: DatabaseUnavailable and its kinds.
        """
        async with self._turn:
            try:
                await self._load()
                rebuilt = None
            except IndexUnusable as error:
                await self._build_to_serve()
                rebuilt = error.reason
            return self._did(0, rebuilt)

    async def reload(self) -> Refreshed:
        """Catch up with the database without encoding. Raises: as `open`."""
        async with self._turn:
            return self._did(0, await self._catch_up())

    async def refresh(self, progress: Progress | None = None) -> Refreshed:
        """Catch up, then encode what is new or changed. What needs no encoding is seen at once. Raises: as `open`.

        Vectors are saved every few hundred texts, each time in a transaction of its own: a refresh that is cut
        short goes on where it was. `progress` hears (encoded, to encode).
        """
        async with self._turn:
            rebuilt = await self._catch_up()
            encoded = await self._encode(progress)
            if encoded:
                rebuilt = await self._catch_up(bulk=encoded > BULK_SHARE * len(self.view)) or rebuilt
            if is_worn(self.view):
                await self._build_to_serve()
            return self._did(encoded, rebuilt)

    async def teach(self, learned: Learned | None) -> None:
        """Lay what was learned over the view, there to stay with every view that follows."""
        async with self._turn:
            self._learned = learned
            self.view = await asyncio.to_thread(attach, self.view, learned)

    async def rebuild(self, progress: Steps = _silent) -> Refreshed:
        """Make the index anew from the database, whatever is on disk. Raises: as `open`, IndexNotWritten."""
        async with self._turn:
            await self._catch_up()
            encoded = await self._encode(lambda done, total: progress("understanding products", done, total))
            await self._build(progress)
            return self._did(encoded, "rebuild")

    def _did(self, encoded: int, rebuilt: str | None) -> Refreshed:
        self.done = Refreshed(encoded, self.view.live, rebuilt)
        return self.done

    async def _load(self) -> None:
        """The generation on disk, and what changed since. Raises: IndexUnusable."""
        encoder = self._encoder
        generation = await asyncio.to_thread(self._folder.load, encoder.model_id, encoder.dimension)
        if generation.facts.get("made_by") != mark():
            raise IndexUnusable(IndexState.OLD_FORMAT, "The index keeps products as an earlier version did.")
        async with self._database.session(readonly=True) as session:
            lesson, learned = await signals.lesson(session), await signals.load(session)
        view = await asyncio.to_thread(self._opened, generation, learned)
        news = await self._news(view, Point(*generation.facts["since"]), counted=True)
        if news is None:
            raise _of_other_products()
        view = await asyncio.to_thread(advanced, view, news.changed, news.embedded)
        stamps = int((view.ledger.stamp[view.alive] % changes.FOLD).sum())
        if news.totals != Totals(view.live, stamps):
            raise _of_other_products()
        self.view, self._since, self._lesson = view, news.since, lesson

    def _opened(self, generation: Generation, learned: Mapping[str, Popular]) -> CatalogView:
        view = attach(from_generation(generation, learned), self._learned)
        view.columns.groups.prepare()
        return view

    async def _catch_up(self, *, bulk: bool = False) -> str | None:
        """Advance the view, or make another where too much changed. Answers with why one was made."""
        news = None if bulk else await self._news(self.view, self._since)
        if news is None:
            await self._build_to_serve()
            return None if bulk else IndexState.STALE.value
        view = await asyncio.to_thread(advanced, self.view, news.changed, news.embedded)
        async with self._database.session(readonly=True) as session:
            lesson = await signals.lesson(session)
            learned = await signals.load(session) if lesson != self._lesson else None
        if learned is not None:
            view = await asyncio.to_thread(taught, view, learned)
        self.view, self._since, self._lesson = view, news.since, lesson
        return None

    async def _news(self, view: CatalogView, since: Point, *, counted: bool = False) -> _News | None:
        """What changed; None where that is too much to be applied, or the database is behind the view."""
        model_id = self._encoder.model_id
        async with self._database.session(readonly=True) as session:
            await changes.hold_still(session)
            now = await changes.point(session)
            if now.number < since.number or await changes.count(session, since) > BULK_SHARE * view.live:
                return None
            changed = sorted([one async for one in changes.products(session, since)], key=lambda one: one.product_id)
            written = [one async for one in changes.vectors(session, model_id, since)]
            embedded = {one.product_id: one for one in sorted(written, key=lambda one: one.product_id)}
            unknown = [one.product_id for one in changed if one.raw and view.corpus.row(one.product_id) < 0]
            embedded |= {one.product_id: one async for one in changes.vectors_of(session, model_id, unknown)}
            return _News(now, changed, embedded, await changes.totals(session) if counted else None)

    async def _encode(self, progress: Progress | None) -> int:
        """Encode and save what waits for it. Answers with how many."""
        view, rows = self.view, self.view.waiting().tolist()
        for start in range(0, len(rows), SAVE_EVERY):
            chunk = rows[start : start + SAVE_EVERY]
            texts, encoded = await asyncio.to_thread(self._encoded, view, chunk)
            async with self._database.session() as session:
                await vectors.save(session, self._encoder.model_id, texts, encoded)
            if progress:
                progress(start + len(chunk), len(rows))
        return len(rows)

    def _encoded(self, view: CatalogView, rows: Sequence[int]) -> tuple[list[tuple[str, str]], Vectors]:
        texts = [view.encodable(row) for row in rows]
        return texts, self._encoder.encode([text for _, text in texts])

    async def _build_to_serve(self) -> None:
        """As `_build`; where the disk refuses, the shop is served from memory, and the next build tries again."""
        self.unwritten = None
        try:
            await self._build(_silent)
        except IndexNotWritten as error:
            self.unwritten = error.reason
            log.warning("index_not_written", reason=error.reason, detail=error.message, fix=error.fix)

    async def _build(self, progress: Steps) -> None:
        """A view from the whole database, a generation of it on disk, and that one in its place."""
        await self._read(progress)
        if len(self.view) and not self.view.ledger.encoded.any():
            # Nothing is encoded yet: an index of nothing would only have to be made again.
            return
        content = to_generation(self.view, self._encoder.model_id, self._since)
        try:
            progress("writing the index", 0, None)
            folder = await asyncio.to_thread(self._folder.write, content)
        except IndexBusy:
            # It is served from memory until the next refresh that has reason to write.
            return
        mapped = await asyncio.to_thread(self._folder.load, self._encoder.model_id, self._encoder.dimension)
        if mapped.folder == folder:
            self.view = await asyncio.to_thread(self._opened, mapped, self.view.signals)

    async def _read(self, progress: Steps) -> None:
        """Put a view of the whole database in place, in memory."""
        async with self._database.session(readonly=True) as session:
            await changes.hold_still(session)
            since, total = await changes.point(session), (await changes.totals(session)).products
            lesson, learned = await signals.lesson(session), await signals.load(session)
            builder = ViewBuilder(total, self._encoder.dimension)
            done = 0
            async for batch in _batches(session, self._encoder.model_id):
                await asyncio.to_thread(_take_in, builder, batch)
                done += len(batch)
                progress("reading products", done, total)
        view = await asyncio.to_thread(builder.view, learned, progress)
        self.view = await asyncio.to_thread(attach, view, self._learned)
        self._since, self._lesson = since, lesson


async def _batches(session: AsyncSession, model_id: str) -> AsyncIterator[list[tuple[Changed, Embedded | None]]]:
    batch: list[tuple[Changed, Embedded | None]] = []
    async for one in changes.everything(session, model_id):
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _take_in(builder: ViewBuilder, batch: list[tuple[Changed, Embedded | None]]) -> None:
    for changed, embedded in batch:
        if changed.raw is not None:
            builder.add(changed.raw, changed.stamp, embedded)


def _of_other_products() -> IndexUnusable:
    return IndexUnusable(IndexState.STALE, "The index was made from other products.")
