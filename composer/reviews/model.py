"""The words of reviewing: what may be decided, why, and on what terms a run is released."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Decision(StrEnum):
    """What a reviewer says of one e-mail. An edit approves the e-mail as it is then."""

    APPROVED = "approved"
    REJECTED = "rejected"
    EDITED = "edited"


class RejectReason(StrEnum):
    """Closed: why an e-mail is not good enough, from the list; words may be added."""

    WRONG_FACT = "wrong_fact"
    WRONG_PRICE = "wrong_price"
    BAD_PICK = "bad_pick"
    TOO_PERSONAL = "too_personal"
    OFF_VOICE = "off_voice"
    BAD_LANGUAGE = "bad_language"
    DULL = "dull"
    BAD_LOOK = "bad_look"
    OTHER = "other"


REASONS: dict[RejectReason, str] = {
    RejectReason.WRONG_FACT: "Says something that is not true",
    RejectReason.WRONG_PRICE: "A price, offer or date is wrong",
    RejectReason.BAD_PICK: "The products do not fit this customer",
    RejectReason.TOO_PERSONAL: "Too personal",
    RejectReason.OFF_VOICE: "Not our tone of voice",
    RejectReason.BAD_LANGUAGE: "Clumsy or wrong language",
    RejectReason.DULL: "Says nothing worth opening",
    RejectReason.BAD_LOOK: "Looks broken",
    RejectReason.OTHER: "Something else",
}
"""As a reviewer reads them."""


class Part(StrEnum):
    """Why an e-mail is in a sample. Only the random part says something about all the others."""

    RISK = "risk"
    RANDOM = "random"
    BOTH = "both"
    """Drawn at random, and among the riskiest too: it counts in both, and is shown once."""


class ReviewTerms(BaseModel):
    """What a reviewer will accept: at most `defect_rate` of the e-mails bad, `confidence` sure of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    defect_rate: float = Field(default=0.05, gt=0, lt=1)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    allowed: int = Field(default=0, ge=0, le=50)
    """Rejected e-mails of the random part with which the sample is still accepted."""
    gate: bool = False
    """Nothing of the run leaves before its sample is accepted."""
