"""Feeds at work: fetch what is due, stage it, judge it, then apply it or hold it back. Safe to kill at any moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.feeds import register, reports, staging
from catalog.feeds.download import FeedServerError
from catalog.feeds.feed import Feed, is_url
from catalog.feeds.fetch import Fetched, Fetcher
from catalog.feeds.guard import judge
from catalog.feeds.importer import clear_away_the_dead, stage
from catalog.feeds.report import ImportReport
from store import clock
from store.database import Database
from store.errors import PenfriendError
from store.files.own import refuse_own

KEPT = 100
"""Imports of a feed that are remembered."""

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it, and the total where it is known."""


class Run(NamedTuple):
    """A feed that was taken, and the report of its import."""

    claimed: register.Claimed
    report: ImportReport


def _silent(_: str, __: int, ___: int | None) -> None:
    """For whoever does not watch."""


class Feeds:
    """Runs and releases feeds. One object serves a process; any number of processes share a database."""

    def __init__(self, database: Database, fetcher: Fetcher) -> None:
        self._database = database
        self._fetcher = fetcher

    async def run_due(self, progress: Progress = _silent) -> list[ImportReport]:
        """Fetch every feed whose time has come, one after the other. A feed that another process took is its own."""
        async with self._database.session(readonly=True) as session:
            waiting = await register.due(session)
        done = []
        for feed_id in waiting:
            try:
                done.append(await self.run(feed_id, progress))
            except (register.FeedBusy, register.UnknownFeed):
                continue
        return done

    async def run(self, feed_id: str, progress: Progress = _silent) -> ImportReport:
        """Fetch one feed now, due or not. What went wrong with it is in the report, with its reason.

        Raises: UnknownFeed, FeedBusy; DatabaseUnavailable and its kinds.
        """
        return await self.finish(await self.begin(feed_id), progress)

    async def begin(self, feed_id: str) -> Run:
        """Take a feed to work on it: nobody else may, until `finish`. Raises: UnknownFeed, FeedBusy."""
        report = ImportReport(id=reports.new_id(), feed_id=feed_id, started_at=clock.now())
        async with self._database.session() as session:
            return Run(await register.claim(session, report), report)

    async def finish(self, run: Run, progress: Progress = _silent) -> ImportReport:
        """Do what was begun: see `run`."""
        claimed, report = run
        await clear_away_the_dead(self._database)
        stale: str | None = None
        try:
            async with reports.watched(self._database, report, partial(_give_back, claimed.feed, report)):
                stale = await self._import(claimed, report, progress)
        except PenfriendError:
            # Kept in the report, which is what this answers with.
            return report
        finally:
            await self._tidy(report, stale)
        return report

    async def release(self, feed_id: str) -> ImportReport:
        """Apply the import that is held. Raises: UnknownFeed, FeedBusy, NothingHeld."""
        async with self._database.session() as session:
            report = await register.take_held(session, feed_id)
            await staging.apply(session, report)
            report.status = "done"
            await reports.save(session, report)
        await staging.discard(self._database, report.id)
        return report

    async def save(self, feed: Feed) -> None:
        """Add or change a feed: see `register.save`. Raises: OwnFile."""
        if not is_url(feed.source):
            refuse_own(Path(feed.source))
        async with self._database.session() as session:
            stale = await register.save(session, feed)
        if stale:
            await staging.discard(self._database, stale)

    async def _import(self, claimed: register.Claimed, report: ImportReport, progress: Progress) -> str | None:
        """Fetch, stage, judge, conclude. Returns the import that was held before and is not any more."""
        feed = claimed.feed
        async with self._fetcher.fetch(feed, claimed.known, partial(progress, "fetching")) as fetched:
            if fetched.path is None:
                report.status = "unchanged"
            else:
                signs = await stage(self._database, report, fetched.path, feed.options(), partial(progress, "reading"))
                report.warnings = judge(report, signs, feed.guard)
                report.status = "held" if report.warnings else "done"
        return await self._conclude(feed, report, fetched)

    async def _conclude(self, feed: Feed, report: ImportReport, fetched: Fetched) -> str | None:
        """Everything that others can see of an import happens in this transaction."""
        async with self._database.session() as session:
            stale = await register.conclude(session, report, feed, fetched.validators)
            if report.status == "done":
                await staging.apply(session, report)
            await reports.save(session, report)
        return stale

    async def _tidy(self, report: ImportReport, stale: str | None) -> None:
        """What is staged is kept for a held import only."""
        for import_id in (stale, None if report.status == "held" else report.id):
            if import_id is not None:
                await staging.discard(self._database, import_id)
        async with self._database.session() as session:
            await reports.prune(session, report.feed_id or "", KEPT)


async def _give_back(feed: Feed, report: ImportReport, session: AsyncSession, error: BaseException) -> None:
    """After a failure the feed waits for its next turn, or for as long as its server asked; after an interruption it
    is due at once."""
    if not isinstance(error, Exception):
        await register.give_back(session, report, None)
        return
    asked = error.retry_after if isinstance(error, FeedServerError) else 0.0
    await register.give_back(session, report, max(feed.every(), timedelta(seconds=asked)))
