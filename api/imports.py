"""Feeds and exports that are handed in: taken at once, worked on beside the requests, looked up by id."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from api.background import Background, Refresher
from api.errors import TooManyAtOnce
from catalog.feeds.guard import Guard
from catalog.feeds.importer import begin_import, run_import
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat, ImportReport, Mode
from memory.importers import runs
from memory.importers.importer import Begun, Wanted, begin, carry_out
from memory.importers.report import ImportFailure
from memory.importers.report import ImportReport as HistoryReport
from memory.lines import Enrich
from store.database import Database
from store.errors import InvalidInput, PenfriendError
from store.files import packed
from store.files.scratch import new_folder

_PREFIX = "import-"
AT_ONCE = 8
"""Imports that one process works on at a time, feeds and exports together: each holds a file, a thread, the database.

Others are told to come back: what waited here in any number would fill the disk, and be lost with the process.
"""
WAIT_S = 30
"""A small import takes seconds, a large one minutes."""


class TooManyImports(TooManyAtOnce):
    """As many imports as one process works on are being worked on."""

    reason = "too_many_imports"


class EmptyFeed(InvalidInput):
    """There is nothing in the feed."""

    reason = "empty_feed"


class EmptyExport(InvalidInput):
    """There is nothing in the export."""

    reason = "empty_export"


class Imports:
    """Starts imports."""

    def __init__(self, database: Database, uploads: Path, background: Background, refresher: Refresher) -> None:
        self._database = database
        self._uploads = uploads
        self._background = background
        self._refresher = refresher
        self._at_work: set[str] = set()
        self._taken = 0

    async def start(
        self, body: bytes, format_: FeedFormat | None, options: FeedOptions, mode: Mode, guard: Guard | None
    ) -> ImportReport:
        """Take a feed. Raises EmptyFeed, TooManyImports."""
        if not body.strip():
            raise EmptyFeed("The feed is empty.", fix="Send the feed's content as the body of the request.")
        with ExitStack() as stack:
            stack.enter_context(self._place())
            report = await begin_import(self._database, format_, mode)
            path = await asyncio.to_thread(self._keep, report.id, body)
            self._background.start("import", self._run(report.model_copy(), path, options, guard, stack.pop_all()))
        return report

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of those that are worked on at a time. Raises TooManyImports."""
        if self._taken >= AT_ONCE:
            raise TooManyImports(
                f"{AT_ONCE} imports are being worked on, as many as one process takes on.",
                pointer="body",
                fix="Send it again when one of them is done: GET /v1/imports and GET /v1/catalog/imports tell.",
                wait_s=WAIT_S,
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    def _keep(self, import_id: str, body: bytes) -> Path:
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = self._uploads / import_id
        path.write_bytes(body)
        return path

    async def _run(
        self, report: ImportReport, path: Path, options: FeedOptions, guard: Guard | None, place: ExitStack
    ) -> None:
        with place:
            try:
                await run_import(self._database, report, path, options, guard)
                self._refresher.soon()
            finally:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def start_export(self, body: bytes, wanted: Wanted, enrich: Enrich) -> HistoryReport:
        """Take an export of customers, orders or events; `wanted.file` says only what it is called.

        What can be told beforehand is told at once. The same export again is the same import: it goes on where it was,
        and while it is worked on here it is not begun twice.
        Raises: EmptyExport, TooManyImports, FileUnreadable and its kinds, FileDamaged, WrongFormat.
        """
        if not body.strip():
            raise EmptyExport("The export is empty.", fix="Send the file's content as the body of the request.")
        async with AsyncExitStack() as stack:
            stack.enter_context(self._place())
            file = await stack.enter_async_context(self._kept(body))
            begun = await begin(self._database, replace(wanted, file=file))
            if begun.report.id not in self._at_work:
                self._at_work.add(begun.report.id)
                self._background.start("import", self._carry_out(begun, enrich, stack.pop_all()))
        return begun.report.model_copy()

    @asynccontextmanager
    async def _kept(self, body: bytes) -> AsyncIterator[Path]:
        """The content in a folder of its own, unpacked, for the length of the block."""
        folder = await asyncio.to_thread(new_folder, self._uploads, _PREFIX)
        try:
            yield await asyncio.to_thread(_unpacked, body, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _carry_out(self, begun: Begun, enrich: Enrich, kept: AsyncExitStack) -> None:
        async with kept:
            try:
                await carry_out(self._database, begun, enrich=enrich)
            except runs.ImportedElsewhere:
                # Another process works on it: how it ends is told there.
                raise
            except PenfriendError as error:
                await self._fail(begun, ImportFailure(reason=error.reason, message=error.message, fix=error.fix))
                raise
            except Exception:
                await self._fail(begun, ImportFailure(reason="internal_error", message="Something of ours broke."))
                raise
            finally:
                self._at_work.discard(begun.report.id)

    async def _fail(self, begun: Begun, failure: ImportFailure) -> None:
        async with self._database.session() as session:
            await runs.fail(session, begun.report.id, failure)


def _unpacked(body: bytes, folder: Path) -> Path:
    path = folder / "export"
    path.write_bytes(body)
    return packed.unpack(path, folder, packed.MAX_BYTES)
