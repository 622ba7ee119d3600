"""Feeds for tests: their rows, and everything that runs them, over any database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from catalog import products
from catalog.feeds import register, reports
from catalog.feeds.download import Downloader, Limits
from catalog.feeds.feed import Feed, FeedStatus
from catalog.feeds.fetch import Fetcher
from catalog.feeds.report import ImportReport, Status
from catalog.feeds.runner import Feeds
from store.database import Database
from tests.kit.patience import PATIENCE_S

HEADER = "id,title,link,price,availability"
LIMITS = Limits(connect_s=30, silence_s=30, total_s=PATIENCE_S, attempts=2)


def row(product_id: str, price: str = "10.00 EUR", availability: str = "in_stock", title: str = "Tea") -> str:
    """A line of a CSV feed."""
    return f"{product_id},{title},https://s.example/{product_id},{price},{availability}"


def csv(rows: Iterable[str]) -> str:
    """A CSV feed."""
    return "\n".join([HEADER, *rows]) + "\n"


def numbered(count: int, price: str = "10.00 EUR", prefix: str = "p") -> list[str]:
    """So many products, p0 and on."""
    return [row(f"{prefix}{number}", price) for number in range(count)]


async def no_wait(_: float) -> None:
    """Stands in for sleeping between attempts."""


class FeedBench:
    """Feeds over files of one folder, and what a test wants to know of them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.feeds = Feeds(
            database, Fetcher(folder / "uploads", Downloader(private=True, limits=LIMITS, sleep=no_wait))
        )

    def write(self, name: str, rows: Iterable[str]) -> Path:
        """Put a feed in its place."""
        path = self.folder / f"{name}.csv"
        path.write_text(csv(rows))
        return path

    async def add(self, name: str, **fields: object) -> None:
        """Add a feed at the path where `write` puts it."""
        given = {"id": name, "source": str(self.folder / f"{name}.csv"), **fields}
        await self.feeds.save(Feed.model_validate(given))

    async def bring(self, name: str, rows: Iterable[str]) -> ImportReport:
        """Write a feed and run it."""
        self.write(name, rows)
        return await self.feeds.run(name)

    async def shelf(self) -> dict[str, str]:
        """What is sold, with its price."""
        async with self.database.session(readonly=True) as session:
            return {one.id: str(one.price) for one in await products.page(session, limit=100_000)}

    async def status(self, name: str) -> FeedStatus:
        """Where a feed stands."""
        async with self.database.session(readonly=True) as session:
            return await register.status(session, name)

    async def report(self, import_id: str) -> ImportReport:
        """What is kept of an import."""
        async with self.database.session(readonly=True) as session:
            return await reports.get(session, import_id)

    async def history(self, name: str) -> list[Status]:
        """How its imports ended, oldest first."""
        async with self.database.session(readonly=True) as session:
            return [report.status for report in await reports.page(session, name)][::-1]
