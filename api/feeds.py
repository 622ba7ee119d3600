"""Feeds as an installation runs them: who may be asked, and the loop that asks while `penfriend serve` runs."""

from __future__ import annotations

import asyncio

import structlog

from api.background import Background, Refresher
from api.middleware import where_it_broke
from api.readiness import Check
from api.settings import Settings
from catalog.feeds import register, reports
from catalog.feeds.download import Downloader
from catalog.feeds.feed import Feed, FeedStatus, is_url
from catalog.feeds.fetch import Fetcher
from catalog.feeds.report import ImportReport
from catalog.feeds.runner import Feeds, Run
from store.database import Database
from store.errors import InvalidInput, Unavailable

log = structlog.get_logger("penfriend.feeds")

LOOK_EVERY_S = 20.0
"""Feeds are due by the minute; asking the database costs a millisecond."""


class PathOverHttp(InvalidInput):
    """A feed at a path can only be added by somebody who has the server: it could be any file of it."""

    reason = "path_over_http"


def open_feeds(settings: Settings, database: Database) -> Feeds:
    """The feeds of one installation."""
    return Feeds(database, Fetcher(settings.uploads_dir, Downloader(private=settings.private_feeds)))


async def keep_feeds_fresh(
    feeds: Feeds, database: Database, refresher: Refresher, every_s: float = LOOK_EVERY_S
) -> None:
    """Fetch what is due, and let the index follow every import, also of other processes (cron, `penfriend import`).

    Ends only when cancelled.
    """
    followed = ""
    while True:
        try:
            tell(await feeds.run_due())
            async with database.session(readonly=True) as session:
                newest = await reports.latest(session) or ""
            if newest != followed:
                refresher.soon()
            followed = newest
        except Unavailable as error:
            log.warning("feeds_failed", reason=error.reason, fix=error.fix)
        # A fault of ours in one feed must not end the fetching of all others; its own turn is over (`runner`).
        except Exception as error:  # noqa: BLE001
            log.error("feeds_broke", error=type(error).__name__, where=where_it_broke(error))
        await asyncio.sleep(every_s)


def tell(done: list[ImportReport]) -> None:
    """Log what became of imports."""
    for report in done:
        _log(report)


def changes(report: ImportReport) -> bool:
    """True where an import changed the shop."""
    return report.status == "done" and bool(report.imported or report.changed or report.removed)


def _log(report: ImportReport) -> None:
    facts = {"feed": report.feed_id, "import_id": report.id, "status": report.status, "rejected": report.rejected_count}
    if report.status == "held":
        rules = [warning.rule for warning in report.warnings]
        log.warning("feed_held", **facts, rules=rules, fix=f"penfriend feeds show {report.feed_id}")
    elif report.failure:
        log.warning("feed_failed", **facts, reason=report.failure.reason, fix=report.failure.fix)
    else:
        log.info("feed_imported", **facts, new=report.imported, changed=report.changed, removed=report.removed)


def standing(status: FeedStatus) -> Check:
    """How a feed does, for the doctor. A shop runs on without it, on what it brought last."""
    feed_id, last = status.feed.id, status.last_import
    name = f"feed {feed_id}"
    if status.state == "held":
        fix = f"penfriend feeds show {feed_id}, then mend it or penfriend feeds release {feed_id}"
        return Check(name=name, ok=False, detail="held back", fix=fix, required=False)
    if status.state == "failing" and last is not None and last.failure is not None:
        return Check(name=name, ok=False, detail=last.failure.detail, fix=last.failure.fix, required=False)
    detail = f"{status.state}, next at {status.next_at:%Y-%m-%d %H:%M} UTC"
    return Check(name=name, ok=True, detail=detail, required=False)


class FeedJobs:
    """What a request may ask of feeds; long work goes on beside the requests."""

    def __init__(self, feeds: Feeds, database: Database, background: Background, refresher: Refresher) -> None:
        self._feeds = feeds
        self._database = database
        self._background = background
        self._refresher = refresher

    async def keep_fresh(self) -> None:
        """`keep_feeds_fresh` of these feeds. Ends only when cancelled."""
        await keep_feeds_fresh(self._feeds, self._database, self._refresher)

    async def put(self, feed: Feed) -> FeedStatus:
        """Add or change a feed that came over HTTP. Raises: PathOverHttp."""
        async with self._database.session(readonly=True) as session:
            stored = await register.find(session, feed.id)
        if not is_url(feed.source) and (stored is None or stored.source != feed.source):
            raise PathOverHttp(
                "A feed at a path cannot be added over HTTP.",
                pointer="/source",
                fix="Give an https address, or run `penfriend feeds add` on the server.",
            )
        await self._feeds.save(feed)
        async with self._database.session(readonly=True) as session:
            return await register.status(session, feed.id)

    async def run(self, feed_id: str) -> ImportReport:
        """Begin to fetch a feed. Raises: UnknownFeed, FeedBusy."""
        run = await self._feeds.begin(feed_id)
        began = run.report.model_copy()
        self._background.start("feed", self._finish(run))
        return began

    async def release(self, feed_id: str) -> ImportReport:
        """Apply what is held. Raises: UnknownFeed, FeedBusy, NothingHeld."""
        report = await self._feeds.release(feed_id)
        self._tell(report)
        return report

    async def _finish(self, run: Run) -> None:
        self._tell(await self._feeds.finish(run))

    def _tell(self, report: ImportReport) -> None:
        tell([report])
        if changes(report):
            self._refresher.soon()
