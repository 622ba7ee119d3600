"""Search finds by words and meaning, within the limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.model import Limits
from catalog.search import Answer, EmptyQuery, cleaned, search
from catalog.view import CatalogView
from tests.kit.catalog import ENCODER, NOW, product, tea_shop, view

SHOP = view(tea_shop())


def answer(query: str, limits: Limits | None = None, k: int = 5, shop: CatalogView = SHOP, **how: bool) -> Answer:
    text = cleaned(query)
    return search(shop, text, ENCODER.encode([text]), limits or Limits(), k, now=NOW, **how)


def ids(query: str, limits: Limits | None = None, k: int = 5, **how: bool) -> list[str]:
    return [one.product.id for one in answer(query, limits, k, **how).hits]


def test_the_product_with_the_words_comes_first() -> None:
    assert ids("earl grey")[0] == "earlgrey"
    assert ids("CAST-IRON teapots")[:2] in (["pot-blue", "pot-red"], ["pot-red", "pot-blue"])


def test_limits_hold_in_search_too() -> None:
    assert "gyokuro" in ids("green leaf")
    assert "gyokuro" not in ids("green leaf", Limits(max_price=Decimal(20)))


def test_without_limits_everything_active_is_found() -> None:
    assert ids("oolong mountain")[0] == "gone"
    assert "gone" not in ids("oolong mountain", in_stock=True)


def test_nothing_similar_is_no_result() -> None:
    assert answer("quantum", shop=view([product("a", "Zebra")])).hits == []
    assert answer("tea", shop=view([])).hits == []


def test_the_answer_is_as_long_as_asked_at_most() -> None:
    assert len(ids("tea leaf", k=2)) == 2


@pytest.mark.parametrize("query", ["", "  ", "<b></b>", "\x00"])
def test_a_query_without_words_is_refused(query: str) -> None:
    with pytest.raises(EmptyQuery):
        ids(query)
