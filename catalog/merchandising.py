"""What a merchandiser wants of the picks: pins, boosts, buries, excludes, weights, caps, and what is left to chance.

One document for the whole shop, versioned (`merchandising_store`); a campaign's brief may narrow it, never widen it.
No rule here stands above consent, limits or stock: those are applied first, and a pin they forbid is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from catalog.model import Frozen, PickKind

MAX_FACTOR = 5.0
MAX_RULES = 200
MAX_EXPLORATION = 0.3

ProductId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Selector(Frozen):
    """Which products a rule is about: those that meet every condition given; of a list, any one of its values."""

    ids: tuple[ProductId, ...] = ()
    categories: tuple[Name, ...] = ()
    """Any part of the category path, case-insensitive, or a path to one: `Tea`, `Tea > Green tea`."""
    brands: tuple[Name, ...] = ()
    attributes: dict[Name, str | int | float] = Field(default_factory=dict)
    """`{roast: dark}`; colour, size, material and condition count as attributes."""
    on_sale: bool | None = None
    """True: reduced now; false: not reduced now."""
    new_days: int | None = Field(default=None, ge=1, le=365)
    """Came into the catalog at most so many days ago."""
    min_price: Decimal | None = Field(default=None, ge=0)
    max_price: Decimal | None = Field(default=None, ge=0)
    """What it costs now, in its own currency; both ends belong to the range."""

    @model_validator(mode="after")
    def _selects_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("a selector needs at least one condition: an empty one would mean every product")
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise ValueError("min_price is above max_price")
        return self


class Rule(Frozen):
    """When and where a rule holds. Days are whole days in UTC, both ends included; empty means always, everywhere."""

    name: Annotated[str, StringConstraints(max_length=100)] = ""
    """For people; shown where picks are explained."""
    starts: date | None = None
    ends: date | None = None
    flows: tuple[Name, ...] = ()
    campaigns: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError("ends is before starts")
        return self

    def holds(self, flow: str, campaign: str, today: date) -> bool:
        """Whether it counts for this e-mail."""
        due = (self.starts is None or self.starts <= today) and (self.ends is None or today <= self.ends)
        return due and (not self.flows or flow in self.flows) and (not self.campaigns or campaign in self.campaigns)


class Pin(Rule):
    """A product that stands at a place of its own, whoever reads, if it may be shown to them at all.

    In a flow that is about a product (a cart, a price drop) the first place stays with that product, and a pin
    moves behind it. Of two pins for one place the first of the document takes it, the other the place after.
    """

    product: ProductId
    place: int = Field(default=1, ge=1, le=12)
    category: Name | None = None
    """Only for people who lean to this category, and for briefs that are limited to it."""


class Boost(Rule):
    """Makes products count for more.

    A score is first brought to one scale: a share of the best score among the candidates of this person. A factor
    of 2 means "as if it were twice as likely to be what this person wants": the product passes everything up to
    twice its score, and nothing else changes. It moves within the flow's order of kinds, not across it: what the
    flow is about stays first.
    """

    select: Selector
    factor: float = Field(gt=1.0, le=MAX_FACTOR)


class Bury(Rule):
    """Makes products count for less; the mirror of a boost. To show them never, exclude them."""

    select: Selector
    factor: float = Field(ge=1.0 / MAX_FACTOR, lt=1.0)


class Exclude(Rule):
    """Never shown where it holds. Applied before anything is ranked."""

    select: Selector


class ShowCap(Frozen):
    """The same product to the same person at most `times` in `days` days, over all campaigns."""

    times: int = Field(ge=1, le=50)
    days: int = Field(ge=1, le=90)
    cart_counts: bool = False
    """Whether it holds for the cart in an e-mail about that cart. Its second reminder shows the same on purpose."""


class NewArrivals(Frozen):
    """A budget of places for products that nobody could have bought yet."""

    share: float = Field(gt=0.0, le=MAX_EXPLORATION)
    """Of all places. One place an e-mail at most, and none where a new arrival is among the picks anyway."""
    days: int = Field(default=30, ge=1, le=180)
    """A product counts as new for so many days."""


class Merchandising(Frozen):
    """The whole document. The empty one changes nothing."""

    pins: tuple[Pin, ...] = Field(default=(), max_length=MAX_RULES)
    boosts: tuple[Boost, ...] = Field(default=(), max_length=MAX_RULES)
    buries: tuple[Bury, ...] = Field(default=(), max_length=MAX_RULES)
    excludes: tuple[Exclude, ...] = Field(default=(), max_length=MAX_RULES)
    margin_weight: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much the margin counts. At 1, a product whose margin is ten points of its price above the average of the
    candidates counts 1.1 times. Products whose cost is not known (see `costs`) are left as they are."""
    stock_weight: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much a full shelf counts, in the same way: 0 units are 0, 100 and more are 1, in between by logarithm."""
    show_cap: ShowCap | None = None
    exploration: float = Field(default=0.0, ge=0.0, le=MAX_EXPLORATION)
    """Share of e-mails whose last place is drawn from the candidates below the line, so that what is not shown today
    can be judged too. Never the first place, never a pinned one, never what the flow is about."""
    new_arrivals: NewArrivals | None = None
    free_shipping: bool = True
    """In a cart e-mail below the brand's `free_shipping_over`, prefer what lifts the basket just above it."""

    @model_validator(mode="after")
    def _leaves_most_to_the_ranking(self) -> Self:
        share = self.new_arrivals.share if self.new_arrivals else 0.0
        if self.exploration + share > 0.5:
            raise ValueError("exploration and new_arrivals.share together must not be above 0.5")
        return self


