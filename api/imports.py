"""Feeds that are handed in: taken at once, worked on beside the requests, looked up by id."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

from api.background import Background, Refresher
from catalog.feeds.guard import Guard
from catalog.feeds.importer import begin_import, run_import
from catalog.feeds.report import FeedFormat, ImportReport, Mode
from store.database import Database
from store.errors import InvalidInput

FormatName = Literal["auto", "tsv", "csv", "xml", "ndjson"]

_FORMATS: dict[str, FeedFormat] = {
    "tsv": FeedFormat.GOOGLE_TSV,
    "csv": FeedFormat.CSV,
    "xml": FeedFormat.GOOGLE_XML,
    "ndjson": FeedFormat.NDJSON,
}
_HEAD_BYTES = 4096


class EmptyFeed(InvalidInput):
    """There is nothing in the feed."""

    reason = "empty_feed"


def feed_format(name: FormatName, head: bytes) -> FeedFormat:
    """The format by name, or by the first bytes of the feed: `<` is XML, `{` NDJSON, a tab in the header TSV."""
    if name != "auto":
        return _FORMATS[name]
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return FeedFormat.GOOGLE_XML
    if text.startswith(b"{"):
        return FeedFormat.NDJSON
    return FeedFormat.GOOGLE_TSV if b"\t" in text.partition(b"\n")[0] else FeedFormat.CSV


def format_of_file(name: FormatName, path: Path) -> FeedFormat:
    """The same for a file. A file that is not there is the importer's to report."""
    if name != "auto" or not path.is_file():
        return _FORMATS.get(name, FeedFormat.CSV)
    with path.open("rb") as file:
        return feed_format(name, file.read(_HEAD_BYTES))


class Imports:
    """Starts imports."""

    def __init__(self, database: Database, uploads: Path, background: Background, refresher: Refresher) -> None:
        self._database = database
        self._uploads = uploads
        self._background = background
        self._refresher = refresher

    async def start(self, body: bytes, name: FormatName, mode: Mode, guard: Guard | None) -> ImportReport:
        """Take a feed. Raises EmptyFeed."""
        if not body.strip():
            raise EmptyFeed("The feed is empty.", fix="Send the feed's content as the body of the request.")
        report = await begin_import(self._database, feed_format(name, body[:_HEAD_BYTES]), mode)
        path = await asyncio.to_thread(self._keep, report.id, body)
        self._background.start("import", self._run(report.model_copy(), path, guard))
        return report

    def _keep(self, import_id: str, body: bytes) -> Path:
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = self._uploads / import_id
        path.write_bytes(body)
        return path

    async def _run(self, report: ImportReport, path: Path, guard: Guard | None) -> None:
        try:
            await run_import(self._database, report, path, guard=guard)
            self._refresher.soon()
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)
