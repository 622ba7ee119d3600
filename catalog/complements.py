"""What goes with a cart: complements, no substitutes, and just enough of them for free delivery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from catalog.index import Rows
from catalog.merchandising import Placement
from catalog.model import BasketPrice, Pick
from catalog.sameness import Families
from catalog.scoring import Ranked
from catalog.trace import Dropped, Trace
from catalog.view import CatalogView
from store.types import AMOUNT_UNITS

SUBSTITUTE = 0.65
"""Cosine of texts from which two products of one category do the same job. MiniLM puts two green teas at .7 to .8, a
teapot and a tea at .3 to .5."""
UNLIKE = 0.3
"""Below this two texts are not of one thing, and their titles need not be read."""
MOST_ADDED = 3
"""Nobody buys four more things for free delivery."""
LIFT = 1.0
"""What reaching free delivery exactly adds to a factor of 1."""
SLACK = Decimal("0.25")
"""Share of the threshold by which a product may overshoot it before the lift has fallen to a third."""


def cart_rows(view: CatalogView, placement: Placement) -> Rows:
    """What of the cart the catalog still has."""
    rows = (view.row_of[product_id] for product_id, _ in placement.cart if product_id in view.row_of)
    return np.array(sorted(set(rows)), dtype=np.int32)


def complementing(view: CatalogView, ranked: Sequence[Ranked], cart: Rows, trace: Trace | None) -> list[Ranked]:
    """Less what does the job of something in the cart; what goes with the cart before what goes with the past.

    Substitutes are products of one category whose texts are much alike, and variants. The cart's own stay.
    """
    if not len(cart):
        return list(ranked)
    kept = []
    for one, other in zip(ranked, _substitutes(view, ranked, cart), strict=True):
        if other is None:
            kept.append(_about_the_cart_first(one))
        elif trace is not None:
            trace.dropped.append(Dropped(one.candidate.row, "substitute", other=other))
    return sorted(kept, key=lambda one: one.tier)


def _substitutes(view: CatalogView, ranked: Sequence[Ranked], cart: Rows) -> list[int | None]:
    """[k]: the row of the cart that each does the job of."""
    families = Families(view)
    near = view.vectors[[one.candidate.row for one in ranked]] @ view.vectors[cart].T
    in_cart = set(cart.tolist())
    found: list[int | None] = []
    for one, cosines in zip(ranked, near, strict=True):
        row = one.candidate.row
        rivals = () if row in in_cart else zip(cart.tolist(), cosines.tolist(), strict=True)
        found.append(next((other for other, cosine in rivals if _replaces(families, view, row, other, cosine)), None))
    return found


def _replaces(families: Families, view: CatalogView, row: int, other: int, cosine: float) -> bool:
    if families.is_variant(row, other):
        return True
    if cosine < UNLIKE:
        return False
    one_job = cosine >= SUBSTITUTE and view.category(row) is not None and view.category(row) == view.category(other)
    return one_job or families.is_same(row, other)


def _about_the_cart_first(one: Ranked) -> Ranked:
    signal = one.candidate.reasons[one.kind][1].signal
    of_the_past = one.kind == "goes_with" and (signal is None or signal.kind != "carted")
    return one._replace(tier=2 * one.tier + of_the_past)


def lifts(view: CatalogView, rows: Rows, placement: Placement, now: datetime) -> NDArray[np.float64]:
    """[k] factor for each that would lift the cart to free delivery: 2 when exactly, less the more it overshoots.

    1 for what does not reach it, and for all when the cart cannot be priced or is there already.
    """
    total = cart_total(view, placement, now)
    if total is None or placement.free_over is None or total >= placement.free_over:
        return np.ones(len(rows))
    price = view.columns.prices(rows, now) / float(AMOUNT_UNITS)
    over = price - float(placement.free_over - total)
    slack = float(placement.free_over * SLACK)
    lifted = 1.0 + LIFT * np.exp(-np.maximum(over, 0.0) / slack)
    return np.where((over >= 0) & ~np.isin(rows, cart_rows(view, placement)), lifted, 1.0)


def cart_total(view: CatalogView, placement: Placement, now: datetime) -> Decimal | None:
    """What the cart costs now; None when something in it can't be bought now, or in two currencies."""
    total = Decimal(0)
    currencies = set()
    for product_id, units in placement.cart:
        row = view.row_of.get(product_id)
        if row is None or not view.columns.sellable[row]:
            return None
        product = view.product(row)
        total += (product.current_price(now) or Decimal(0)) * units
        currencies.add(product.currency)
    return total if len(currencies) <= 1 else None


def price_basket(view: CatalogView, placement: Placement, picks: Sequence[Pick], now: datetime) -> BasketPrice | None:
    """The cart with the fewest picks that bring it to free delivery, the cheapest of them; None where none do.

    Without a cart, the picks alone. Every figure follows from the catalog's prices and the shop's own threshold, in
    Decimal.
    """
    total, free_over = cart_total(view, placement, now), placement.free_over
    if total is None or free_over is None or not picks:
        return None
    in_cart = {product_id for product_id, _ in placement.cart}
    first = view.product(view.row_of[placement.cart[0][0]]) if placement.cart else picks[0].product
    currency = first.currency or ""
    others = [pick for pick in picks if pick.product.id not in in_cart and pick.product.currency == currency]
    for size in range(min(len(others), MOST_ADDED) + 1):
        reaching = [
            (total + added, chosen)
            for chosen in combinations(others, size)
            if total + (added := _sum(chosen, now)) >= free_over
        ]
        if reaching:
            least, chosen = min(reaching, key=lambda pair: pair[0])
            ids = tuple(pick.product.id for pick in chosen)
            return BasketPrice(
                currency=currency, items=placement.cart, cart=total, added=ids, total=least, free_over=free_over
            )
    return None


def _sum(picks: Iterable[Pick], now: datetime) -> Decimal:
    return sum((pick.product.current_price(now) or Decimal(0) for pick in picks), Decimal(0))
