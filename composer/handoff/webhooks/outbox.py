"""From the history of runs to messages: each endpoint gets one row for each event that it wants to know of, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.handoff.webhooks.model import TEST_TYPE, EventType, Notice, type_of
from composer.handoff.webhooks.signing import envelope
from composer.handoff.webhooks.tables import EndpointRow, NoticeRow
from composer.runs.tables import RunEventRow
from store import clock
from store.ids import new_notice_id
from store.upsert import insert_or_ignore

MAX_BYTES = 20_000
"""Of one message, as the specification advises."""
SETTLED = timedelta(minutes=15)
"""A transaction that began earlier may commit later, with a lower event id: what is younger is looked at again."""
_BATCH = 500


async def unseen(session: AsyncSession) -> dict[str, int]:
    """Endpoints for which there are events that may not have been looked at, and the newest event."""
    newest = int(await session.scalar(select(func.max(col(RunEventRow.id)))) or 0)
    found = select(col(EndpointRow.id)).where(col(EndpointRow.disabled) == "", col(EndpointRow.seen) < newest)
    return dict.fromkeys((await session.execute(found.order_by(col(EndpointRow.id)))).scalars(), newest)


async def collect(session: AsyncSession, endpoint_id: str) -> None:
    """Write the messages that this endpoint is owed, each once however often this is done."""
    endpoint = await session.get(EndpointRow, endpoint_id, with_for_update=True, populate_existing=True)
    if endpoint is None or endpoint.disabled:
        return
    query = select(RunEventRow).where(col(RunEventRow.id) > endpoint.seen).order_by(col(RunEventRow.id)).limit(_BATCH)
    events = (await session.execute(query)).scalars().all()
    wanted = [event for event in events if type_of(event.kind) in endpoint.types]
    rows = [_row(endpoint, type_of(event.kind), _body(event), event.id) for event in wanted]
    if rows:
        await session.execute(insert_or_ignore(session, NoticeRow), rows)
    endpoint.seen = _seen(endpoint.seen, events)


async def announce(session: AsyncSession, type_: EventType, about: dict[str, Any]) -> None:
    """A message to every endpoint that wants to know, of what is in the history of no run."""
    endpoints = (await session.execute(select(EndpointRow).where(col(EndpointRow.disabled) == ""))).scalars()
    body = envelope(type_, clock.now(), about)
    rows = [_row(endpoint, type_, body, None) for endpoint in endpoints if type_ in endpoint.types]
    if rows:
        await session.execute(insert_or_ignore(session, NoticeRow), rows)


async def add_test(session: AsyncSession, endpoint_id: str, owner: str, until: datetime) -> NoticeRow:
    """Write a message that says nothing but that messages arrive; it is `owner`'s to send."""
    endpoint = await session.get_one(EndpointRow, endpoint_id)
    values = _row(endpoint, TEST_TYPE, envelope(TEST_TYPE, clock.now(), {"endpoint": endpoint.id}), None)
    row = NoticeRow(**values | {"owner": owner, "attempts": 1, "next_at": until})
    session.add(row)
    await session.flush()
    return row


async def notices(session: AsyncSession, endpoint_id: str, *, limit: int = 50, before: str = "") -> list[Notice]:
    """The newest first, beginning behind the message `before`."""
    query = select(NoticeRow).where(col(NoticeRow.endpoint_id) == endpoint_id)
    if before:
        query = query.where(col(NoticeRow.id) < before)
    rows = (await session.execute(query.order_by(col(NoticeRow.id).desc()).limit(limit))).scalars()
    return [read(row) for row in rows]


def read(row: NoticeRow) -> Notice:
    """As it is shown."""
    pending = row.status == "pending"
    return Notice.model_validate(
        {**row.model_dump(include=set(Notice.model_fields)), "next_at": row.next_at if pending else None}
    )


def _body(event: RunEventRow) -> bytes:
    type_, about = type_of(event.kind), {"run": event.run_id}
    body = envelope(type_, event.at, about | event.data)
    # Thin where it would be fat: whoever wants more asks the API.
    return body if len(body) <= MAX_BYTES else envelope(type_, event.at, about)


def _seen(before: int, events: Sequence[RunEventRow]) -> int:
    """Up to which event nothing can be missing any more. A full batch of young ones is not waited for."""
    settled = clock.now() - SETTLED
    old = [event.id or 0 for event in events if event.at < settled]
    if len(events) == _BATCH:
        old = [events[_BATCH // 2].id or 0, *old]
    return max([before, *old])


def _row(endpoint: EndpointRow, type_: str, body: bytes, event_id: int | None) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_notice_id(),
        "endpoint_id": endpoint.id,
        "event_id": event_id,
        "type": type_,
        "body": body.decode(),
        "status": "pending",
        "reason": "",
        "code": 0,
        "attempts": 0,
        "owner": "",
        "next_at": now,
        "created_at": now,
        "updated_at": now,
    }
