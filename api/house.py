"""The composition root: everything one installation is made of, opened in order and closed in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from api.background import Background, Refresher
from api.databases import open_database
from api.imports import Imports
from api.ports import Composes
from api.settings import Settings
from catalog.embedding import Encoder, MiniLmEncoder
from catalog.service import Catalog
from composer.links import Links
from composer.service import Composer
from prompts.library import Library
from store.database import Database


@dataclass(frozen=True)
class House:
    """The open rooms. Routes and commands get nothing else."""

    settings: Settings
    database: Database
    catalog: Catalog
    composer: Composes
    links: Links
    refresher: Refresher
    imports: Imports


@asynccontextmanager
async def open_house(settings: Settings, *, encoder: Encoder | None = None) -> AsyncIterator[House]:
    """Open everything; nothing slow. The embedded model starts beside, torch loads with the first text to encode.

    Raises KeyFileMissing, WrongKey, DatabaseUnavailable and its kinds, IndexNotWritten, IndexBusy.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        catalog = await Catalog.open(database, settings.index_dir, encoder or MiniLmEncoder())
        background = Background()
        stack.push_async_callback(background.close)
        refresher = Refresher(catalog.refresh, background)
        keyring = database.keyring
        yield House(
            settings=settings,
            database=database,
            catalog=catalog,
            composer=Composer(
                database=database, keyring=keyring, library=Library.load(), picker=catalog, writers=()
            ),
            links=Links(keyring),
            refresher=refresher,
            imports=Imports(database, settings.uploads_dir, background, refresher),
        )
