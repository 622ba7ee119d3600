"""The studio over the demo shop, on a real socket, with every room real and no model: for tests in a browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, Route

from api.app import create_app
from api.demonstration import load_shop
from api.house import House, open_house
from api.settings import Settings
from api.setup import init_home
from api.studio.accounts import create_account, find_account
from api.studio.door import COOKIE, PATH
from api.studio.sessions import open_session
from catalog.embedding import HashingEncoder
from composer.contract import ComposeRequest
from composer.model_settings import ModelSettings
from composer.runs.settings import RunSettings
from demo.customers import showcase
from tests.kit.axe import BUSY
from tests.kit.live_server import serving
from tests.kit.patience import PATIENCE_S
from tests.kit.sqlite_files import left_to_sqlite

CUSTOMERS = 60
ROLES = ("viewer", "reviewer", "editor", "admin")
T = TypeVar("T")


def make_home(folder: Path) -> None:
    """A demo shop in `folder`, with an e-mail of each flow and an account for each role. Once for a whole session."""
    settings = settings_of(folder)

    async def fill() -> None:
        await init_home(settings)
        async with open_house(settings, encoder=HashingEncoder()) as house:
            at = await load_shop(house, CUSTOMERS, lambda what, done, total: None)
            for flow, customer in showcase(at):
                await house.composer.compose(ComposeRequest(campaign=flow, customer=customer))
            async with house.database.session() as session:
                for role in ROLES:
                    await create_account(session, f"{role}@shop.example", role.title(), role)

    asyncio.run(fill())


def settings_of(folder: Path) -> Settings:
    """Without a model: every block is a template's."""
    return Settings(home=folder, model=ModelSettings(model="openai/none"), runs=RunSettings(concurrency=8))


class Served(NamedTuple):
    """The house behind a studio, and the event loop it lives in."""

    house: House
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True)
class Studio:
    """A studio that is being served."""

    url: str
    """`http://127.0.0.1:PORT/studio`."""
    settings: Settings
    browser: Browser
    served: Served

    def signed_in(self, role: str = "editor", **options: Any) -> BrowserContext:
        """A browser of somebody with this role; it refuses every address that is not ours."""
        options = {"base_url": self.url.removesuffix(PATH), "reduced_motion": "reduce"} | options
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE_S * 1000)
        token = self.ask(lambda house: _session(house, role))
        context.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        return context

    def ask(self, about: Callable[[House], Coroutine[Any, Any, T]]) -> T:
        """What a coroutine over the house that is served says, in the loop that serves it."""
        return asyncio.run_coroutine_threadsafe(about(self.served.house), self.served.loop).result(PATIENCE_S)


def settled(page: Page) -> None:
    """Wait until what the page asks for by itself is there.

    What its frames load shows in the network alone; to wait for silence there takes half a second more.
    """
    page.wait_for_selector(BUSY, state="detached")
    if len(page.frames) > 1:
        page.wait_for_load_state("networkidle")


@contextmanager
def before_the_scripts(page: Page, address: str) -> Iterator[None]:
    """Opens a page, as whoever is faster than its scripts has it before them; they come after the block."""
    held: list[Route] = []
    page.route("**/*.js?*", lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    yield
    for route in held:
        route.continue_()
    page.unroute("**/*.js?*")
    page.wait_for_load_state()


async def _session(house: House, role: str) -> str:
    async with house.database.session() as session:
        account = await find_account(session, f"{role}@shop.example")
        assert account is not None
        return await open_session(session, account.id)


@contextmanager
def open_studio(made: Path, folder: Path, browser: Browser, **changes: object) -> Iterator[Studio]:
    """Serve a copy of a home that `make_home` made; `changes` are to its settings."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    settings = settings_of(folder).model_copy(update=changes)
    opened: list[Served] = []

    @asynccontextmanager
    async def unmodelled() -> AsyncIterator[House]:
        """A preflight finds that no model is set, rather than one that does not answer: runs may start."""
        async with open_house(settings, encoder=HashingEncoder(), serving=True) as house:
            opened.append(Served(replace(house, writers=()), asyncio.get_running_loop()))
            yield opened[0].house

    with left_to_sqlite(), serving(create_app(settings, unmodelled)) as url:
        yield Studio(f"{url}{PATH}", settings, browser, opened[0])
