"""The one store of import reports: what became of every feed that came in, and each row that did not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from typeid import TypeID

from catalog.feeds.report import Failure, ImportReport, RowIssue
from catalog.tables import FeedRow, ImportRow, RowIssueRow
from store import clock
from store.database import Database
from store.errors import NotFound, PenfriendError, Unavailable
from store.upsert import table_of

_import, _issue, _feed = table_of(ImportRow), table_of(RowIssueRow), table_of(FeedRow)
_STORED = set(_import.c.keys()) & set(ImportReport.model_fields)
OnFailure = Callable[[AsyncSession, BaseException], Awaitable[None]]
BEAT_S = 20.0
LEASE = timedelta(minutes=2)
"""A process that has not said for so long that it is alive has died: its import came to nothing."""
MAX_PRODUCT_ID, MAX_FIELD = 128, 64
BROKEN = PenfriendError(
    "Something went wrong inside Penfriend.", fix="Report it with the lines of the log.", reason="internal_error"
)
CUT_SHORT = Failure(
    reason="interrupted", detail="The import was cut short; the shop is as it was before.", fix="Run it again."
)


class UnknownImport(NotFound):
    """No import has this id."""

    reason = "unknown_import"


def new_id() -> str:
    """An id for an import; later ones sort later."""
    return str(TypeID(prefix="imp"))


def _values(report: ImportReport) -> dict[str, Any]:
    return report.model_dump(include=_STORED) | {"alive_at": clock.now()}


async def begin(session: AsyncSession, report: ImportReport) -> None:
    """Keep that an import runs."""
    await session.execute(insert(_import), [_values(report)])


async def save(session: AsyncSession, report: ImportReport) -> None:
    """Keep what became of it, and its issues, in place of what was kept."""
    if report.status != "running":
        report.finished_at = clock.now()
    await session.execute(update(_import).where(_import.c.id == report.id).values(**_values(report)))
    await session.execute(delete(_issue).where(_issue.c.import_id == report.id))
    issues = [(True, issue) for issue in report.rejected] + [(False, issue) for issue in report.mended]
    rows = [
        {"import_id": report.id, "number": number, "rejected": rejected} | _issue_values(issue)
        for number, (rejected, issue) in enumerate(issues)
    ]
    if rows:
        await session.execute(insert(_issue), rows)


def _issue_values(issue: RowIssue) -> dict[str, Any]:
    short = {"product_id": (issue.product_id or "")[:MAX_PRODUCT_ID], "field": (issue.field or "")[:MAX_FIELD]}
    return issue.model_dump() | {name: text or None for name, text in short.items()}


async def set_status(session: AsyncSession, import_id: str, was: str, status: str) -> None:
    """Give an import another status, if it has the one it `was` thought to have."""
    statement = update(_import).where(_import.c.id == import_id, _import.c.status == was)
    await session.execute(statement.values(status=status, finished_at=clock.now()))


async def silent(session: AsyncSession) -> list[str]:
    """Imports whose process has not been heard of for long."""
    lost = (_import.c.status == "running") & (_import.c.alive_at < clock.now() - LEASE)
    return list((await session.execute(select(_import.c.id).where(lost))).scalars())


async def bury(session: AsyncSession, dead: Sequence[str]) -> None:
    """Mark imports whose process has died as interrupted."""
    ended = {"status": "interrupted", "failure": CUT_SHORT.model_dump(), "finished_at": clock.now()}
    lost = update(_import).where(_import.c.id.in_(dead), _import.c.status == "running")
    await session.execute(lost.values(**ended))


async def latest(session: AsyncSession) -> str | None:
    """The newest import that was applied, by whatever process; None where there is none."""
    query = select(_import.c.id).where(_import.c.status == "done").order_by(_import.c.finished_at.desc()).limit(1)
    found: str | None = await session.scalar(query)
    return found


async def forget(session: AsyncSession, import_id: str) -> None:
    """Keep nothing of an import: it was a trial."""
    await session.execute(delete(_import).where(_import.c.id == import_id))


async def get(session: AsyncSession, import_id: str) -> ImportReport:
    """One import with its issues. Raises: UnknownImport."""
    row = (await session.execute(select(_import).where(_import.c.id == import_id))).mappings().one_or_none()
    if row is None:
        raise UnknownImport(f"There is no import {import_id!r}.", fix="Ids are answered when an import starts.")
    report = _read(dict(row))
    query = select(_issue).where(_issue.c.import_id == import_id).order_by(_issue.c.number)
    for found in (await session.execute(query)).mappings():
        issue = RowIssue.model_validate({name: found[name] for name in RowIssue.model_fields})
        (report.rejected if found["rejected"] else report.mended).append(issue)
    return report


async def page(session: AsyncSession, feed_id: str, *, before: str = "", limit: int = 50) -> list[ImportReport]:
    """Imports of one feed without their issues, newest first; those older than the id `before`."""
    query = select(_import).where(_import.c.feed_id == feed_id)
    if before:
        query = query.where(_import.c.id < before)
    rows = (await session.execute(query.order_by(_import.c.id.desc()).limit(limit))).mappings()
    return [_read(dict(row)) for row in rows]


def _read(row: dict[str, Any]) -> ImportReport:
    """The report; one whose process fell silent is told as interrupted, although nobody was left to write it."""
    report = ImportReport.model_validate({name: row[name] for name in _STORED})
    if report.status == "running" and clock.now() - row["alive_at"] > LEASE:
        report.status, report.failure = "interrupted", CUT_SHORT
    return report


async def prune(session: AsyncSession, feed_id: str | None, keep: int) -> None:
    """Forget imports of a feed (None: those by hand) but for the newest `keep`, and the one that is held."""
    mine = _import.c.feed_id.is_(None) if feed_id is None else _import.c.feed_id == feed_id
    newest = select(_import.c.id).where(mine).order_by(_import.c.id.desc()).limit(keep)
    stale = delete(_import).where(mine, _import.c.id.not_in(newest), _import.c.status.not_in(("held", "running")))
    await session.execute(stale)


async def _nothing_else(_: AsyncSession, __: BaseException) -> None:
    """An import without a feed has nothing to give back."""


@asynccontextmanager
async def watched(
    database: Database, report: ImportReport, on_failure: OnFailure = _nothing_else
) -> AsyncIterator[None]:
    """Around the work of an import that has begun: says that it is alive, and keeps how it failed.

    `on_failure` is called in the transaction that keeps it.
    """
    beating = asyncio.create_task(_beat(database, report))
    try:
        yield
    except BaseException as error:
        await _keep_failure(database, report, error, on_failure)
        raise
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def _keep_failure(database: Database, report: ImportReport, error: BaseException, on_failure: OnFailure) -> None:
    if isinstance(error, Exception):
        report.status, report.failure = "failed", Failure.of(error if isinstance(error, PenfriendError) else BROKEN)
    else:
        report.status, report.failure = "interrupted", CUT_SHORT
    # Without a database the row stays as it is, and will be told as interrupted: its process falls silent now.
    with suppress(Unavailable):
        async with database.session() as session:
            await save(session, report)
            await on_failure(session, error)


async def _beat(database: Database, report: ImportReport) -> None:
    while True:
        await asyncio.sleep(BEAT_S)
        # A beat that finds the database busy is made up for by the next: a lease lasts for six.
        with suppress(Unavailable):
            async with database.session() as session:
                await _say_alive(session, report)


async def _say_alive(session: AsyncSession, report: ImportReport) -> None:
    now = clock.now()
    await session.execute(update(_import).where(_import.c.id == report.id).values(alive_at=now))
    if report.feed_id is not None:
        lease = update(_feed).where(_feed.c.id == report.feed_id, _feed.c.lease == report.id)
        await session.execute(lease.values(leased_until=now + LEASE))