class Narrowing(Frozen):
    """What one campaign's brief changes of the shop's merchandising: less of it, never more."""

    pins: bool = True
    """False: this campaign shows no pinned products."""
    weights: bool = True
    """False: boosts, buries, margin and stock do not count here."""
    excludes: tuple[Exclude, ...] = Field(default=(), max_length=MAX_RULES)
    """Besides the shop's own."""
    show_cap: ShowCap | None = None
    """Counts where it is the stricter of the two."""
    exploration: float | None = Field(default=None, ge=0.0, le=MAX_EXPLORATION)
    """The smaller of the two counts."""
    new_arrivals: bool = True
    free_shipping: bool = True


def narrowed(shop: Merchandising, by: Narrowing) -> Merchandising:
    """The shop's document as one campaign may use it."""
    changes: dict[str, object] = {
        "excludes": shop.excludes + by.excludes,
        "show_cap": _stricter(shop.show_cap, by.show_cap),
        "free_shipping": shop.free_shipping and by.free_shipping,
    }
    if not by.pins:
        changes["pins"] = ()
    if not by.weights:
        changes |= {"boosts": (), "buries": (), "margin_weight": 0.0, "stock_weight": 0.0}
    if by.exploration is not None:
        changes["exploration"] = min(shop.exploration, by.exploration)
    if not by.new_arrivals:
        changes["new_arrivals"] = None
    return shop.model_copy(update=changes)


def _stricter(shop: ShowCap | None, brief: ShowCap | None) -> ShowCap | None:
    """As many times as the rarer of the two, over the longer time: whoever keeps it keeps both."""
    if shop is None or brief is None:
        return shop or brief
    return ShowCap(
        times=min(shop.times, brief.times),
        days=max(shop.days, brief.days),
        cart_counts=shop.cart_counts or brief.cart_counts,
    )


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the picks will stand. The default is nowhere in particular, under no rules."""

    merchandising: Merchandising = field(default_factory=Merchandising)
    version: int = 0
    """Of the merchandising document; 0 while the shop has none."""
    flow: str = ""
    campaign: str = ""
    lead: tuple[PickKind, ...] = ()
    """Kinds of which the first pick must be one: no pin goes before it."""
    shown: tuple[tuple[str, datetime], ...] = ()
    """(product id, when) of everything this person was shown within the cap's days."""
    cart: tuple[tuple[str, int], ...] = ()
    """(product id, units) of what lies in their cart."""
    free_over: Decimal | None = None
    """From where the shop delivers for free, in the currency of the limits."""
    exploring: float = 1.0
    """How many times the shop's exploration share counts for this e-mail."""
    locale: str = "en"
    """BCP 47: the language that reasons are told in."""

    @property
    def exploration(self) -> float:
        """The chance that the last place of this e-mail is drawn."""
        return min(self.merchandising.exploration * self.exploring, MAX_EXPLORATION)

    @property
    def is_about_a_cart(self) -> bool:
        """What is in the cart leads, and what is picked beside it goes with it."""
        return "cart" in self.lead


NOWHERE = Placement()
