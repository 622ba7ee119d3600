"""The products of a made-up shop: categories, brands, materials and prices; a tenth are reduced."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from catalog.model import Product
from composer.simulation.world import START, World

CATEGORIES = (
    "Kettles", "Lamps", "Blankets", "Knives", "Candles", "Planters", "Notebooks", "Baskets", "Clocks", "Aprons",
    "Mirrors", "Teapots", "Rugs", "Cushions", "Vases", "Stools", "Trays", "Towels", "Bowls", "Hooks",
)  # fmt: skip
BRANDS = (
    "Arden", "Birk", "Corrie", "Dunmore", "Elster", "Fjord", "Grange", "Holm", "Ingle", "Jura", "Kelso", "Lund",
)  # fmt: skip
MATERIALS = ("oak", "copper", "linen", "stone", "glass", "wool")
_WORDS = ("Tall", "Small", "Round", "Plain", "Striped", "Folding", "Heavy", "Light", "Quiet", "Bright", "Deep", "Wide")
REDUCED = Decimal("0.8")
DOMAIN = "simulated.example"
CURRENCY = "EUR"


class Shelf:
    """The products, and of each the numbers of what tastes are for."""

    def __init__(self, world: World, seed: int) -> None:
        draw = np.random.default_rng([seed, 2])
        count = world.products
        self.category: NDArray[np.int64] = np.arange(count) % world.categories
        self.brand: NDArray[np.int64] = draw.integers(0, len(BRANDS), count)
        self.material: NDArray[np.int64] = draw.integers(0, len(MATERIALS), count)
        typical = np.exp(draw.normal(3.3, 0.3, world.categories))
        listed = np.round(typical[self.category] * np.exp(draw.normal(0, 0.4, count)), 2)
        reduced = draw.random(count) < 0.1
        self.products = [self._product(at, float(listed[at]), bool(reduced[at])) for at in range(count)]
        self.number = {product.id: at for at, product in enumerate(self.products)}
        self.price: NDArray[np.float64] = np.array([float(one.sale_price or one.price or 0) for one in self.products])
        """What each costs now."""

    def __len__(self) -> int:
        return len(self.products)

    def _product(self, at: int, listed: float, reduced: bool) -> Product:
        category, brand = CATEGORIES[self.category[at]], BRANDS[self.brand[at]]
        material = MATERIALS[self.material[at]]
        price = Decimal(str(max(listed, 2.0))).quantize(Decimal("0.01"))
        title = f"{_WORDS[at % len(_WORDS)]} {material.title()} {category} {at + 1:03d}"
        return Product(
            id=f"p{at + 1:04d}",
            title=title,
            description=f"{category} in {material}, made by {brand}.",
            link=f"https://{DOMAIN}/p/{at + 1}",
            image_link=f"https://{DOMAIN}/i/{at + 1}.jpg",
            price=price,
            sale_price=(price * REDUCED).quantize(Decimal("0.01")) if reduced else None,
            currency=CURRENCY,
            brand=brand,
            product_type=f"Home > {category}",
            material=material,
            added_at=START - timedelta(days=400),
        )
