"""The HTTP application over a real database, with the fake composer in place of the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.background import Background, Refresher
from api.feeds import FeedJobs, open_feeds
from api.house import House
from api.imports import Imports
from api.keys import create_key
from api.learning import Hints
from api.settings import Settings
from catalog.embedding import HashingEncoder
from catalog.service import Catalog
from composer.courtesy import Courtesy
from composer.experiments.benches import Bench, Benches
from composer.finish import Finisher
from composer.freshness import Freshness
from composer.links import Links
from composer.throttle import Throttles
from composer.writing import Writer
from prompts.library import Library
from store.database import Database
from tests.kit.factories import LIBRARY
from tests.kit.fake_composer import FakeComposer
from tests.kit.scripted_composing import ScriptedComposing

Client = httpx2.AsyncClient
Authorized = Callable[..., Awaitable[dict[str, str]]]


class Apps:
    """One application for all tests with the same body limit; each test brings its own house.

    FastAPI works out a route when it is first asked for, which takes longer than most of these tests.
    """

    def __init__(self) -> None:
        self._built: dict[int, FastAPI] = {}
        self._house: House | None = None

    @asynccontextmanager
    async def serving(self, settings: Settings, house: House) -> AsyncIterator[FastAPI]:
        """The application, started up over `house`."""
        app = self._built.setdefault(settings.max_body_bytes, create_app(settings, self._open))
        self._house = house
        async with app.router.lifespan_context(app):
            yield app

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[House]:
        assert self._house is not None
        yield self._house


@pytest.fixture(scope="session")
def apps() -> Apps:
    """Built with the first request."""
    return Apps()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation in a folder of its own, with a small body limit."""
    return Settings(home=tmp_path, max_body_bytes=100_000)


@pytest.fixture
def composer() -> FakeComposer:
    """Answers what the test tells it to."""
    return FakeComposer()


def no_writers(library: Library) -> tuple[Writer, ...]:
    """Every block comes from its template."""
    return ()


@pytest.fixture
async def house(settings: Settings, sqlite_database: Database, composer: FakeComposer) -> AsyncIterator[House]:
    """All rooms but the composer are real."""
    background = Background()
    catalog = await Catalog.open(sqlite_database, settings.index_dir, HashingEncoder())
    refresher = Refresher(catalog.refresh, background)
    finisher = Finisher(LIBRARY, Links(sqlite_database.keyring))
    templates = {settings.model.model: no_writers, "templates": no_writers}
    yield House(
        settings=settings,
        database=sqlite_database,
        catalog=catalog,
        composer=composer,
        composing=ScriptedComposing(),
        courtesy=Courtesy(),
        freshness=Freshness(
            database=sqlite_database,
            library=LIBRARY,
            shelf=catalog,
            finisher=finisher,
        ),
        links=Links(sqlite_database.keyring),
        refresher=refresher,
        imports=Imports(sqlite_database, settings.uploads_dir, background, refresher),
        feeds=FeedJobs(open_feeds(settings, sqlite_database), sqlite_database, background, refresher),
        enrich=Hints(catalog),
        writers=(),
        throttles=Throttles(settings.model.limits),
        library=LIBRARY,
        benches=Benches(
            sqlite_database.keyring, Bench(LIBRARY, (), finisher), models=templates, prompts=settings.prompts_dir
        ),
        background=background,
    )
    await background.close()


@pytest.fixture
async def client(settings: Settings, house: House, apps: Apps) -> AsyncIterator[Client]:
    """Without credentials; see `headers`."""
    async with apps.serving(settings, house) as app:
        transport = httpx2.ASGITransport(app)
        async with Client(transport=transport, base_url="http://penfriend") as made:
            yield made


@pytest.fixture
def authorized(house: House) -> Authorized:
    """Makes a key with the given scopes and returns its header."""

    async def make(*scopes: str) -> dict[str, str]:
        async with house.database.session() as session:
            _, token = await create_key(session, "test", scopes or ["admin"])
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
async def headers(authorized: Authorized) -> dict[str, str]:
    """An admin key."""
    return await authorized("admin")
