"""How somebody shops, as `CustomerMemory` shows it: what is used up, reduced prices, gifts, seasons, dislikes. Data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from memory.frozen import Frozen

Basis = Literal["own", "shop", "product", "category"]
Turned = Literal["returned", "rated_low", "not_interested", "ignored"]


class Cycle(Frozen):
    """One product that is used up and bought again."""

    product_id: str
    every_days: float
    """Between two purchases of `quantity_usual` units."""
    quantity_usual: int
    last_at: datetime
    times: int
    """Days on which it was bought."""
    runs_out_at: datetime
    """When what was bought last is used up."""
    basis: Basis
    """`own`: their own purchases show it. `shop`: other customers' of this product do. `product`: the catalog's word
    for a unit. `category`: guessed by how long others of its category last; good for an order, not for a word."""
    sources: tuple[str, ...] = ()

    @property
    def is_guess(self) -> bool:
        """True where nothing is known of this very product: nobody is told that it runs low."""
        return self.basis == "category"


class DiscountHabit(Frozen):
    """How much of what they buy is at a reduced price or with a coupon."""

    share: float
    """Of lines bought, 0..1; with few of them drawn to the shop's share."""
    reduced_orders: int
    orders: int
    sources: tuple[str, ...] = ()


class GiftHabit(Frozen):
    """What they buy for others, where orders show it."""

    share: float
    """Of orders, 0..1; with few of them drawn to the shop's share."""
    gift_orders: int
    orders: int
    last_at: datetime
    categories: tuple[str, ...] = ()
    """Of what they give, the most given first; no interests of their own."""
    sources: tuple[str, ...] = ()


class Season(Frozen):
    """A time of the year at which they buy clearly more often than the shop's customers do."""

    name: str
    """A month in lower case or an occasion: `december`, `halloween`."""
    share: float
    """Of their days with an order, 0..1, drawn to the shop's share."""
    usual: float
    """Of all customers' orders."""
    years: int
    """In which they bought then."""
    orders: int
    last_at: datetime
    sources: tuple[str, ...] = ()


class Dislike(Frozen):
    """What they turned away."""

    kind: Literal["product", "category", "brand"]
    value: str
    name: str | None = None
    """Of a product."""
    reasons: tuple[Turned, ...]
    at: datetime
    """The last time."""
    sources: tuple[str, ...] = ()
