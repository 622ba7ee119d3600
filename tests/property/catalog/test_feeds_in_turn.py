"""Whatever feeds bring in whatever order, each leaves exactly what its last good import had, beside the others'."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import SqliteFactory
from tests.kit.feed_bench import FeedBench, row

names = st.sampled_from(["teas", "pots"])
stocks = st.dictionaries(st.sampled_from("abcdefg"), st.integers(9, 25), max_size=7)
endings = st.sampled_from(["whole", "whole", "whole", "unreadable", "died", "released"])
Step = tuple[str, dict[str, int], str]


class Expected:
    """What each feed should have in the shop."""

    def __init__(self) -> None:
        self.feeds: dict[str, dict[str, str]] = {"teas": {}, "pots": {}}
        self.held: dict[str, dict[str, str]] = {}

    def offered(self, name: str, stock: dict[str, int]) -> dict[str, str]:
        """What of a feed may come in: not what the other one has."""
        other = self.feeds["pots" if name == "teas" else "teas"]
        return {one: f"{price}.00" for one, price in stock.items() if one not in other}

    def shelf(self) -> dict[str, str]:
        """All products."""
        return self.feeds["teas"] | self.feeds["pots"]


async def step(bench: FeedBench, expected: Expected, name: str, stock: dict[str, int], ending: str) -> None:
    path = bench.write(name, [row(one, f"{price}.00 EUR") for one, price in stock.items()])
    if ending == "unreadable":
        await asyncio.to_thread(path.write_text, "no,useful,columns\n")
    if ending == "died":
        await bench.feeds.begin(name)
        return
    offered = expected.offered(name, stock)
    report = await bench.feeds.run(name)
    if report.status == "done":
        expected.feeds[name] = offered
    if report.status in ("done", "held"):
        expected.held.pop(name, None)
    if report.status == "held":
        expected.held[name] = offered
    if ending == "released" and name in expected.held:
        await bench.feeds.release(name)
        expected.feeds[name] = expected.held.pop(name)


async def play(url: str, keyring: Keyring, folder: Path, steps: list[Step]) -> None:
    database = Database.open(url, keyring)
    bench, expected, start = FeedBench(database, folder), Expected(), clock.now()
    try:
        for name in expected.feeds:
            await bench.add(name)
        for number, (name, stock, ending) in enumerate(steps):
            with clock.frozen_at(start + timedelta(hours=number)):
                await step(bench, expected, name, stock, ending)
            assert await bench.shelf() == expected.shelf()
    finally:
        await database.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(names, stocks, endings), min_size=2, max_size=7))
def test_the_shop_has_what_the_last_good_feeds_had(
    sqlite_factory: SqliteFactory, keyring: Keyring, steps: list[Step]
) -> None:
    async def run(folder: str) -> None:
        await play(await sqlite_factory.url(), keyring, Path(folder), steps)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))
