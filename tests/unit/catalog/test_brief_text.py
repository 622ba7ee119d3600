"""A brief in words becomes limits where it can hardly mean anything else; the rest ranks, and doubts are told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.brief_prices import PriceReader
from catalog.brief_text import BriefReader, Understood
from catalog.limits import allowed
from catalog.model import Limits
from catalog.vocabulary import Vocabulary
from tests.kit.catalog import NOW, product, view
from tests.kit.gifts import gift_shop

SHOP = view(gift_shop())
READER = BriefReader(Vocabulary.of(SHOP), PriceReader({"EUR"}))


def read(text: str, limits: Limits | None = None) -> Understood:
    return READER.read(text, limits or Limits())


def found(text: str) -> dict[str, str]:
    return {one.kind: one.value for one in read(text).constraints}


def sold(text: str) -> set[str]:
    mask = allowed(SHOP, read(text).limits, NOW)
    return {SHOP.ids[row] for row in mask.nonzero()[0].tolist()}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("gifts under 30", None, "29.99"),
        ("gifts up to 30", None, "30"),
        ("30 or less", None, "30"),
        ("< 30 €", None, "29.99"),
        ("no more than 30 euros", None, "30"),
        ("over 50", "50.01", None),
        ("from €50", "50", None),
        ("at least 50", "50", None),
        ("between 20 and 40", "20", "40"),
        ("20-40 EUR", "20", "40"),
        ("about 25", "20.00", "30.00"),
        ("unter 30 €", None, "29.99"),
        ("bis 1.299,00 €", None, "1299.00"),
        ("zwischen 20 und 40", "20", "40"),
        ("höchstens 30", None, "30"),
        ("à moins de 30 euros", None, "29.99"),
        ("jusqu'à 30 €", None, "30"),
        ("entre 20 et 40 euros", "20", "40"),
        ("menos de 30", None, "29.99"),
        ("hasta 30 euros", None, "30"),
        ("over 20, under 40", "20.01", "39.99"),
        ("nothing over 20", None, "20"),
        ("nothing blue over 20", None, "20"),
        ("none of the mugs under 20", "20", None),
        ("nichts aus Glas über 20", None, "20"),
        ("nothing but tea over 20", "20.01", None),
        ("nothing, over 20", "20.01", None),
        ("nothing under €20", "20", None),
        ("no gifts over 30", None, "30"),
        ("I don't want to spend more than 20", None, "20"),
        ("must not cost more than 20", None, "20"),
        ("this can cost over 20", "20.01", None),
        ("nichts über 30 €", None, "30"),
        ("rien de plus de 20 euros", None, "20"),
        ("nada de más de 20 euros", None, "20"),
        ("no más caro que 20", None, "20"),
        ("under fifteen euros", None, "14.99"),
        ("between twenty and thirty-five", "20", "35"),
        ("about a hundred", "80.00", "120.00"),
        ("at most one hundred and fifty", None, "150"),
        ("unter fünfundzwanzig Euro", None, "24.99"),
        ("moins de quatre-vingt-dix euros", None, "89.99"),
        ("entre veinte y treinta y cinco", "20", "35"),
    ],
)
def test_prices_are_read_in_four_languages(text: str, low: str | None, high: str | None) -> None:
    limits = read(text).limits
    assert limits.min_price == (Decimal(low) if low else None)
    assert limits.max_price == (Decimal(high) if high else None)
    assert read(text).not_understood == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ready in under 30 minutes", "a number with a unit is no price"),
        ("a lamp under 40 cm", "a number with a unit is no price"),
        ("gifts under £30", "nothing is sold in this currency here"),
        ("gifts for kids under 12", "this may be a price or something else; name the currency"),
        ("under 1984", "this may be a year; name the currency if it is a price"),
        ("under 10 or 20", "two amounts: which of them? Write between, under or over"),
        ("20 € gifts", "is that the most, the least or about what it may cost? Write under, over or about"),
        ("not too dear", "this is not something that can be left out"),
        ("not on sale", "this is not something that can be left out"),
    ],
)
def test_what_may_mean_something_else_is_told_and_limits_nothing(text: str, why: str) -> None:
    understood = read(text)
    assert [one.why for one in understood.not_understood] == [why]
    assert (understood.limits.min_price, understood.limits.max_price) == (None, None)


@pytest.mark.parametrize("text", ["under one roof", "about once", "up to cent", "all under a spell of ten"])
def test_a_small_number_in_words_is_no_price_without_a_currency(text: str) -> None:
    assert not read(text).constraints
    assert not read(text).not_understood


def test_a_fiver_is_pounds() -> None:
    british = BriefReader(Vocabulary.of(SHOP), PriceReader({"GBP"}))
    assert british.read("stocking fillers under a fiver").limits.max_price == Decimal("4.99")
    assert "currency" in read("under a tenner").not_understood[0].why


@pytest.mark.parametrize(
    ("text", "words", "query"),
    [
        ("cheap gifts", "cheap", "gifts"),
        ("cadeaux pas chers", "pas chers", "cadeaux"),
        ("gifts, not too expensive", "not too expensive", "gifts"),
        ("no more than 3 items, soft", "no more than 3 items", "3 items soft"),
    ],
)
def test_a_price_without_an_amount_is_told_and_does_not_rank(text: str, words: str, query: str) -> None:
    understood = read(text)
    assert [one.words for one in understood.not_understood] == [words]
    assert understood.query == query
    assert not understood.limits.exclude_words


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("under 15 for her birthday", True),
        ("Geschenke für meine Schwester, unter 20 Euro", True),
        ("something warm for my sister", False),
        ("candles for my sister", False),
        ("under 15", False),
    ],
)
def test_a_brief_may_say_whom_it_is_for_and_nothing_of_what(text: str, people: bool) -> None:
    assert read(text).is_about_people is people
    assert "is_about_people" not in read(text).model_dump()


def test_a_letter_that_is_part_of_a_size_stays_in_the_query() -> None:
    assert read("A5 notebook").query == "A5 notebook"


def test_whom_it_is_for_and_what_it_is_like_rank_and_never_limit() -> None:
    understood = read("light gifts under 30 for tea lovers")
    assert {one.kind for one in understood.constraints} == {"category", "max_price"}
    assert understood.limits.categories == ("gifts",)
    assert understood.query == "light gifts for tea lovers"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("teapots under 50", "teapots"),
        ("Teapot", "teapots"),
        ("green tea", "green tea"),
        ("tea towels", "tea towels"),
        ("tea", "tea"),
    ],
)
def test_the_longest_category_is_taken_however_it_is_inflected(text: str, category: str) -> None:
    assert read(text).limits.categories == (category,)


@pytest.mark.parametrize("text", ["tea glasses", "for tea", "black tea lovers", "shirts or trousers", "apple"])
def test_a_name_that_is_not_what_is_looked_for_is_left_to_rank(text: str) -> None:
    assert read(text).limits == Limits()
    assert read(text).query.split()[-1] == text.split()[-1]


def test_two_categories_are_alternatives() -> None:
    assert read("black tea or green tea").limits.categories == ("black tea", "green tea")


@pytest.mark.parametrize(
    ("text", "value"), [("linen shirts", "material=linen"), ("glow light", "glow=light"), ("blue shirts", "color=blue")]
)
def test_qualities_are_the_shops_own(text: str, value: str) -> None:
    assert read(text).limits.attributes == (value,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no leather", ("leather",)),
        ("gifts, but not leather, under 50", ("leather",)),
        ("without leather and linen", ("leather", "linen")),
        ("not leather or linen", ("leather", "linen")),
        ("ohne Leder", ("leder",)),
        ("sans cuir ni soie", ("cuir", "soie")),
        ("sin cuero", ("cuero",)),
        ("leather-free gifts", ("leather",)),
        ("not scented", ("scented",)),
    ],
)
def test_what_must_not_be_in_it_is_left_out(text: str, words: tuple[str, ...]) -> None:
    assert read(text).limits.exclude_words == words


def test_a_denied_category_or_brand_is_excluded_as_that() -> None:
    limits = read("gifts, no wallets, nothing from Dikom").limits
    assert (limits.exclude_categories, limits.exclude_brands, limits.exclude_words) == (("wallets",), ("dikom",), ())


def test_without_leather_keeps_what_says_it_is_free_of_it() -> None:
    assert {"wallet", "belt"}.isdisjoint(sold("no leather"))
    assert "free" in sold("no leather")


@pytest.mark.parametrize("text", ["on sale", "reduziert", "en promotion", "rebajados"])
def test_sales_are_understood(text: str) -> None:
    assert sold(text) == {"kyusu"}


@pytest.mark.parametrize(("text", "new"), [("new teas", True), ("new arrivals", True), ("gifts for new mums", False)])
def test_new_means_newly_arrived_only_of_goods(text: str, new: bool) -> None:
    assert (read(text).limits.new_within_days is not None) is new


def test_limits_that_were_given_stay_and_the_tighter_bound_holds() -> None:
    given = Limits(max_price=Decimal(20), categories=("Tea",), count=6)
    limits = read("teapots under 30, no leather", given).limits
    assert (limits.max_price, limits.categories, limits.count) == (Decimal(20), ("Tea",), 6)
    assert limits.exclude_words == ("leather",)


def test_a_brief_of_nothing_but_limits_leaves_no_query() -> None:
    assert read("under 20 and on sale").query == ""


def test_a_dollar_is_the_shops_own() -> None:
    reader = BriefReader(Vocabulary.of(SHOP), PriceReader({"CAD"}))
    assert reader.read("under $20").limits.currency == "CAD"


def test_a_brand_that_is_a_common_word_in_this_shop_does_not_limit() -> None:
    shop = view([product("a", "Apple tea"), product("b", "Apple cake"), product("c", "Phone", brand="Apple")])
    reader = BriefReader(Vocabulary.of(shop), PriceReader(()))
    assert reader.read("apple").limits.brands == ()
