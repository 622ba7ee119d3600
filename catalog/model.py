"""Products and picks: the words of this room. Pure data.

Field names follow the Google Merchant product data specification.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = str | int | float | bool | None
AttributeValue = Scalar | list[Scalar] | list[dict[str, Scalar]] | dict[str, Scalar]
Availability = Literal["in_stock", "out_of_stock", "preorder", "backorder"]
PickKind = Literal[
    "cart",
    "wished",
    "viewed",
    "searched",
    "running_low",
    "buy_again",
    "goes_with",
    "like_bought",
    "interest",
    "popular",
    "new",
    "theme",
]


class Frozen(BaseModel):
    """Immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Product(Frozen):
    """One sellable item. Money is a decimal amount in `currency`; a product without a price is never picked."""

    id: str
    title: str
    description: str = ""
    link: str
    image_link: str | None = None
    availability: Availability = "in_stock"
    price: Decimal | None = None
    currency: str | None = None
    """ISO 4217."""
    sale_price: Decimal | None = None
    sale_price_starts: datetime | None = None
    sale_price_ends: datetime | None = None
    compare_at_basis: Literal["lowest_30_days"] | None = None
    """What the price is that a sale price is shown beside, by the shop's word: the lowest of the 30 days before the
    sale, as the EU asks for (98/6/EC, article 6a). Without it no former price is shown to the EU."""
    item_group_id: str | None = None
    brand: str | None = None
    gtin: str | None = None
    google_product_category: str | None = None
    product_type: str | None = None
    """The shop's own category path, `Tea > Green tea`."""
    condition: str | None = None
    color: str | None = None
    size: str | None = None
    material: str | None = None
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    """Typed facts of the product; the only licence for claims about it."""
    stock: int | None = None
    consumable_days: int | None = None
    """Days one unit usually lasts: set means it may be bought again."""
    added_at: datetime | None = None

    def category(self) -> str | None:
        """The last part of the shop's own category path, or of Google's."""
        path = self.product_type or self.google_product_category
        return path.split(">")[-1].strip() if path else None

    def on_sale(self, now: datetime) -> bool:
        """True inside the sale window with a sale price below the price."""
        if self.price is None or self.sale_price is None or self.sale_price >= self.price:
            return False
        started = self.sale_price_starts is None or self.sale_price_starts <= now
        return started and (self.sale_price_ends is None or now < self.sale_price_ends)

    def current_price(self, now: datetime) -> Decimal | None:
        """What it costs at `now`."""
        return self.sale_price if self.on_sale(now) else self.price

    def compare_at(self, now: datetime) -> Decimal | None:
        """The regular price while on sale, else None."""
        return self.price if self.on_sale(now) else None


class Signal(Frozen):
    """One thing between a customer and a product that steers picks."""

    product_id: str
    kind: Literal[
        "bought", "viewed", "carted", "wished", "returned", "picked_before", "clicked", "turned_away", "passed_over"
    ]
    """`turned_away`: they said that they do not want it. `passed_over`: shown several times, and never looked at."""
    at: datetime
    """The last time."""
    times: int = 1
    moments: tuple[datetime, ...] = ()
    """Each time, newest first, where they are known one by one; else `at` and `times` are all there is."""
    lasts_days: float | None = None
    """How long what was bought last will do for them, where their own history or the shop's tells; else the product's
    own `consumable_days` counts."""
    lasts_by: Literal["own", "shop", "product", "category"] | None = None
    """On whose word: this person's pace, that of the product's other buyers, the catalog's, or a guess by its category,
    which may order picks and is not said."""
    sources: tuple[str, ...] = ()

    @property
    def paced_days(self) -> float | None:
        """`lasts_days`, if somebody who bought this very product tells: no guess by its category."""
        return None if self.lasts_by == "category" else self.lasts_days


class Theme(Frozen):
    """What a campaign is about, as a query: what fits it comes first."""

    query: str
    vector: str = ""
    """Of the query: base64 of little-endian float32. Empty: by words alone."""
    model_id: str = ""
    """Whose vector it is."""


class Taste(Frozen):
    """What picks may know of a customer. Built by the composer from memory: catalog never sees the person."""

    signals: tuple[Signal, ...] = ()
    searches: tuple[str, ...] = ()
    """Newest first."""
    interests: tuple[tuple[str, str, float], ...] = ()
    """(kind, value, strength 0..1): category, brand, attribute `name=value`."""
    dislikes: tuple[tuple[str, str], ...] = ()
    """(kind, value): categories and brands they turned away; what is of them counts less, and is not kept out."""
    sizes: tuple[tuple[str, str], ...] = ()
    """(category, size): the size this person takes of it; steers between variants, never excludes."""
    price_low: Decimal | None = None
    price_high: Decimal | None = None
    """The band this person usually pays a unit; steers, never excludes."""
    theme: Theme | None = None
    owned: tuple[tuple[str, datetime], ...] = ()
    """(title, when bought last) of what they bought, as it was called then: it may be sold under another id now."""


class Limits(Frozen):
    """What the merchant allows. Applied before ranking, never after: a limit can make fewer picks, not wrong ones."""

    count: int = Field(default=4, ge=1, le=12)
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    categories: tuple[str, ...] = ()
    """Any part of the category path, case-insensitive; empty means all."""
    brands: tuple[str, ...] = ()
    exclude_ids: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    exclude_brands: tuple[str, ...] = ()
    exclude_words: tuple[str, ...] = ()
    """Products whose texts speak of this are left out: "leather", "palm oil". "Leather-free" does not speak of it."""
    attributes: tuple[str, ...] = ()
    """`name=value`; of several values of one name any, of several names each."""
    new_within_days: int | None = Field(default=None, ge=1)
    """Only what was added to the catalog in so many days."""
    only_ids: tuple[str, ...] | None = None
    currency: str | None = None
    only_on_sale: bool = False
    new_to_customer: bool = False
    """Nothing this person has bought before."""
    kinds: tuple[PickKind, ...] = ()
    """Which kinds of pick the flow wants first, best first; others fill up only from relevant candidates."""
    diversity: float = Field(default=0.15, ge=0.0, le=1.0)
    """How much the picks should differ from each other: 0 takes the best whatever they are, 1 only what differs."""
    max_per_category: int | None = Field(default=None, ge=1)
    """At most so many of one category (the last part of the path), as long as there is anything else to show."""
    max_per_brand: int | None = Field(default=None, ge=1)


class Evidence(Frozen):
    """What a pick rests on."""

    kind: Literal["event", "product", "interest", "search", "popularity", "feed", "rule"]
    ref: str
    """An event id, a product id, `category=Green tea` …"""
    text: str


class Pick(Frozen):
    """A product for this customer, with its reason."""

    product: Product
    kind: PickKind
    score: float
    reason: str
    """In sayable words under the use/say policy, continuing "because …"-free: "goes with the Moka Pot you bought"."""
    evidence: tuple[Evidence, ...] = ()
    probability: float = Field(default=1.0, gt=0, le=1)
    """How likely this product was to take this place given all that was known: 1 where nothing was left to chance.
    Logged, so that another policy can be judged on what this one sent (inverse propensity scoring)."""


class BasketPrice(Frozen):
    """What a cart costs together with some of the picks, at today's prices, against the shop's free delivery."""

    currency: str
    items: tuple[tuple[str, int], ...]
    """(product id, units) of what lies in the cart; nothing in an e-mail that is not about it."""
    cart: Decimal
    """What that costs."""
    added: tuple[str, ...] = ()
    """Ids of the picks that are added to it, one of each; none when the cart alone reaches `free_over`."""
    total: Decimal
    free_over: Decimal
