"""What an e-mail shows of the catalog, against the catalog of this moment: cheap, and as the recipient would see it.

A change that changes nothing the recipient sees (a stock of 12 that becomes 11, 15.0 that becomes 15.00) is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from catalog.model import Product
from catalog.untrusted import title_only
from catalog.view import CatalogView
from composer.closed_world import former_price
from composer.formats import money

Change = Literal["gone", "sold_out", "title", "price", "former_price", "link", "image", "offer_expired"]
"""What of an e-mail no longer holds. `gone`: the catalog has the product no more."""

_KEPT_PRODUCTS = 10_000
_money = lru_cache(maxsize=4096)(money)


class Shelves:
    """Products as an e-mail would show them, read once a state of the catalog."""

    def __init__(self) -> None:
        self._view: CatalogView | None = None
        self._read: dict[str, Product | Literal["gone", "sold_out"]] = {}

    def changes(self, document: Mapping[str, Any], view: CatalogView, now: datetime) -> frozenset[Change]:
        """What of a stored e-mail (`ComposeResult` as JSON) no longer holds; nothing where it may go out as it is."""
        return frozenset(self._changes(document, view, now))

    def _changes(self, document: Mapping[str, Any], view: CatalogView, now: datetime) -> Iterator[Change]:
        # An e-mail of an earlier version lacks what is asked for with `get`: it counts as changed, and is rebuilt once.
        ends = document.get("offer_ends")
        if ends is not None and date.fromisoformat(ends) < now.date():
            yield "offer_expired"
        for pick in document["picks"]:
            product = self.product(view, pick["product_id"])
            if isinstance(product, str):
                yield product
            else:
                yield from _differences(pick, product, document.get("locale", ""), now)

    def product(self, view: CatalogView, product_id: str) -> Product | Literal["gone", "sold_out"]:
        """The product with the title it is shown under, or why it can't be shown."""
        if view is not self._view or len(self._read) >= _KEPT_PRODUCTS:
            self._view, self._read = view, {}
        found = self._read.get(product_id)
        if found is None:
            found = self._read[product_id] = _on_shelf(view, product_id)
        return found


def _on_shelf(view: CatalogView, product_id: str) -> Product | Literal["gone", "sold_out"]:
    row = view.row_of.get(product_id)
    if row is None:
        return "gone"
    if not view.columns.sellable[row]:
        return "sold_out"
    product = view.product(row)
    # A title that is none any more cannot be shown: as good as gone.
    title = title_only(product.title)
    return product.model_copy(update={"title": title}) if title else "gone"


def _differences(pick: Mapping[str, Any], product: Product, locale: str, now: datetime) -> Iterator[Change]:
    shown = pick["price"], pick.get("former_price")
    prices = product.current_price(now), former_price(product, locale, now)
    price, former = (_amount(amount, product.currency, locale) for amount in prices)
    if shown[0] != price:
        yield "price"
    if shown[1] != former:
        yield "former_price"
    if pick["title"] != product.title:
        yield "title"
    if pick.get("link") != product.link:
        yield "link"
    if pick.get("image") != (product.image_link or ""):
        yield "image"


def _amount(amount: Decimal | None, currency: str | None, locale: str) -> str:
    return "" if amount is None else _money(amount, currency or "", locale)
