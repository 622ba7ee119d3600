"""The composition root: everything one installation is made of, opened in order and closed in reverse."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from api import audit, models
from api.background import Background, Refresher, understanding
from api.benches import open_benches
from api.beside import Beside
from api.databases import open_database
from api.due import keep_agendas, rules_for
from api.erasing import Eraser, keep_erasing
from api.feeds import FeedJobs, open_feeds
from api.handoffs import keep_delivering
from api.imports import Imports
from api.keeping_up import SERVICE, follow_catalog, share_limits
from api.learning import Hints, keep_learning
from api.ports import Composes
from api.readiness import Check, Readiness, attempt
from api.retention import keep_retention
from api.settings import Settings
from api.version import VERSION
from api.words import keep_reading_words
from catalog.embedding import Encoder
from catalog.encoders.opening import open_encoder
from catalog.service import Catalog
from composer.batch import Batch, Composing
from composer.courtesy import Courtesy
from composer.experiments.benches import Benches
from composer.freshness import Freshness
from composer.links import Links
from composer.model_writer import ModelWriter
from composer.runs.runner import Runner
from composer.service import Composer
from composer.throttle import Throttles
from composer.writers import open_word_reader, open_writers
from prompts.library import Library
from store.database import Database

TURN_S = 0.0005
"""Seconds for which another thread may keep the interpreter from a request. While a library is loaded or something is
learned in one, each step of a request waits for its turn: at Python's own 5 ms, the fifty steps of a pull take 250."""
NEW_OBJECTS = 20_000
"""New objects after which they are collected. Nearly all that an e-mail leaves behind goes by its reference counts: at
Python's 700, one in ten waited 2 ms for a collection and one in a hundred 8; at this, one in some hundred waits 12."""
NEW_OBJECTS_OF_RUNS = 60_000
"""The same in a process that works on runs alone, where no request waits. Of a hundred e-mails in the making most of
what is new is still in use, and was looked through for nothing: 1.1 ms of an e-mail's processor time, .5 at this."""
YOUNG = 1_000
"""Collections of new objects after which those that outlived one are looked through as well: at Python's 10 that took
190 ms at a time, for 123 objects of 300 e-mails."""
YOUNG_OF_RUNS = 5
"""The same in a process that works on runs alone: every 1,100 e-mails or so, for 270 ms. What httpx and SQLAlchemy tie
into knots outlives a first collection, with the prompt and the answer in it: few objects of each e-mail, but with what
hangs on them some 150 blocks of memory, which at 1,000 would lie there until 160,000 e-mails are written."""


@dataclass(frozen=True)
class House:
    """The open rooms. Routes and commands get nothing else."""

    settings: Settings
    database: Database
    catalog: Catalog
    composer: Composes
    composing: Composing
    """Composing for runs."""
    courtesy: Courtesy
    """Runs give way to pulls."""
    freshness: Freshness
    links: Links
    refresher: Refresher
    imports: Imports
    feeds: FeedJobs
    enrich: Hints
    writers: tuple[ModelWriter, ...]
    throttles: Throttles
    """How fast the models may be asked; a worker sets its share."""
    library: Library
    benches: Benches
    """What arms of experiments are written with."""
    background: Background
    """Work that outlives its request."""
    runner: Runner | Beside | None = None
    """Works on campaign runs in this process, or in one beside it, where either does."""

    @property
    def beside(self) -> Beside | None:
        """The process beside this one that works on runs, where there is one."""
        return self.runner if isinstance(self.runner, Beside) else None

    def wake_runs(self) -> None:
        """A run was started or resumed here: begin at once rather than at the next look."""
        if self.runner is not None:
            self.runner.wake()

    async def readiness(self) -> Readiness:
        """Database with its keys, index, models, who works on runs. Cheap enough to be asked every few seconds."""
        fine = "reachable, migrated, and ours to open"
        products = self.catalog.view.live
        checks = [
            await attempt("database and keys", self.database.check(), fine),
            Check(name="index", ok=True, detail=f"{products} products"),
            *self.models_standing(),
        ]
        if self.beside is not None:
            checks.append(self.beside.standing())
        return Readiness(ready=all(check.ok for check in checks if check.required), checks=checks)

    def models_standing(self) -> list[Check]:
        """How the models do, as all processes of this house have found."""
        elsewhere = self.beside.breakers if self.beside is not None else None
        return [models.standing(writer, elsewhere) for writer in self.writers]


@asynccontextmanager
async def open_house(
    settings: Settings, *, encoder: Encoder | None = None, library: Library | None = None, serving: bool = False
) -> AsyncIterator[House]:
    """Open everything; nothing slow: torch loads with the first text, the embedded model with its first call.

    `encoder` and `library` stand in for those of the settings. No other process has them, so with either, runs are
    worked on in this one.
    `serving` adds what a long-lived process does beside its requests: load the model early, learn from new orders,
    fetch feeds, encode what waits for it, collect rarely.
    Raises KeyFileMissing, WrongKey, DatabaseUnavailable and its kinds, ModelUnusable, BadJudge.
    """
    alone = encoder is not None or library is not None
    library = library or Library.load()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        encoder = encoder or await _encoder(settings, serving)
        catalog = await Catalog.open(database, settings.index_dir, encoder)
        throttles = Throttles(settings.model.limits)
        writers = await stack.enter_async_context(open_writers(settings.model, library, settings.home, throttles))
        background = Background()
        stack.push_async_callback(background.close)
        refresher = Refresher(partial(catalog.refresh, understanding), background)
        benches = await open_benches(stack, settings, database.keyring, library, writers, throttles)
        house = _furnish(settings, database, catalog, library, writers, throttles, benches, background, refresher)
        if serving:
            stack.enter_context(house.courtesy.while_loading())
            house = await stack.enter_async_context(_serving(house, background, alone=alone))
        yield house


