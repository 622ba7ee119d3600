"""Feeds that are handed in: taken at once, worked on beside the requests, looked up by id."""

from __future__ import annotations

import asyncio
from pathlib import Path

from api.background import Background, Refresher
from catalog.feeds.guard import Guard
from catalog.feeds.importer import begin_import, run_import
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat, ImportReport, Mode
from store.database import Database
from store.errors import InvalidInput


class EmptyFeed(InvalidInput):
    """There is nothing in the feed."""

    reason = "empty_feed"


class Imports:
    """Starts imports."""

    def __init__(self, database: Database, uploads: Path, background: Background, refresher: Refresher) -> None:
        self._database = database
        self._uploads = uploads
        self._background = background
        self._refresher = refresher

    async def start(
        self, body: bytes, format_: FeedFormat | None, options: FeedOptions, mode: Mode, guard: Guard | None
    ) -> ImportReport:
        """Take a feed. Raises EmptyFeed."""
        if not body.strip():
            raise EmptyFeed("The feed is empty.", fix="Send the feed's content as the body of the request.")
        report = await begin_import(self._database, format_, mode)
        path = await asyncio.to_thread(self._keep, report.id, body)
        self._background.start("import", self._run(report.model_copy(), path, options, guard))
        return report

    def _keep(self, import_id: str, body: bytes) -> Path:
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = self._uploads / import_id
        path.write_bytes(body)
        return path

    async def _run(self, report: ImportReport, path: Path, options: FeedOptions, guard: Guard | None) -> None:
        try:
            await run_import(self._database, report, path, options, guard)
            self._refresher.soon()
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
