"""What became of an e-mail: the vocabulary of ESPs in, Segment's e-mail events into memory.

Types are django-anymail's normalised event names, which every ESP's webhook maps to; the events are those of
Segment's Email spec (segment.com/docs/connections/spec/email).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from api.ports import Composes
from composer.contract import ComposeResult
from composer.responses import emails_known
from memory.ingest import ingest
from store import clock
from store.errors import NotFound

OutcomeType = Literal["delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]

EVENTS: dict[OutcomeType, str] = {
    "delivered": "Email Delivered",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "bounced": "Email Bounced",
    "complained": "Email Marked as Spam",
    "unsubscribed": "Unsubscribed",
}
MAX_OUTCOMES = 1_000
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
    """The sender's own id of this event: what makes a repeated report count once."""
    url: str | None = Field(default=None, max_length=2_000)
    machine: bool = False
    """Opened or clicked by a machine (prefetched, scanned), as far as the sender knows: kept, and nobody's interest."""

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


async def record(session: AsyncSession, composer: Composes, outcomes: Sequence[Outcome]) -> OutcomeReport:
    """Write outcomes into their customers' memory; those of unknown e-mails are named and left out."""
    report = OutcomeReport()
    messages: dict[int, dict[str, Any]] = {}
    for place, outcome in enumerate(outcomes):
        try:
            email = await composer.get(outcome.email())
        except NotFound as error:
            pointer = f"/outcomes/{place}"
            report.rejected.append(Unplaced(pointer=pointer, reason=error.reason, detail=error.message))
            continue
        messages[place] = as_event(outcome, email, clock.now())
    if messages:
        done = await ingest(session, [*messages.values()], emails=emails_known)
        report.accepted, report.duplicates = done.accepted, done.duplicates
        places = [*messages]
        report.rejected += [
            Unplaced(pointer=f"/outcomes/{places[one.index]}", reason=one.reason, detail=one.message)
            for one in done.rejected
        ]
    return report


def as_event(outcome: Outcome, email: ComposeResult, now: datetime) -> dict[str, Any]:
    """The Segment `track` message of an outcome. Reported twice, it has the same `messageId`."""
    properties: dict[str, Any] = {"email_id": email.id, "campaign_id": email.campaign, "email_subject": email.subject}
    if outcome.url:
        properties["link_url"] = outcome.url
    if outcome.machine:
        properties["is_machine"] = True
    return {
        "type": "track",
        "messageId": _message_id(outcome, email.id),
        "userId": email.customer,
        "event": EVENTS[outcome.type],
        "timestamp": (outcome.at or now).isoformat(),
        "properties": properties,
    }


def _message_id(outcome: Outcome, email_id: str) -> str:
    moment = outcome.at.isoformat() if outcome.at else ""
    told = outcome.event_id or "\n".join((moment, outcome.url or ""))
    return "outcome_" + hashlib.sha256(f"{email_id}\n{outcome.type}\n{told}".encode()).hexdigest()[:40]
