"""What goes in and out of composing one e-mail. `api/` speaks these and nothing deeper."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from catalog.model import BasketPrice
from evals.verdict import Verdict


class Rung(StrEnum):
    """Who wrote a block, from best to last resort."""

    MODEL = "model"
    REPAIR = "repair"
    """The model's text after a deterministic edit by a check."""
    REASK = "reask"
    """The same model, told which rules failed."""
    OTHER_MODEL = "other_model"
    REVIEWER = "reviewer"
    """A person's edit of a finished e-mail."""
    TEMPLATE_BLOCK = "template_block"
    TEMPLATE_EMAIL = "template_email"


class Path(StrEnum):
    """How the whole e-mail came about. `MODEL`: at least one block by a model."""

    MODEL = "model"
    TEMPLATE = "template"
    SKIPPED = "skipped"


class ComposeRequest(BaseModel):
    """Ask for one e-mail. (campaign, its version, customer, step, occasion) is the idempotency key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    campaign: str = Field(min_length=1, max_length=64)
    customer: str = Field(min_length=1, max_length=255)
    """The shop's own customer id (Segment `userId`)."""
    step: str = Field(default="", max_length=64)
    """Which e-mail of the flow's sequence; empty means its first."""
    occasion: str = Field(default="", max_length=128)
    """Tells apart e-mails of one campaign to one customer: a cart id, a year. Empty for one-off campaigns."""
    deadline_ms: int = Field(default=15_000, ge=50, le=120_000)
    preview: bool = False
    """Composes without claiming the idempotency key, counting a contact, or applying holdout and contact rules."""
    variant: str = Field(default="", max_length=130)
    """For a preview: the arm of an experiment to look at, as `exp_…/name`, whoever the customer is."""

    @field_validator("campaign", "customer", "step", "occasion", "variant")
    @classmethod
    def _without_nul(cls, text: str) -> str:
        if "\x00" in text:
            raise ValueError("holds a NUL character, which no database keeps")
        return text

    @model_validator(mode="after")
    def _only_previews_choose(self) -> Self:
        if self.variant and not self.preview:
            raise ValueError("only a preview may choose the arm; for all others the hash does")
        return self


class BlockReport(BaseModel):
    """One block of the finished e-mail and how it came about."""

    key: str
    text: str
    rung: Rung
    reason: str
    """Reason code: `ok`, or why the rungs above were left (`price.wrong`, `deadline`, `model_timeout` …)."""
    facts: list[str] = []
    """Ids of the facts, products (`product:<id>`) or offer (`offer`) that license it."""
    attempts: int = 0


class PickReport(BaseModel):
    """One pick as shown."""

    product_id: str
    title: str
    price: str
    former_price: str = ""
    """The price it is shown as reduced from; empty for none."""
    link: str = ""
    image: str = ""
    reason: str
    kind: str
    evidence: list[dict[str, str]] = []
    probability: float = 1.0
    """How likely it was to take this place; below 1 where the place was left to chance."""


class Usage(BaseModel):
    """What the model calls took. Cost in US dollars; 0 for local models."""

    model: str = ""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    model_ms: float = 0.0
    own_ms: float = 0.0
    """Our own time, model waits excluded."""


class ComposeResult(BaseModel):
    """A finished e-mail, or a typed reason why there is none."""

    id: str
    path: Path
    reason: str = "ok"
    """For SKIPPED: `no_consent`, `unsubscribed`, `topic_off`, `capped`, `quiet_hours`, `holdout`, `too_few_picks` …"""
    detail: str = ""
    """For SKIPPED: the reason in a sentence, with what to do about it."""
    defer_until: datetime | None = None
    """For SKIPPED: not now, but from then on (`quiet_hours`, `capped`, `too_soon`, or by the person's own wish
    `personal_cap`, `paused`); None: asking again would not help."""
    campaign: str
    campaign_version: int
    customer: str
    flow: str
    step: str = ""
    occasion: str = ""
    locale: str = ""
    """BCP 47: in what formats prices and days stand."""
    created_at: datetime
    revision: int = 0
    """How often it was rebuilt since, because what it shows had changed (`composer.freshness`)."""
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    headers: dict[str, str] = {}
    blocks: list[BlockReport] = []
    picks: list[PickReport] = []
    basket: BasketPrice | None = None
    """The cart (in an e-mail about it) with the fewest picks that reach free delivery; else the picks alone."""
    offer_ends: date | None = None
    """The last day of the offer it names."""
    facts: list[dict[str, Any]] = []
    decision: dict[str, Any] = Field(
        default={},
        description="How it was decided: the `policy`, what it had `learned`, the arm of each dimension, `choices` "
        "with each one's probability and the arms that were allowed, `probability` of all together, and what was "
        "`realised` where subject, button or number of products came out otherwise.",
    )
    verdicts: list[Verdict] = []
    usage: Usage = Usage()
    record: str = ""
    """SHA-256 of the compose record."""
    send_at: datetime | None = None
    """For a campaign's e-mail: the next moment at which this customer usually reads, outside quiet hours."""
    experiment: str = ""
    variant: str = ""
    """The experiment the customer is in with this campaign, and the arm; both empty for none."""
    impersonal: bool = False
    """Written as to a stranger, for its customer objects to personalisation."""
    fell_back: str = ""
    """Why it was written as the campaign is, not as the arm asks (`model_gone`, `prompts_gone`, `prompts_changed`,
    `flow_changed`)."""


class ReplayReport(BaseModel):
    """What `penfriend replay` says."""

    id: str
    campaign_version: int = 0
    brand: str = ""
    brand_version: int = 0
    """What it was composed under; a brand version of 0 was not noted."""
    identical: bool
    differences: list[str] = []
