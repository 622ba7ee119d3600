"""Feed imports: taken at once, worked on beside the requests, looked up by id."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from typeid import TypeID

from api.background import Background, Refresher
from api.errors import UnknownImport
from api.tables import ImportRow
from catalog.feeds.importer import import_feed
from catalog.feeds.report import FeedFormat
from store import clock
from store.database import Database
from store.errors import InvalidInput, PenfriendError

FormatName = Literal["auto", "tsv", "csv", "xml", "ndjson"]
Status = Literal["running", "done", "failed", "interrupted"]

_FORMATS: dict[str, FeedFormat] = {
    "tsv": FeedFormat.GOOGLE_TSV,
    "csv": FeedFormat.CSV,
    "xml": FeedFormat.GOOGLE_XML,
    "ndjson": FeedFormat.NDJSON,
}
_HEAD_BYTES = 4096
_LONGEST = timedelta(minutes=10)
"""An import that another process began longer ago than this, and that still runs, has died with that process."""


class EmptyFeed(InvalidInput):
    """There is nothing in the feed."""

    reason = "empty_feed"


class ImportJob(BaseModel):
    """One import: `report` holds its counts and bad rows once it is done, or what went wrong."""

    id: str
    status: Status
    format: str
    report: dict[str, Any]
    created_at: datetime


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
    """Starts imports and answers for them."""

    def __init__(self, database: Database, uploads: Path, background: Background, refresher: Refresher) -> None:
        self._database = database
        self._uploads = uploads
        self._background = background
        self._refresher = refresher
        self._mine: set[str] = set()

    async def start(self, body: bytes, name: FormatName) -> ImportJob:
        """Take a feed. Raises EmptyFeed."""
        if not body.strip():
            raise EmptyFeed("The feed is empty.", fix="Send the feed's content as the body of the request.")
        row = ImportRow(
            id=str(TypeID(prefix="imp")),
            status="running",
            format=feed_format(name, body[:_HEAD_BYTES]).value,
            report={},
            created_at=clock.now(),
        )
        path = await asyncio.to_thread(self._keep, row.id, body)
        async with self._database.session() as session:
            session.add(row)
        self._mine.add(row.id)
        self._background.start("import", self._run(row.id, FeedFormat(row.format), path))
        return _job(row, "running")

    async def get(self, session: AsyncSession, import_id: str) -> ImportJob:
        """Raises UnknownImport."""
        row = await session.get(ImportRow, import_id)
        if row is None:
            raise UnknownImport(f"There is no import {import_id!r}.", fix="Ids are answered when an import starts.")
        gone = import_id not in self._mine and clock.now() - row.created_at > _LONGEST
        return _job(row, "interrupted" if row.status == "running" and gone else row.status)

    def _keep(self, import_id: str, body: bytes) -> Path:
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = self._uploads / import_id
        path.write_bytes(body)
        return path

    async def _run(self, import_id: str, format_: FeedFormat, path: Path) -> None:
        try:
            async with self._database.session() as session:
                report = await import_feed(session, path, format_)
            await self._finish(import_id, "done", report.model_dump(mode="json"))
            self._refresher.soon()
        except PenfriendError as error:
            failure = {"reason": error.reason, "detail": error.message, "fix": error.fix}
            await self._finish(import_id, "failed", failure)
        finally:
            self._mine.discard(import_id)
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _finish(self, import_id: str, status: Status, report: dict[str, Any]) -> None:
        async with self._database.session() as session:
            row = await session.get_one(ImportRow, import_id)
            row.status, row.report = status, report


def _job(row: ImportRow, status: str) -> ImportJob:
    return ImportJob.model_validate(row.model_dump() | {"status": status})
