"""A small mixed shop with categories, brands and qualities, for briefs in words."""

from __future__ import annotations

from datetime import timedelta

from catalog.model import Product
from tests.kit.catalog import NOW, product, tea_shop


def gift_shop() -> list[Product]:
    """The tea shop, and some things that are no tea."""
    return [
        *tea_shop(),
        product("wallet", "Slim wallet", material="Leather", product_type="Gifts > Wallets", brand="Orca"),
        product("belt", "Leather belt", material="Leather", product_type="Gifts > Belts"),
        product("free", "Cork purse", description="Leather-free, and made to last.", product_type="Gifts > Purses"),
        product("towel", "Linen tea towel", material="Linen", product_type="Kitchen > Tea towels"),
        product("shirt", "Linen shirt", material="Linen", color="Blue", product_type="Clothes > Shirts"),
        product("soap", "Rose soap", attributes={"scented": True}, product_type="Bath > Soap", brand="Apple"),
        product("juice", "Apple tea", product_type="Tea > Fruit tea", added_at=NOW - timedelta(days=5)),
        product("lamp", "Desk lamp", attributes={"glow": "light"}, product_type="Home > Lamps", price="120.00"),
    ]
