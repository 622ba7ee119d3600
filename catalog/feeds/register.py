"""The feed repository: which feeds there are, whose turn it is, and who works on which.

A feed is worked on under a lease: its row names the import that may change it, and until when. Taking the lease is one
UPDATE with a condition, so that of two processes one gets it, on both databases; whoever lost it (its machine slept,
say) finds out when it wants to write, in the same transaction, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.feeds import reports
from catalog.feeds.feed import Feed, FeedStatus, State
from catalog.feeds.fetch import Validators
from catalog.feeds.report import ImportReport
from catalog.tables import FeedRow, ProductRow
from store import clock
from store.errors import Conflict, NotFound
from store.upsert import table_of

_feed, _product = table_of(FeedRow), table_of(ProductRow)
_SECRET = {"source", "headers"}
_NOBODY: dict[str, Any] = {"lease": None, "leased_until": None}


class UnknownFeed(NotFound):
    """No feed has this id."""

    reason = "unknown_feed"


class FeedBusy(Conflict):
    """It is being imported right now."""

    reason = "feed_busy"


class FeedChanged(Conflict):
    """The feed was changed, or taken over by another process, while it was imported."""

    reason = "feed_changed"


class NothingHeld(Conflict):
    """There is no import to release."""

    reason = "nothing_held"


class Claimed(NamedTuple):
    """A feed that is ours for a while."""

    feed: Feed
    known: Validators


async def save(session: AsyncSession, feed: Feed) -> str | None:
    """Add or change a feed; it is due at once where its products may be others now.

    What was hidden in it stays as it was. An import of the former feed that still runs will not be applied; one that
    was held is not any more: its id is returned, for what it staged to be discarded.
    """
    row = await _row(session, feed.id)
    if row is None:
        await session.execute(insert(_feed), [_new(feed)])
        return None
    former = _read(row)
    feed = feed.with_secrets_of(former)
    values = _document(feed)
    held: str | None = None
    if feed.reads_as(former):
        values["next_at"] = min(row["next_at"], clock.now() + feed.every())
    else:
        held = row["held_import_id"]
        values |= {"validators": {}, "held_import_id": None, "failures": 0, "next_at": clock.now(), **_NOBODY}
    await _update(session, feed.id, values)
    if held:
        await reports.set_status(session, held, "held", "superseded")
    return held


async def find(session: AsyncSession, feed_id: str) -> Feed | None:
    """One feed with its secrets, or None."""
    row = await _row(session, feed_id)
    return None if row is None else _read(row)


async def status(session: AsyncSession, feed_id: str) -> FeedStatus:
    """One feed and where it stands. Raises: UnknownFeed."""
    return await _status(session, await _known_row(session, feed_id))


async def page(session: AsyncSession, *, after: str = "", limit: int = 100) -> list[FeedStatus]:
    """Feeds in id order, those after the id `after`."""
    query = select(_feed).where(_feed.c.id > after).order_by(_feed.c.id).limit(limit)
    return [await _status(session, dict(row)) for row in (await session.execute(query)).mappings().all()]


async def due(session: AsyncSession) -> list[str]:
    """Feeds whose time has come and nobody works on, the longest waiting first."""
    query = select(_feed.c.id).where(_feed.c.next_at <= clock.now(), ~_feed.c.paused, _is_free())
    return list((await session.execute(query.order_by(_feed.c.next_at, _feed.c.id))).scalars())


async def pause(session: AsyncSession, feed_id: str, paused: bool) -> None:
    """Fetch it no more, or again from now on. Raises: UnknownFeed."""
    await _known_row(session, feed_id)
    await _update(session, feed_id, {"paused": paused} | ({} if paused else {"next_at": clock.now()}))


async def remove(session: AsyncSession, feed_id: str) -> None:
    """Forget a feed and its imports. Its products stay as they are, and belong to no feed.

    Raises: UnknownFeed, FeedBusy.
    """
    await _known_row(session, feed_id)
    gone = await session.execute(delete(_feed).where(_feed.c.id == feed_id, _is_free()))
    if not cast(Any, gone).rowcount:
        raise _busy(feed_id)
    await session.execute(update(_product).where(_product.c.feed_id == feed_id).values(feed_id=None))


async def claim(session: AsyncSession, report: ImportReport) -> Claimed:
    """Take the lease of `report.feed_id` for the import of `report`, and keep that it began.

    Raises: UnknownFeed, FeedBusy.
    """
    assert report.feed_id is not None
    lease = {"lease": report.id, "leased_until": clock.now() + reports.LEASE}
    taken = await session.execute(update(_feed).where(_feed.c.id == report.feed_id, _is_free()).values(**lease))
    row = await _known_row(session, report.feed_id)
    if not cast(Any, taken).rowcount:
        raise _busy(report.feed_id)
    feed = _read(row)
    report.mode, report.format = feed.mode, feed.format
    await reports.begin(session, report)
    return Claimed(feed, Validators.model_validate(row["validators"]))


async def conclude(session: AsyncSession, report: ImportReport, feed: Feed, validators: Validators) -> str | None:
    """Give the lease back after a fetch that was judged. Returns the import that was held before and is not any more.

    Raises: FeedChanged where the lease is somebody else's by now.
    """
    held = (await _known_row(session, feed.id))["held_import_id"]
    values = {"validators": validators.model_dump(), "failures": 0, "next_at": clock.now() + feed.every(), **_NOBODY}
    if report.status != "unchanged":
        values["held_import_id"] = report.id if report.status == "held" else None
    mine = update(_feed).where(_feed.c.id == feed.id, _feed.c.lease == report.id)
    if not cast(Any, await session.execute(mine.values(**values))).rowcount:
        raise FeedChanged(f"The feed {feed.id!r} was changed while it was imported.", fix="It is imported again.")
    if held is None or report.status == "unchanged":
        return None
    await reports.set_status(session, held, "held", "superseded")
    return cast(str, held)


async def give_back(session: AsyncSession, report: ImportReport, wait: timedelta | None) -> None:
    """Give the lease back after a failure, to be tried again after `wait`; None: after an interruption, at once."""
    values: dict[str, Any] = dict(_NOBODY)
    if wait is not None:
        values |= {"failures": _feed.c.failures + 1, "next_at": clock.now() + wait}
    mine = update(_feed).where(_feed.c.id == report.feed_id, _feed.c.lease == report.id)
    await session.execute(mine.values(**values))


async def take_held(session: AsyncSession, feed_id: str) -> ImportReport:
    """The import that is held, for it to be applied in this transaction. Raises: UnknownFeed, FeedBusy, NothingHeld."""
    held = (await _known_row(session, feed_id))["held_import_id"]
    if held is None:
        raise NothingHeld(f"The feed {feed_id!r} is not held.", fix="`penfriend feeds list` says which are.")
    ours = update(_feed).where(_feed.c.id == feed_id, _feed.c.held_import_id == held, _is_free())
    if not cast(Any, await session.execute(ours.values(held_import_id=None))).rowcount:
        raise _busy(feed_id)
    return await reports.get(session, held)


def _is_free() -> ColumnElement[bool]:
    return or_(_feed.c.lease.is_(None), _feed.c.leased_until < clock.now())


def _busy(feed_id: str) -> FeedBusy:
    return FeedBusy(f"The feed {feed_id!r} is being imported right now.", fix="Wait until it is done.")


async def _row(session: AsyncSession, feed_id: str) -> dict[str, Any] | None:
    row = (await session.execute(select(_feed).where(_feed.c.id == feed_id))).mappings().one_or_none()
    return None if row is None else dict(row)


async def _known_row(session: AsyncSession, feed_id: str) -> dict[str, Any]:
    row = await _row(session, feed_id)
    if row is None:
        raise UnknownFeed(f"There is no feed {feed_id!r}.", fix="`penfriend feeds list` shows all.")
    return row


async def _update(session: AsyncSession, feed_id: str, values: dict[str, Any]) -> None:
    await session.execute(update(_feed).where(_feed.c.id == feed_id).values(**values))


def _document(feed: Feed) -> dict[str, Any]:
    return {
        "document": feed.model_dump(mode="json", exclude={"id", *_SECRET}),
        "secrets": feed.model_dump(include=_SECRET),
    }


def _new(feed: Feed) -> dict[str, Any]:
    now = clock.now()
    values = {"id": feed.id, "paused": False, "failures": 0, "validators": {}, "next_at": now, "created_at": now}
    return values | _document(feed) | _NOBODY


def _read(row: Mapping[str, Any]) -> Feed:
    return Feed.model_validate({"id": row["id"], **row["document"], **row["secrets"]})


def _state(row: Mapping[str, Any]) -> State:
    if row["paused"]:
        return "paused"
    if row["held_import_id"]:
        return "held"
    return "failing" if row["failures"] else "active"


async def _status(session: AsyncSession, row: Mapping[str, Any]) -> FeedStatus:
    last = await reports.page(session, row["id"], limit=1)
    leased: datetime | None = row["leased_until"]
    return FeedStatus(
        feed=_read(row).shown(),
        state=_state(row),
        failures=row["failures"],
        running=row["lease"] is not None and leased is not None and leased >= clock.now(),
        next_at=row["next_at"],
        held_import_id=row["held_import_id"],
        last_import=last[0] if last else None,
    )
