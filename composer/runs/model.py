"""What a run is: what is asked for, where it stands, what happened to it. `api/` speaks these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from composer.contract import Usage
from composer.reviews.model import ReviewTerms
from composer.runs.audiences.resolving import Audience
from store import clock

EXAMPLES = 3
"""E-mails kept of each rule."""
CHUNK_SIZE = 250
"""Recipients a chunk: what a killed process can lose the model calls of."""


class RunStatus(StrEnum):
    """Closed. `running` and `paused` may change; the others are final."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class RecipientStatus(StrEnum):
    """Closed. `pending` becomes exactly one of the others, in the transaction that stores what came of it."""

    PENDING = "pending"
    """Not begun yet; or deferred: begun, and to be asked again at `not_before`, as `reason` says (`capped` …)."""
    COMPOSED = "composed"
    SKIPPED = "skipped"
    """No e-mail, for a reason that is in the contact ledger: `no_consent`, `holdout`, `too_few_picks` …"""
    FAILED = "failed"
    """No e-mail, because something broke; `retry` takes these up again."""
    CANCELLED = "cancelled"


class PauseReason(StrEnum):
    """Why a run stands still."""

    REQUESTED = "requested"
    BUDGET_REACHED = "budget_reached"
    MODEL_FAILURES = "model_failures"
    """Too many model calls failed."""
    CHECK_FAILURES = "check_failures"
    """Too many of the model's texts were held back by checks."""
    FALLBACK_SHARE = "fallback_share"
    """Too many e-mails came from templates only."""
    FAILED_RECIPIENTS = "failed_recipients"
    """Too many recipients ended as failed."""
    COMPLAINTS = "complaints"
    """Too many e-mails were reported as spam (`composer.harm`)."""


class Document(BaseModel):
    """Immutable; an unknown key is an error that names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tolerance(Document):
    """Shares of the newest recipients above which a run pauses itself; 1 never does."""

    model_failures: float = Field(default=0.5, ge=0, le=1)
    check_failures: float = Field(default=0.9, ge=0, le=1)
    fallback: float = Field(default=0.8, ge=0, le=1)
    failed: float = Field(default=0.1, ge=0, le=1)
    window: int = Field(default=200, ge=20, le=10_000)
    """Recipients looked back at. Nothing is judged before so many are done."""

    @property
    def templates_suffice(self) -> bool:
        """Whether a run may go on, and begin, though no model answers."""
        return self.model_failures == self.fallback == 1


class Terms(Document):
    """How everyone in a run is written to, and within what limits."""

    step: str = Field(default="", max_length=64)
    occasion: str = Field(default="", max_length=128)
    """Tells apart runs of one campaign version to the same people; without it they get the e-mail they have."""
    budget_usd: Annotated[Decimal, Field(ge=0)] | None = None
    """Money for model calls; reached, the run pauses. None: no limit."""
    budget_tokens: Annotated[int, Field(ge=0)] | None = None
    """Input and output tokens together; reached, the run pauses."""
    deadline_ms: int = Field(default=60_000, ge=1_000, le=120_000)
    """For each e-mail, from its first model call."""
    defer_for: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=30))] = timedelta(days=3)
    """ISO 8601 duration (`P3D`): so long after the start it waits for whoever may not be written to yet. Who may not by
    then, or not before the campaign's offers end, is skipped. A hand-off waits as long for quiet hours and caps."""
    tolerance: Tolerance = Tolerance()
    review: ReviewTerms | None = None
    """A sample is drawn when it is done, on these terms; with `gate` nothing that it writes leaves before somebody has
    accepted the sample."""


class RunRequest(Terms):
    """Start a run: who, and within what limits."""

    audience: Audience


class NewLimits(Document):
    """What a paused run goes on with; a field that is left out stays as it was."""

    budget_usd: Annotated[Decimal, Field(ge=0)] | None = None
    """None, when said: no limit any more."""
    budget_tokens: Annotated[int, Field(ge=0)] | None = None
    tolerance: Tolerance = Tolerance()

    def gives_more_than(self, request: Mapping[str, Any]) -> bool:
        """Whether one of its budgets is larger than the request's, or there is no limit any more."""
        for name in {"budget_usd", "budget_tokens"} & self.model_fields_set:
            had, has = request.get(name), getattr(self, name)
            if had is not None and (has is None or has > Decimal(str(had))):
                return True
        return False


class Tally(BaseModel):
    """What became of recipients so far. Adds up: a run's is the sum of its chunks'."""

    composed: int = 0
    skipped: int = 0
    failed: int = 0
    cancelled: int = 0
    deferred: int = 0
    """Of those who are pending: whoever is asked again later."""
    paths: dict[str, int] = {}
    """E-mails by `contract.Path`."""
    rungs: dict[str, int] = {}
    """Blocks by `contract.Rung`."""
    reasons: dict[str, int] = {}
    """Skipped and failed recipients by reason code; why somebody is deferred is in their row."""
    rules: dict[str, int] = {}
    """E-mails by rule that held a text of theirs back (`evals.rules`): one e-mail may count for several."""
    examples: dict[str, list[str]] = {}
    """Ids of such e-mails by rule, at most `EXAMPLES` each."""
    usage: Usage = Usage()

    @property
    def done(self) -> int:
        """Recipients with a final status."""
        return self.composed + self.skipped + self.failed + self.cancelled


class Run(BaseModel):
    """A run and where it stands."""

    id: str
    campaign: str
    campaign_version: int
    request: RunRequest
    status: RunStatus
    reason: str = ""
    """For PAUSED and CANCELLED: the code (`PauseReason`), else empty."""
    detail: str = ""
    recipients: int
    tally: Tally
    created_at: datetime
    ended_at: datetime | None = None
    rate: float = 0.0
    """Recipients a second over the last half minute; 0 where nothing moves."""
    seconds_left: float | None = None
    deferred_until: datetime | None = None
    """When the first of those who are deferred is asked again; the run goes on by itself then."""
    workers: int = 0
    """Processes that hold a chunk of it now."""

    @property
    def waiting(self) -> bool:
        """Whoever is left is deferred: nothing moves before `deferred_until`."""
        all_wait = self.status is RunStatus.RUNNING and self.tally.deferred == self.recipients - self.tally.done
        return all_wait and self.deferred_until is not None and self.deferred_until > clock.now()


class Recipient(BaseModel):
    """One customer in one run."""

    position: int
    customer: str
    status: RecipientStatus
    reason: str = ""
    detail: str = ""
    email_id: str = ""
    attempts: int = 0
    not_before: datetime | None = None
    """For one that is deferred: when it is asked again."""
    updated_at: datetime


EventKind = Literal[
    "started",
    "paused",
    "resumed",
    "cancelled",
    "completed",
    "retried",
    "budget_reached",
    "released",
    "handoff_started",
    "handoff_paused",
    "handoff_resumed",
    "handoff_cancelled",
    "handoff_completed",
]


class RunEvent(BaseModel):
    """Something that happened to a run: its history, and what outgoing webhooks tell (`run.<kind>`)."""

    id: int
    run: str
    kind: EventKind
    at: datetime
    data: dict[str, Any] = {}
