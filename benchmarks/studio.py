"""Pages of the studio with a run of 200,000 recipients in the shop, beside one of 250: how much slower they open.

    python -m benchmarks.studio [--recipients 200000] [--opens 30] [--postgres]

Each page is asked for as a browser asks, over the whole application in this process. Runs are put there as rows, in
bulk: what a page costs depends on them alone. Milliseconds are medians of processor time of this process, and of the
clock, which on PostgreSQL counts the server too.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2

from api.app import create_app
from api.house import House, open_house
from api.settings import Settings
from api.setup import init_home
from api.studio.accounts import create_account
from api.studio.door import COOKIE, PATH
from api.studio.sessions import open_session
from catalog.embedding import HashingEncoder
from composer.model_settings import ModelSettings
from composer.runs.model import CHUNK_SIZE
from tests.kit.database import PostgresFactory
from tests.kit.large_runs import add_large_run
from tests.kit.runs import open_shop

WARM = 5
"""Opens that are not counted: templates are compiled, statements prepared."""
IN_HAND = 2
"""Chunks that a worker holds of a run that moves."""


class Took(NamedTuple):
    """Milliseconds of one open."""

    cpu: float
    clock: float


@asynccontextmanager
async def signed_in(home: Path, database_url: str | None) -> AsyncIterator[tuple[House, httpx2.AsyncClient]]:
    """A shop without a model, and somebody's browser."""
    settings = Settings(home=home, database_url=database_url, model=ModelSettings(model="openai/none"))
    await init_home(settings)
    async with open_house(settings, encoder=HashingEncoder()) as house:
        await open_shop(house.database)
        async with browser_of(house, "editor") as client:
            yield house, client


@asynccontextmanager
async def browser_of(house: House, role: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The browser of somebody new with this role, over the whole application."""
    async with house.database.session() as session:
        account = await create_account(session, f"bench{time.time_ns()}@shop.example", "Bench", role)
        cookie = await open_session(session, account.id)

    @asynccontextmanager
    async def opened() -> AsyncIterator[House]:
        yield house

    app = create_app(house.settings, opened)
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://bench", cookies={COOKIE: cookie}) as client,
    ):
        yield client


async def took(client: httpx2.AsyncClient, path: str, opens: int) -> Took:
    """The median of so many opens of a page."""
    measured = []
    for number in range(WARM + opens):
        cpu, began = time.process_time(), time.perf_counter()
        answer = await client.get(f"{PATH}{path}")
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}.")
        if number >= WARM:
            measured.append(Took((time.process_time() - cpu) * 1000, (time.perf_counter() - began) * 1000))
    return Took(*(statistics.median(one[place] for one in measured) for place in range(2)))


async def measure(home: Path, database_url: str | None, recipients: int, opens: int) -> None:
    """Both sizes, one after the other in one shop, and the ratio."""
    async with signed_in(home, database_url) as (house, client):
        pages: dict[str, dict[str, Took]] = {"small": {}, "large": {}}
        for size, chunks in (("small", 1), ("large", recipients // CHUNK_SIZE)):
            for state, in_hand in (("done", 0), ("moving", min(IN_HAND, chunks))):
                run = f"run_{size}_{state}"
                await add_large_run(house.database, run, chunks, in_hand=in_hand, moving=state == "moving")
                pages[size][f"a run that is {state}"] = await took(client, f"/runs/{run}", opens)
            pages[size]["overview"] = await took(client, "", opens)
            pages[size]["list of runs"] = await took(client, "/runs", opens)
        for name, small in pages["small"].items():
            large = pages["large"][name]
            print(
                f"{house.database.dialect:<12}{name:<22}"
                f"processor {small.cpu:6.2f} ms -> {large.cpu:6.2f} ms, ratio {large.cpu / small.cpu:4.2f}   "
                f"clock {small.clock:6.2f} -> {large.clock:6.2f} ms, ratio {large.clock / small.clock:4.2f}"
            )


async def main(arguments: argparse.Namespace) -> None:
    """SQLite, and PostgreSQL where it is asked for."""
    print(f"Pages with runs of {CHUNK_SIZE} and of {arguments.recipients:,} recipients, median of {arguments.opens}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "sqlite"
        await measure(home, None, arguments.recipients, arguments.opens)
        if arguments.postgres:
            await _on_postgres(Path(folder) / "postgres", arguments)


async def _on_postgres(home: Path, arguments: argparse.Namespace) -> None:
    settings = Settings(home=home)
    await init_home(settings)
    factory = PostgresFactory(settings.load_keyring())
    try:
        await measure(home, await factory.url(), arguments.recipients, arguments.opens)
    finally:
        factory.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=200_000)
    parser.add_argument("--opens", type=int, default=30)
    parser.add_argument("--postgres", action="store_true")
    asyncio.run(main(parser.parse_args()))
