"""From taken deliveries to e-mails as they may go out at this moment: consent, prices and stock are asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from composer.freshness import Withdrawn
from composer.handoff.channel import Parcel
from composer.handoff.deliveries import Settled, Taken
from composer.handoff.model import DeliveryStatus
from composer.reviews.gate import NOT_RELEASED
from composer.stored import StoredEmail
from memory.addresses import addresses
from store import clock
from store.database import Database

RELEASED_AGAIN_AFTER = timedelta(minutes=5)
"""How long an e-mail behind a shut gate waits before the gate is looked at again: nobody knows when a person reads."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is handed off, and under whose name its deliveries are taken."""

    handoff_id: str
    run: str
    owner: str
    latest: datetime | None = None
    """What contact rules do not let out by then is not sent."""


class Current(Protocol):
    """Stored e-mails as they may be handed on now; `composer.freshness.Freshness` is the real one."""

    async def going_out(
        self, email_ids: Sequence[str], *, latest: datetime | None = None
    ) -> dict[str, StoredEmail | Withdrawn]:
        """By id; ids nobody has are left out. What may go out counts as sent from now on.

        Raises Unavailable (database).
        """
        ...


async def parcels(
    database: Database, current: Current, job: Job, taken: Sequence[Taken], *, needs_address: bool
) -> list[Parcel | Settled]:
    """For each delivery the e-mail to hand over, or why there is none, in order. Raises Unavailable (database)."""
    found = await current.going_out([one.email_id for one in taken], latest=job.latest)
    async with database.session(readonly=True) as session:
        known = await addresses(session, [one.customer for one in taken])
    return [_parcel(job, one, found.get(one.email_id), known.get(one.customer), needs_address) for one in taken]


def _parcel(
    job: Job, one: Taken, email: StoredEmail | Withdrawn | None, address: str | None, needs_address: bool
) -> Parcel | Settled:
    if email is None:
        return Settled(one.position, DeliveryStatus.FAILED, "unknown_email")
    if isinstance(email, Withdrawn):
        until = _until(email, job.latest)
        if until is not None:
            return Settled(one.position, DeliveryStatus.PENDING, email.reason, next_at=until, counted=False)
        return Settled(one.position, DeliveryStatus.SUPPRESSED, email.reason)
    if needs_address and address is None:
        return Settled(one.position, DeliveryStatus.FAILED, "no_address")
    return Parcel(one.email_id, job.run, address, email.document)


def _until(email: Withdrawn, latest: datetime | None) -> datetime | None:
    """When to ask again; None where it is for good."""
    if email.reason != NOT_RELEASED:
        return email.until
    # What was retried after the release may still be accepted, so it waits for as long as the hand-off may.
    again = clock.now() + RELEASED_AGAIN_AFTER
    return again if latest is None or again <= latest else None
