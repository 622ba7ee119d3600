"""The words of learning from reviews: what a lesson is for, and why a text cannot be one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from composer.writing import Value


class Kind(StrEnum):
    """What a lesson does."""

    EXAMPLE = "example"
    """A block that was liked goes along with prompts."""
    CASE = "case"
    """A text with its facts and a label, for `penfriend check` and `penfriend eval`."""
    PREFERENCE = "preference"
    """A vote for or against one way to write."""


class Unfit(StrEnum):
    """Closed: why a block is not shown to a model."""

    PERSONAL = "personal"
    OFFER = "offer"
    FIGURE = "figure"
    NAMES_PRODUCT = "names_product"
    ORDERS = "orders"
    TOO_LONG = "too_long"
    CHECK = "check"
    NOT_OFFERED = "not_offered"


UNFIT: dict[Unfit, str] = {
    Unfit.PERSONAL: "it says something about this one customer",
    Unfit.OFFER: "it names an offer, and offers end",
    Unfit.FIGURE: "it holds a number, a link or an address",
    Unfit.NAMES_PRODUCT: "it names a product in a way that cannot stand for another",
    Unfit.ORDERS: "it reads like an instruction to the model",
    Unfit.TOO_LONG: "it is too long",
    Unfit.CHECK: "it would not pass the checks in an e-mail to somebody else",
    Unfit.NOT_OFFERED: "buttons and the like are not shown as examples",
}
"""As a marketer reads them, after "not used as an example:"."""


class Lesson(Value):
    """One thing a review taught, as it is shown."""

    id: str
    kind: Kind
    review_id: str
    email_id: str
    """Empty where the e-mail is kept no more."""
    campaign_id: str
    flow: str
    language: str
    block: str = ""
    reviewer: str
    """As the audit log names who acts."""
    at: datetime
    body: dict[str, Any]
    """For an example `text`, `note`, `before`; for a case `cases`; for a preference `dimension`, `arm`, `good`."""
    edited: bool = False
    """Of an example: a reviewer wrote it."""
    unfit: Unfit | None = None
    """Why an example is not used."""
    removed_at: datetime | None = None
    removed_by: str = ""

    @property
    def in_use(self) -> bool:
        """Whether it has an effect now."""
        return self.unfit is None and self.removed_at is None
