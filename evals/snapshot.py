"""The closed world of one e-mail: everything its text may state, and everything it must not.

A check is a pure function of a `Snapshot` and a block. What the snapshot does not license may not be said.
The shape follows the labelled-case format (`brand`, `customer_facts`, `products`, `offer`), so that a case
file and a live e-mail are judged by the same code.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Scalar = str | int | float | bool | None
AttributeValue = Scalar | list[Scalar] | list[dict[str, Scalar]] | dict[str, Scalar]
Say = Literal["named", "coarse", "never"]


class Frozen(BaseModel):
    """A value object: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BrandFacts(Frozen):
    """What the shop is and promises. `domain` and its subdomains are the only hosts a link may have."""

    name: str
    domain: str
    vertical: str = ""
    currency: str
    competitors: tuple[str, ...] = ()
    policies: dict[str, Scalar] = Field(default_factory=dict)
    """E.g. `free_shipping_over` (amount in `currency`), `returns_days`, `warranty`."""
    forbidden_words: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    """True statements about the brand that the text may repeat ("Roasted in Leeds since 2009")."""


class ProductFacts(Frozen):
    """A pick, as it stands at compose time. Money is a decimal amount in `currency`."""

    id: str
    name: str
    price: Decimal | None
    currency: str
    compare_at_price: Decimal | None = None
    compare_at_basis: Literal["lowest_30_days"] | None = None
    """What the former price is by the shop's word: the lowest of the 30 days before the reduction, or unknown."""
    url: str
    image_url: str | None = None
    in_stock: bool = True
    brand: str | None = None
    category: str | None = None
    description: str = ""
    """Cleaned, length-capped feed text: untrusted data, never a licence for prices or offers."""
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    reason: str = ""
    """Why this product for this person, in sayable words ("goes with the moka pot you bought")."""


def offer_value(kind: object, value: object) -> object:
    """JSON has no decimals: a percentage or an amount that comes back as text is a number again, a gift stays text."""
    if kind in ("percent", "amount") and isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation as error:
            raise ValueError(f"{value!r} is not a number") from error
    return value


class OfferFacts(Frozen):
    """The one offer the decision granted. `value` is percent, an amount, or the name of a gift."""

    code: str | None = None
    kind: Literal["percent", "amount", "free_shipping", "gift"]
    value: Decimal | str | None = None
    currency: str | None = None
    min_spend: Decimal | None = None
    expires: date | None = None
    terms: str = ""

    @field_validator("value", mode="before")
    @classmethod
    def _number_by_kind(cls, value: object, info: ValidationInfo) -> object:
        return offer_value(info.data.get("kind"), value)


class OrderFact(Frozen):
    """One bought product and the day it was bought."""

    product: str
    date: date


class Fact(Frozen):
    """One remembered statement with its licence. `use` may steer picks and tone; `say` may be in the text."""

    id: str
    kind: str
    """purchase | cart | view | search | wish | interest | cadence | engagement | declared | lifecycle …"""
    text: str
    """The statement in plain English, as the customer could be told it."""
    value: Scalar = None
    sources: tuple[str, ...] = ()
    """Ids of the events it rests on, newest first, at most 10."""
    learned_at: datetime
    expires_at: datetime | None = None
    use: bool = True
    say: Say = "named"


class PersonFacts(Frozen):
    """The recipient. `private` and `internal` may never appear in any form."""

    first_name: str | None = None
    orders: tuple[OrderFact, ...] = ()
    order_count: int | None = None
    cart: tuple[str, ...] = ()
    browsed: tuple[str, ...] = ()
    signup_date: date | None = None
    city: str | None = None
    declared: dict[str, AttributeValue] = Field(default_factory=dict)
    """What the person told us themselves: quiz answers, preferences, pets, loyalty points."""
    private: dict[str, str] = Field(default_factory=dict)
    internal: dict[str, Scalar] = Field(default_factory=dict)


class Snapshot(Frozen):
    """Everything one e-mail may use. Content-addressed by `fingerprint()`."""

    flow: str
    locale: str = "en-US"
    """BCP 47."""
    send_date: date
    brand: BrandFacts
    person: PersonFacts = Field(default_factory=PersonFacts)
    products: tuple[ProductFacts, ...] = ()
    offer: OfferFacts | None = None
    facts: tuple[Fact, ...] = ()
    other_titles: tuple[str, ...] = ()
    """Titles of products that are not picks but that the text could confuse with them (bought, carted, near)."""

    is_finished: bool = False
    """True of texts as a reader gets them, where no field will be filled any more (labelled cases)."""

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal snapshots, equal fingerprints."""
        unfinished = None if self.is_finished else {"is_finished"}
        return hashlib.sha256(self.model_dump_json(exclude=unfinished).encode()).hexdigest()
