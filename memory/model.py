"""What `memory.recall` hands to the rest of the house: one customer as of one moment. Pure data.

Bounded whatever the customer's past: lists hold the newest N, newest first.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, computed_field

from memory.behaviour import Cycle, DiscountHabit, Dislike, GiftHabit, Season
from memory.choices import Purpose
from memory.contacting.quiet import zone_of
from memory.frozen import Frozen
from memory.predictions.model import Predictions
from memory.response_reading import Habits
from memory.responses.model import Responses
from memory.responses.trials import Trial
from memory.send_time import SendWindow
from memory.words.model import Statement
from store.ids import CustomerId

Say = Literal["named", "coarse", "never"]
Lifecycle = Literal["prospect", "new", "active", "at_risk", "lapsed"]
InterestKind = Literal["category", "brand", "price_band", "attribute", "size"]


class RememberedFact(Frozen):
    """One remembered statement. See `evals.snapshot.Fact`: same fields, so that a snapshot can take it over."""

    id: str
    kind: str
    text: str
    value: str | int | float | bool | None = None
    sources: tuple[str, ...] = ()
    learned_at: datetime
    expires_at: datetime | None = None
    use: bool = True
    say: Say = "named"


class Profile(Frozen):
    """Who it is. Everything but `first_name`, locale, timezone, country is for delivery and for leak checks only."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    address: dict[str, str] = Field(default_factory=dict)
    """street, city, postal_code, state, country."""
    birthday: date | None = None
    locale: str | None = None
    timezone: str | None = None
    traits: dict[str, Any] = Field(default_factory=dict)
    """Other traits as sent, unknown ones kept."""


class Interest(Frozen):
    """Something this person leans to. `strength` is a share in 0..1 among interests of its kind."""

    kind: InterestKind
    value: str
    """For attributes `name=value` ("roast=dark"); for price bands a label of the shop's quintiles or amounts."""
    category: str | None = None
    """Of a size: what it is a size of."""
    strength: float
    weight: float = 0.0
    """How much there is of it by now: a view of this moment counts 1, a purchase 6, both half after 60 days."""
    last_at: datetime
    events: int = 1
    """How many events spoke for it, ever."""
    sources: tuple[str, ...] = ()
    """The newest of them."""


class ProductHistory(Frozen):
    """Everything remembered between this person and one product."""

    product_id: str
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    bought_times: int = 0
    bought_quantity: int = 0
    first_bought_at: datetime | None = None
    last_bought_at: datetime | None = None
    views: int = 0
    last_viewed_at: datetime | None = None
    last_carted_at: datetime | None = None
    last_wished_at: datetime | None = None
    last_returned_at: datetime | None = None
    sources: tuple[str, ...] = ()


class OrderLine(Frozen):
    """One line of an order."""

    product_id: str
    name: str | None = None
    quantity: int = 1
    price: Decimal | None = None


class Order(Frozen):
    """One order; refunded lines stay, `refunded` says how much went back."""

    order_id: str
    at: datetime
    total: Decimal | None = None
    currency: str | None = None
    lines: tuple[OrderLine, ...] = ()
    refunded: Decimal = Decimal(0)
    event_id: str


class CartLine(Frozen):
    """A product left in the cart since the last order."""

    product_id: str
    name: str | None = None
    quantity: int = 1
    price: Decimal | None = None
    at: datetime
    event_id: str


class Search(Frozen):
    """A search query: the customer's own words, untrusted data."""

    query: str
    at: datetime
    event_id: str


class Engagement(Frozen):
    """E-mail engagement; never said."""

    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    last_opened_at: datetime | None = None
    last_clicked_at: datetime | None = None
    level: Literal["none", "cold", "warm", "hot"] = "none"


class Rfm(Frozen):
    """Recency in days, frequency in orders, monetary in the currency of most orders."""

    recency_days: float
    frequency: int
    monetary: Decimal
    currency: str | None = None


class RfmScores(Frozen):
    """Fifths among the shop's customers who have ordered: 1..5, 5 the best."""

    recency: int
    frequency: int
    monetary: int


class Traits(Frozen):
    """Where they stand and what they prefer; never said."""

    rfm: RfmScores | None = None
    """None without orders, and before the shop's fifths were learned."""
    preferred_category: str | None = None
    """What clearly leads among their interests; None where nothing does."""
    preferred_brand: str | None = None


class CustomerMemory(Frozen):
    """One customer as of `as_of`."""

    customer_id: CustomerId
    external_id: str
    as_of: datetime
    profile: Profile
    known_since: datetime | None = None
    lifecycle: Lifecycle
    rfm: Rfm | None = None
    cadence_days: float | None = None
    """Typical days between orders; None below three orders."""
    traits: Traits = Traits()
    predictions: Predictions | None = None
    """What they will probably do: it steers, and is never said."""
    order_count: int = 0
    total_spent: dict[str, Decimal] = Field(default_factory=dict)
    """By currency, refunds subtracted."""
    interests: tuple[Interest, ...] = ()
    products: tuple[ProductHistory, ...] = ()
    orders: tuple[Order, ...] = ()
    cart: tuple[CartLine, ...] = ()
    searches: tuple[Search, ...] = ()
    engagement: Engagement = Engagement()
    said: tuple[Statement, ...] = ()
    """In their own words: what they said last of each thing."""
    cycles: tuple[Cycle, ...] = ()
    """What they use up, what runs out first first."""
    discounts: DiscountHabit | None = None
    gifts: GiftHabit | None = None
    seasons: tuple[Season, ...] = ()
    dislikes: tuple[Dislike, ...] = ()
    facts: tuple[RememberedFact, ...] = ()
    objects_to: tuple[Purpose, ...] = ()
    """What this must not be used for, by their own word (`memory.choices`)."""
    _habits: Habits | None = PrivateAttr(default=None)

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property, pydantic does
    @cached_property
    def responses(self) -> Responses | None:
        """What they respond to, for whoever steers by it; never said. None for a stranger."""
        return None if self._habits is None else self._habits.responses()

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def send_window(self) -> SendWindow | None:
        """When to write to them, by their own clock. None for a stranger."""
        return None if self._habits is None else self._habits.send_window()

    def trials(self) -> tuple[Trial, ...]:
        """What became of their newest e-mails, newest first; never said. Empty for a stranger."""
        return () if self._habits is None else self._habits.trials()

    def window_by(self, timezone: str | None) -> SendWindow | None:
        """`send_window`, by the clock of `timezone` for a customer who told no time zone."""
        if self._habits is None or timezone is None:
            return self.send_window
        return self._habits.send_window(zone_of(self.profile.timezone, timezone))

    def lean_on(self, habits: Habits) -> Self:
        """Whoever puts a memory together says what its habits are read off."""
        self._habits = habits
        return self
