"""What a hand-off is: what is asked for, where it stands, what became of each e-mail. `api/` speaks these."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class HandoffStatus(StrEnum):
    """Closed. `running` and `paused` may change; a `completed` one runs again when what failed is retried."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class DeliveryStatus(StrEnum):
    """Closed. `pending` becomes one of the others when the far side has answered, never before."""

    PENDING = "pending"
    SENT = "sent"
    """The far side has taken it over."""
    REFUSED = "refused"
    """The far side will not have it, ever: an unknown mailbox, a message it takes for spam."""
    FAILED = "failed"
    """It could not be handed over in all the attempts it had; `retry` takes these up again."""
    SUPPRESSED = "suppressed"
    """Not handed over on purpose: unsubscribed since it was composed, or nothing sendable remained of it."""
    CANCELLED = "cancelled"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OverSmtp(_Document):
    """Through the SMTP relay of the settings (`[smtp]`)."""

    channel: Literal["smtp"]


class OverListmonk(_Document):
    """As transactional messages of the listmonk of the settings (`[listmonk]`)."""

    channel: Literal["listmonk"]


class OverWebhook(_Document):
    """Each e-mail as one signed `email.ready` to a webhook endpoint."""

    channel: Literal["webhook"]
    endpoint: str = Field(min_length=1, max_length=64)
    """Its id, `whe_…`."""


HandoffRequest = Annotated[OverSmtp | OverListmonk | OverWebhook, Field(discriminator="channel")]


class HandoffTally(BaseModel):
    """E-mails by what became of them."""

    pending: int = 0
    sent: int = 0
    refused: int = 0
    failed: int = 0
    suppressed: int = 0
    cancelled: int = 0

    @property
    def done(self) -> int:
        """E-mails with a final status."""
        return self.sent + self.refused + self.failed + self.suppressed + self.cancelled


class Handoff(BaseModel):
    """A hand-off and where it stands."""

    id: str
    run: str
    campaign: str
    campaign_version: int
    request: HandoffRequest
    status: HandoffStatus
    reason: str = ""
    """For PAUSED: `requested`, or what is wrong with the far side (`smtp_credentials`, `many_refused` …). For RUNNING:
    why nothing goes out, where the far side is away, or no process has the channel yet (`no_smtp_relay` …)."""
    detail: str = ""
    emails: int
    tally: HandoffTally
    deferred: int = 0
    """Of those that are pending: e-mails that wait for quiet hours, caps, or a sample to be accepted."""
    deferred_until: datetime | None = None
    """When the first of these is taken up again."""
    rests_until: datetime | None = None
    """The far side is away or wants to be left alone: it is asked again then."""
    created_at: datetime
    ended_at: datetime | None = None


class Delivery(BaseModel):
    """One e-mail in one hand-off."""

    position: int
    email_id: str
    """Also the idempotency key: the same in every attempt and in every hand-off."""
    customer: str
    status: DeliveryStatus
    reason: str = ""
    code: str = ""
    """The far side's answer code: `250 2.0.0`, `550 5.1.1`, `429` …"""
    answer: str = ""
    """The far side's own words."""
    attempts: int = 0
    next_at: datetime | None = None
    """For PENDING: when it is taken up (again)."""
    updated_at: datetime
