"""What became of an e-mail: the vocabulary of ESPs in, Segment's e-mail events into memory.

Types are django-anymail's normalised event names, which every ESP's webhook maps to; the events are those of
Segment's Email spec (segment.com/docs/connections/spec/email).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from composer.emails import UnknownEmail, unknown_email
from composer.handoff.settling import sent_message_id
from composer.responses import KnownEmail, known_emails
from composer.reviews.gate import DETAILS, NOT_RELEASED, unreleased
from memory.email_hints import EmailHints
from memory.ingest import ingest
from memory.privacy.tombstones import erased
from store import clock

OutcomeType = Literal["sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]

GONE: frozenset[OutcomeType] = frozenset({"sent", "delivered"})
"""What says of an e-mail that it has left."""

EVENTS: dict[OutcomeType, str] = {
    "sent": "Email Sent",
    "delivered": "Email Delivered",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "bounced": "Email Bounced",
    "complained": "Email Marked as Spam",
    "unsubscribed": "Unsubscribed",
}
MAX_OUTCOMES = 1_000
MAX_URL = 2_000
_EMAIL_ID = re.compile(r"msg_[0-9a-z]{26}")


class Outcome(BaseModel):
    """One thing that happened to one e-mail."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"type": "clicked", "email_id": "msg_01k…", "url": "https://shop.example/p1"}]},
    )

    type: OutcomeType
    email_id: str | None = Field(default=None, max_length=64)
    message_id: str | None = Field(default=None, max_length=998)
    """The `Message-ID` header, for senders that know nothing else."""
    at: AwareDatetime | None = None
    """When it happened; now, when left out."""
    event_id: str | None = Field(default=None, min_length=1, max_length=200)
    """The sender's own id of this event: what makes a repeated report count once. `sent` counts once without one."""
    url: str | None = Field(default=None, max_length=MAX_URL)
    machine: bool = False
    """Opened or clicked by a machine (prefetched, scanned), as far as the sender knows: kept, and nobody's interest."""
    permanent: bool = False
    """Of `bounced`: for good, and nothing more is sent to this address. Else it did not arrive this time."""

    @model_validator(mode="after")
    def _names_an_email(self) -> Self:
        if self.email_id is None and self.message_id is None:
            raise ValueError("an outcome needs email_id or message_id")
        return self

    def email(self) -> str:
        """The id of the e-mail it is about."""
        if self.email_id is not None:
            return self.email_id
        found = _EMAIL_ID.search(self.message_id or "")
        return found.group() if found else self.message_id or ""


class Outcomes(BaseModel):
    """What a sender reports at once."""

    model_config = ConfigDict(extra="forbid")

    outcomes: list[Outcome] = Field(min_length=1, max_length=MAX_OUTCOMES)


class Unplaced(BaseModel):
    """An outcome that belongs to no e-mail of ours."""

    pointer: str
    reason: str
    detail: str


class OutcomeReport(BaseModel):
    """What was recorded."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Unplaced] = []


class Refusal(BaseModel):
    """Why one outcome was not taken."""

    reason: str
    detail: str


@dataclass(slots=True)
class Remembered:
    """What became of a list of outcomes."""

    accepted: int = 0
    duplicates: int = 0
    refused: dict[int, Refusal] = field(default_factory=dict)
    """By their places in the list."""


async def record(session: AsyncSession, outcomes: Sequence[Outcome]) -> OutcomeReport:
    """Write outcomes into their customers' memory; those of unknown e-mails are named and left out.

    So is that one was sent or delivered which waits behind a gate: what is believed of it would count and teach.
    """
    done = await remember(session, outcomes)
    rejected = [
        Unplaced(pointer=f"/outcomes/{place}", **refusal.model_dump())
        for place, refusal in sorted(done.refused.items())
    ]
    return OutcomeReport(accepted=done.accepted, duplicates=done.duplicates, rejected=rejected)


async def remember(session: AsyncSession, outcomes: Sequence[Outcome]) -> Remembered:
    """As `record`, for any number: their e-mails are read together, a thousand at a time."""
    done = Remembered()
    for start in range(0, len(outcomes), MAX_OUTCOMES):
        await _remember(session, dict(enumerate(outcomes[start : start + MAX_OUTCOMES], start)), done)
    return done


async def _remember(session: AsyncSession, outcomes: Mapping[int, Outcome], done: Remembered) -> None:
    # What does not look like an id of ours is not asked for: PostgreSQL refuses a NUL, and with it all the others.
    ids = {email_id for outcome in outcomes.values() if _EMAIL_ID.fullmatch(email_id := outcome.email())}
    known = await known_emails(session, ids)
    gone = await erased(session, ids - known.keys())
    said_gone = {outcome.email() for outcome in outcomes.values() if outcome.type in GONE} & known.keys()
    waiting = await unreleased(session, said_gone) if said_gone else set()
    now = clock.now()
    messages: dict[int, dict[str, Any]] = {}
    for place, outcome in outcomes.items():
        email_id = outcome.email()
        if outcome.type in GONE and email_id in waiting:
            done.refused[place] = Refusal(reason=NOT_RELEASED, detail=DETAILS[NOT_RELEASED])
        elif email_id in known:
            messages[place] = as_event(outcome, email_id, known[email_id], now)
        else:
            done.refused[place] = _refusal(unknown_email(email_id, erased=email_id in gone))
    if not messages:
        return

    async def hints(_: AsyncSession, email_ids: Collection[str]) -> Mapping[str, EmailHints]:
        return {email_id: known[email_id].hints for email_id in email_ids if email_id in known}

    report = await ingest(session, [*messages.values()], received_at=now, emails=hints)
    done.accepted += report.accepted
    done.duplicates += report.duplicates
    places = [*messages]
    done.refused |= {places[one.index]: Refusal(reason=one.reason, detail=one.message) for one in report.rejected}


def _refusal(error: UnknownEmail) -> Refusal:
    return Refusal(reason=error.reason, detail=error.message)


def as_event(outcome: Outcome, email_id: str, email: KnownEmail, now: datetime) -> dict[str, Any]:
    """The Segment `track` message of an outcome. Reported twice, it has the same `messageId`."""
    properties: dict[str, Any] = {
        "email_id": email_id,
        "campaign_id": email.campaign,
        "email_subject": email.subject,
    }
    if outcome.url:
        properties["link_url"] = outcome.url
    if outcome.machine:
        properties["is_machine"] = True
    if outcome.permanent:
        properties["bounce_type"] = "permanent"
    return {
        "type": "track",
        "messageId": _message_id(outcome, email_id),
        "userId": email.hints.customer,
        "event": EVENTS[outcome.type],
        "timestamp": (outcome.at or now).isoformat(),
        "properties": properties,
    }


def _message_id(outcome: Outcome, email_id: str) -> str:
    if outcome.type == "sent":
        return sent_message_id(email_id)
    moment = outcome.at.isoformat() if outcome.at else ""
    told = outcome.event_id or "\n".join((moment, outcome.url or ""))
    return "outcome_" + hashlib.sha256(f"{email_id}\n{outcome.type}\n{told}".encode()).hexdigest()[:40]
