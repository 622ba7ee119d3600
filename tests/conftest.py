"""Fixtures for every room."""

from __future__ import annotations

import gc
import os

# Before anything of the application is imported: no test talks to a model by accident.
os.environ["PENFRIEND_ALLOW_MODEL_CALLS"] = "0"
# Tests run side by side, one to a core: numpy's own threads would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import AsyncIterator, Generator, Iterator

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from store.crypto import Keyring
from store.database import Database
from tests.kit.database import DatabaseFactory, PostgresFactory, SqliteFactory
from tests.kit.second_tries import (  # noqa: F401 - pytest's hooks
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.kit.together import pytest_those_together_first, pytest_xdist_make_scheduler  # noqa: F401 - likewise

# A deadline is an assertion about the wall clock, and this machine may be busy. Tests that need more examples say so.
# The same examples each time: what passes here passes everywhere. `--hypothesis-profile=search` looks for others.
settings.register_profile("search", deadline=None, max_examples=40, derandomize=False)
settings.register_profile("penfriend", settings.get_profile("search"), derandomize=True)
settings.load_profile("penfriend")
_constants_of_modules = providers._get_local_constants


def _constants() -> Constants:
    """Hypothesis tries the constants of all modules that are loaded: in every process other ones, and so examples.

    To gather them and to look which may be drawn takes a sixth of its time, besides. Only a search does so.
    """
    return Constants() if settings.default and settings.default.derandomize else _constants_of_modules()


vars(providers)["_get_local_constants"] = _constants

OTHERS = ("PENFRIEND_", "OTEL_", "FORCE_COLOR", "NO_COLOR", "CLICOLOR", "COLUMNS", "LINES")
"""What may be set for a shop of one's own, whose database no test may touch, or for how one's screen looks."""
OURS = "PENFRIEND_ALLOW_MODEL_CALLS"


def pytest_configure() -> None:
    """Neither tests nor the processes they start know what is set around them; no proxy leads to this machine."""
    for name in list(os.environ):
        if name != OURS and (name.startswith(OTHERS) or name.lower().endswith("_proxy")):
            del os.environ[name]


SELDOM = (50_000, 20, 20)
"""Of `gc.set_threshold`: with Python's own, tests of the guard take a fifteenth more of the processor, others less."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: the search for garbage need not look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*SELDOM)
        gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The one event loop Penfriend runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """The keyring of all test databases."""
    return Keyring.generate()


@pytest.fixture(scope="session")
def sqlite_factory(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> SqliteFactory:
    """Makes SQLite files."""
    return SqliteFactory(tmp_path_factory.mktemp("sqlite"), keyring)


@pytest.fixture(scope="session")
def postgres_factory(keyring: Keyring) -> Iterator[PostgresFactory]:
    """Makes PostgreSQL databases; the server starts with the first test that asks for one."""
    factory = PostgresFactory(keyring)
    yield factory
    factory.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_factory(request: pytest.FixtureRequest) -> DatabaseFactory:
    """Makes databases of the kind this run of the test is about."""
    name = "sqlite_factory" if request.param == "sqlite" else "postgres_factory"
    factory: DatabaseFactory = request.getfixturevalue(name)
    return factory


@pytest.fixture
async def database(database_factory: DatabaseFactory) -> AsyncIterator[Database]:
    """An empty, migrated database: every test that takes it runs on SQLite and on PostgreSQL."""
    async with database_factory.opened() as database:
        yield database


@pytest.fixture
async def sqlite_database(sqlite_factory: SqliteFactory) -> AsyncIterator[Database]:
    """An empty, migrated SQLite database, for tests that do not depend on the kind."""
    async with sqlite_factory.opened() as database:
        yield database