def _furnish(
    settings: Settings,
    database: Database,
    catalog: Catalog,
    library: Library,
    writers: tuple[ModelWriter, ...],
    throttles: Throttles,
    benches: Benches,
    background: Background,
    refresher: Refresher,
) -> House:
    """What works on open rooms."""
    freshness = Freshness(
        database=database, library=library, shelf=catalog, finisher=benches.usual.finisher, benches=benches
    )
    composer = Composer(
        database=database,
        keyring=database.keyring,
        library=library,
        picker=catalog,
        writers=writers,
        panel=benches.usual.panel,
        benches=benches,
        anew=freshness.current,
    )
    courtesy = Courtesy()
    return House(
        settings=settings,
        database=database,
        catalog=catalog,
        composer=composer,
        composing=Batch(database, composer.steps, throttles.of(settings.model.primary), courtesy),
        courtesy=courtesy,
        freshness=freshness,
        links=Links(database.keyring),
        refresher=refresher,
        imports=Imports(database, settings.uploads_dir, background, refresher),
        feeds=FeedJobs(open_feeds(settings, database), database, background, refresher),
        enrich=Hints(catalog),
        writers=writers,
        throttles=throttles,
        library=library,
        benches=benches,
        background=background,
    )


@asynccontextmanager
async def _serving(house: House, background: Background, *, alone: bool) -> AsyncIterator[House]:
    """What a long-lived process does beside its requests."""
    audit.act_as(audit.ITSELF)
    settings, database = house.settings, house.database
    background.start("warm_up", models.warm_up(house.writers))
    background.start("learning", keep_learning(database, house.catalog, settings.harm))
    background.start("follow_catalog", follow_catalog(house.catalog))
    background.start("agendas", keep_agendas(database, rules_for(house.library, settings.due)))
    background.start("feeds", house.feeds.keep_fresh())
    background.start("erasing", keep_erasing(Eraser(settings, database)))
    background.start("retention", keep_retention(database, settings.retention))
    reader = open_word_reader(settings.words, settings.model, house.library, house.throttles)
    if reader is not None:
        background.start("words", keep_reading_words(database, reader, settings.words.per_hour))
    background.start("deliveries", keep_delivering(settings, database, house.freshness))
    # What an import that was cut short left to encode, or all of it after another model was set.
    house.refresher.soon()
    collect_rarely()
    sys.setswitchinterval(TURN_S)
    wanted = settings.runs.embedded
    # On PostgreSQL workers do, unless somebody wants otherwise; SQLite has none on other machines.
    if wanted == "off" or (wanted == "auto" and database.dialect == "postgresql"):
        yield house
    elif wanted == "on" or alone:
        async with _working(Runner(database, house.composing, settings.runs, version=VERSION), house.writers) as runner:
            yield replace(house, runner=runner)
    else:
        # Pulls keep a part of the models' limits while a run takes the rest: this one is a quarter of a worker.
        sharing = share_limits(database, house.throttles, lease_s=settings.runs.lease_s, own=SERVICE, beside=SERVICE)
        background.start("share_limits", sharing)
        async with Beside(settings, database).kept() as beside:
            yield replace(house, runner=beside)


@asynccontextmanager
async def _working(runner: Runner, writers: Sequence[ModelWriter]) -> AsyncIterator[Runner]:
    """Beside what the block does; in the end, e-mails being written get their grace."""

    async def work() -> None:
        await models.load(writers)
        await runner.run()

    task = asyncio.create_task(work(), name="runs")
    try:
        yield runner
    finally:
        runner.stop()
        await task


async def _encoder(settings: Settings, serving: bool) -> Encoder:
    """In a thread: a model of the hub is fetched the first time. Where requests are answered, a core stays free."""
    spare = 1 if serving else 0
    return await asyncio.to_thread(open_encoder, settings.embedding, settings.models_dir, spare_cores=spare)


def collect_rarely(new_objects: int = NEW_OBJECTS, young: int = YOUNG) -> None:
    """What is open now stays open: left out of collections, a full one no longer walks through the catalog.

    p99 of an e-mail was 159 ms in the run before and 85 in the run after (benchmarks/compose.py, 8,000 products). Only
    for a process that opens one house and keeps it: what is frozen is never collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(new_objects, young)


def collect_as_runs_want() -> None:
    """The same for a process that works on runs alone."""
    collect_rarely(NEW_OBJECTS_OF_RUNS, YOUNG_OF_RUNS)
