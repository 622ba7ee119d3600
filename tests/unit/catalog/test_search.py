"""Search finds by words and meaning, within the limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.model import Limits
from catalog.search import Answer, EmptyQuery, cleaned, search
from catalog.view import CatalogView
from tests.kit.catalog import ENCODER, NOW, learned, product, tea_shop, view

SHOP = view(tea_shop())


def answer(
    query: str, limits: Limits | None = None, k: int = 5, shop: CatalogView = SHOP, in_stock: bool = False
) -> Answer:
    text = cleaned(query)
    return search(shop, text, ENCODER.encode([text]), limits or Limits(), k, now=NOW, in_stock=in_stock)


def ids(query: str, limits: Limits | None = None, k: int = 5, in_stock: bool = False) -> list[str]:
    return [one.product.id for one in answer(query, limits, k, in_stock=in_stock).hits]


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


def test_each_hit_says_which_words_it_has_and_how_near_it_is() -> None:
    found = answer("bergamot teapot")
    by_id = {one.product.id: one for one in found.hits}
    assert by_id["earlgrey"].words == ("bergamot",)
    assert by_id["pot-blue"].words == ("teapot",)
    assert all(one.cosine is not None and -1 <= one.cosine <= 1.001 for one in found.hits)


def test_without_a_vector_it_goes_by_words_and_says_so() -> None:
    found = search(SHOP, "earl grey", None, now=NOW)
    assert found.hits[0].product.id == "earlgrey"
    assert found.hits[0].cosine is None
    assert not found.by_meaning


@pytest.mark.parametrize(
    ("query", "first", "mended"),
    [
        ("sencah", "sencha", {"sencah": "sencha"}),
        ("darjeling", "darjeeling", {"darjeling": "darjeeling"}),
        ("earlgrey", "earlgrey", {}),
        ("bergamott", "earlgrey", {"bergamott": "bergamot"}),
        ("ironteapot", "pot-blue", {"ironteapot": "iron teapot"}),
    ],
)
def test_slips_are_mended_and_told(query: str, first: str, mended: dict[str, str]) -> None:
    found = answer(query)
    assert found.hits[0].product.id == first or found.hits[0].product.item_group_id == "pot"
    assert found.mended == mended


def test_a_word_that_is_known_is_never_mended_and_one_like_nothing_is_told() -> None:
    found = answer("assam quantum")
    assert (found.mended, found.unknown) == ({}, ("quantum",))
    assert found.hits[0].product.id == "assam"


CAMERAS = view(
    [
        product("zoom", "Panasonic Lumix DMC-FZ35K 12 MP", brand="Panasonic"),
        product("other", "Panasonic Lumix DMC-FZ38K 12 MP", brand="Panasonic"),
        product("B00X11", "Battery for Lumix", gtin="4012345678901"),
    ]
)


@pytest.mark.parametrize("query", ["DMC-FZ35K", "dmcfz35k", "DMC FZ35K", "fz35k", "Lumix DMC-FZ35K"])
def test_a_model_number_is_found_however_it_is_typed_and_is_no_other(query: str) -> None:
    assert answer(query, shop=CAMERAS).hits[0].product.id == "zoom"


def test_a_model_number_with_a_slip_is_another_one() -> None:
    assert answer("FZ36K", shop=CAMERAS).mended == {}


def test_small_words_of_another_language_are_no_words_to_find() -> None:
    shop = view([product("jug", "Jug to pour de luxe"), product("tin", "Tin for the amateur")])
    french = answer("cadeau pour un amateur de café", shop=shop)
    assert french.hits[0].product.id == "tin"
    assert french.unknown == ("cadeau", "cafe")
    assert answer("pour over", shop=shop).hits[0].words == ("pour",)


@pytest.mark.parametrize("query", ["B00X11", "4012345678901"])
def test_ids_and_bar_codes_are_found(query: str) -> None:
    assert answer(query, shop=CAMERAS).hits[0].product.id == "B00X11"


def test_accents_case_and_inflection_do_not_matter() -> None:
    shop = view(
        [
            product("a", "Crème brûlée Löffel", description="Mit einem Löffel für die Küche und das Haus."),
            product("b", "Teller", description="Ein Teller für den Tisch und die Küche."),
        ]
    )
    assert answer("CREME BRULEE", shop=shop).hits[0].product.id == "a"
    assert answer("Tellern", shop=shop).hits[0].product.id == "b"


def test_a_word_in_the_title_counts_more_than_one_in_the_description() -> None:
    shop = view([product("a", "Cup", description="Goes with a kettle."), product("b", "Kettle", description="Steel.")])
    assert search(shop, "kettle", None, now=NOW).hits[0].product.id == "b"


def test_filters_come_before_the_ranking_so_that_the_answer_stays_full() -> None:
    many = [product(f"p{n}", "Green tea", price="5.00" if n % 50 == 0 else "50.00") for n in range(500)]
    found = answer("green tea", Limits(max_price=Decimal(10)), k=10, shop=view(many))
    assert len(found.hits) == 10
    assert all(one.product.price == 5 for one in found.hits)


def test_an_empty_query_within_limits_has_the_most_popular_first() -> None:
    shop = view(tea_shop(), {"matcha": learned(1.0), "sencha": learned(0.5)})
    found = search(shop, "", None, Limits(categories=("Green tea",)), 2, now=NOW)
    assert [one.product.id for one in found.hits] == ["matcha", "sencha"]
