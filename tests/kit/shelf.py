"""A catalog in memory whose products a test puts on the shelf and takes off again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from catalog.complements import price_basket
from catalog.limits import allowed
from catalog.merchandising import NOWHERE, Placement
from catalog.model import BasketPrice, Limits, Pick, Product, Taste
from catalog.view import CatalogView
from tests.kit.catalog import view
from tests.kit.factories import make_pick, make_picks


class TestShelf:
    """Picks whatever its limits allow, in the order it was filled, as what `kinds` says they are."""

    __test__ = False

    def __init__(self, products: Iterable[Product] | None = None, kinds: dict[str, str] | None = None) -> None:
        chosen = make_picks() if products is None else [make_pick(product) for product in products]
        self.products = {pick.product.id: pick.product for pick in chosen}
        self._kinds = kinds or {pick.product.id: pick.kind for pick in chosen}
        self.view: CatalogView
        self.change()

    def change(self, product_id: str = "", **fields: object) -> None:
        """A product becomes another one; its id may be new."""
        if product_id:
            before = self.products.get(product_id)
            values = before.model_dump() if before else {"id": product_id}
            self.products[product_id] = Product.model_validate({**values, **fields})
        self.view = view(self.products.values())

    def remove(self, product_id: str) -> None:
        """Take a product off the shelf."""
        del self.products[product_id]
        self.view = view(self.products.values())

    def pick(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE
    ) -> list[Pick]:
        """The first that the limits allow."""
        mask = allowed(self.view, limits, now)
        fitting = [name for name in self.products if mask[self.view.row_of[name]]]
        kind = {name: self._kinds.get(name, "popular") for name in fitting}
        return [make_pick(self.products[name], kind=kind[name]) for name in fitting[: limits.count]]

    def price_basket(self, placement: Placement, picked: Sequence[Pick], now: datetime) -> BasketPrice | None:
        """As the real one."""
        return price_basket(self.view, placement, picked, now)
