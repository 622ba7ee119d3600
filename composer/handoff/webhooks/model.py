"""What an endpoint of somebody else's is, and what became of each message to it. `api/` speaks these."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from composer.runs.model import EventKind

EventType = Literal[
    "run.started",
    "run.paused",
    "run.resumed",
    "run.cancelled",
    "run.completed",
    "run.retried",
    "run.budget_reached",
    "run.released",
    "handoff.started",
    "handoff.paused",
    "handoff.resumed",
    "handoff.cancelled",
    "handoff.completed",
    "learning.alarm",
]
"""What an endpoint can be told of. There is none for each composed e-mail: a hand-off over a webhook is for that."""

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
TEST_TYPE = "webhook.test"
EMAIL_TYPE = "email.ready"

NoticeStatus = Literal["pending", "delivered", "failed", "cancelled"]


def type_of(kind: EventKind | str) -> str:
    """The event type of a run's event: `completed` is `run.completed`, `handoff_paused` is `handoff.paused`."""
    head, _, tail = kind.partition("handoff_")
    return f"run.{head}" if head else f"handoff.{tail}"


class NewEndpoint(BaseModel):
    """Who wants to know what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(min_length=1, max_length=2_000)
    types: tuple[EventType, ...] = EVENT_TYPES
    """Left out: all of them. Empty: none, for an endpoint that e-mails are handed off to."""
    description: str = Field(default="", max_length=300)


class Endpoint(BaseModel):
    """An endpoint and whether it is told anything."""

    id: str
    url: str
    """Without what is behind its question mark, which may be a secret."""
    types: tuple[str, ...]
    description: str = ""
    disabled: str = ""
    """Why nothing is sent there any more: `gone` (it answered 410)."""
    created_at: datetime


class EndpointWithSecret(Endpoint):
    """As it is shown once, when it is added."""

    secret: str


class Notice(BaseModel):
    """One message to an endpoint."""

    id: str
    """The `webhook-id`."""
    type: str
    status: NoticeStatus
    reason: str = ""
    code: int = 0
    """The HTTP status of the last answer; 0 where there was none."""
    attempts: int
    next_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
