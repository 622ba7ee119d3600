"""What a model has still to read, and what came of what it read. The caller owns the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.events import WORDS_READ, Event, OurMessage
from memory.ingest import ingest
from memory.profile import to_profile
from memory.tables import OWN_WORDS, Customer
from memory.tables import Event as EventRow
from memory.words.model import Found
from memory.words.sources import OWN_EVENTS, product_of
from memory.words.tables import WordsReading
from store.upsert import insert_or_replace

TRIES = 5
FIRST_WAIT = timedelta(hours=1)
Status = Literal["read", "failed", "skipped"]


@dataclass(frozen=True)
class Pending:
    """An event whose texts are to be read, and what of its customer must not leave with them."""

    event: Event
    customer_id: str
    tries: int
    hidden: tuple[str, ...]
    """Names, address and ids, as the customer has them."""


@dataclass(frozen=True)
class Outcome:
    """What became of one event's texts."""

    status: Status
    reason: str = ""
    found: tuple[Found, ...] = ()


async def pending_words(session: AsyncSession, limit: int, now: datetime) -> list[Pending]:
    """Events never read, or that failed `FIRST_WAIT` ago and fewer than `TRIES` times; the earliest first."""
    reading = WordsReading
    again = and_(col(reading.status) == "failed", col(reading.tries) < TRIES, col(reading.at) <= now - FIRST_WAIT)
    event = EventRow
    query = (
        select(
            col(event.message_id), col(event.kind), col(event.name), col(event.at), col(event.payload),
            col(event.customer_id), col(Customer.profile), col(Customer.external_id), col(reading.tries),
        )
        .join(Customer, col(Customer.id) == col(event.customer_id))
        .outerjoin(reading, col(reading.message_id) == col(event.message_id))
        .where(OWN_WORDS, or_(col(reading.message_id).is_(None), again))
        .order_by(col(event.received_at), col(event.message_id))
        .limit(limit)
    )  # fmt: skip
    return [_pending(*row) for row in (await session.execute(query)).all()]


def _pending(
    message_id: str, kind: str, name: str, at: datetime, payload: bytes,
    customer_id: str, profile: bytes | None, external_id: str | None, tries: int | None,
) -> Pending:  # fmt: skip
    body = orjson.loads(payload)
    event = Event(message_id, kind, name, body.get("userId"), body.get("anonymousId"), at, body)
    return Pending(event, customer_id, tries or 0, (*_names(profile), external_id or ""))


def _names(stored: bytes | None) -> tuple[str, ...]:
    profile = to_profile(orjson.loads(stored) if stored else {})
    known = (profile.first_name, profile.last_name, profile.email, *profile.address.values())
    return tuple(name for name in known if name)


async def record_reading(session: AsyncSession, pending: Pending, outcome: Outcome, reader: str, now: datetime) -> None:
    """Keep what was found as an event, at the time it was said, and that it was read. All or nothing.

    Raises: what `memory.ingest.ingest` raises.
    """
    row = {
        "message_id": pending.event.message_id,
        "customer_id": pending.customer_id,
        "status": outcome.status,
        "reason": outcome.reason,
        "tries": pending.tries + 1,
        "reader": reader,
        "at": now,
    }
    if outcome.found:
        report = await ingest(session, [_message(pending.event, outcome.found, reader)], received_at=now)
        # Erased since, or older than what is kept: then nothing is remembered, and nothing tried again.
        row |= {"status": "skipped", "reason": report.rejected[0].reason} if report.rejected else {}
    await session.execute(insert_or_replace(session, WordsReading), [row])


def _message(event: Event, found: Sequence[Found], reader: str) -> OurMessage:
    """The event of what was read. Its id makes the same reading of the same text one event."""
    key = hashlib.sha256(f"{event.message_id}\x1f{reader}".encode()).hexdigest()[:40]
    ids = {"userId": event.user_id, "anonymousId": event.anonymous_id}
    said: dict[str, Any] = {
        "of": event.message_id,
        "source": OWN_EVENTS[event.name],
        "product_id": product_of(event),
        "reader": reader,
        "statements": [one.as_list() for one in found],
    }
    return OurMessage(
        type="track",
        event=WORDS_READ,
        messageId=f"words-{key}",
        timestamp=event.at.isoformat(),
        properties=said,
        **{name: value for name, value in ids.items() if value is not None},
    )
