"""Whatever the catalog, the person and the limits: a limit is never broken, and nothing comes without a reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import Limits, Pick, Product, Taste
from catalog.picks import pick
from tests.kit.catalog import NOW, learned, product, signal, view

IDS = [f"p{n}" for n in range(14)]
CATEGORIES = ["Tea", "Tea > Green tea", "Tea > Black tea", "Pots", "Pots > Green tea"]
BRANDS = ["Aoki", "Lin", "Dikom"]
WORDS = ["green", "black", "iron", "leaf", "pot", "cup"]

cents = st.integers(1, 3_000).map(lambda n: Decimal(n) / 100)
moments = st.integers(-90, 90).map(lambda days: NOW + timedelta(days=days))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


fields = st.fixed_dictionaries(
    {
        "title": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
        "availability": st.sampled_from(["in_stock", "in_stock", "out_of_stock", "preorder"]),
        "price": maybe(cents),
        "currency": st.sampled_from(["EUR", "EUR", "USD", None]),
        "sale_price": maybe(cents),
        "sale_price_starts": maybe(moments),
        "sale_price_ends": maybe(moments),
        "item_group_id": maybe(st.sampled_from(["g1", "g2"])),
        "brand": maybe(st.sampled_from(BRANDS)),
        "product_type": maybe(st.sampled_from(CATEGORIES)),
        "stock": maybe(st.integers(0, 2)),
        "consumable_days": maybe(st.integers(1, 60)),
        "added_at": moments,
    }
)
"""Of a product. Made once: to make them for each product takes longer than to draw from them."""


@st.composite
def shops(draw: st.DrawFn) -> list[Product]:
    return [product(product_id, **draw(fields)) for product_id in IDS[: draw(st.integers(0, len(IDS)))]]


KINDS = ["bought", "viewed", "carted", "wished", "returned", "picked_before"]
signals = st.builds(
    signal, st.sampled_from([*IDS, "unknown"]), st.sampled_from(KINDS), st.floats(0, 400), st.integers(1, 5)
)
interests = st.tuples(
    st.sampled_from(["category", "brand", "attribute"]),
    st.sampled_from([*CATEGORIES, *BRANDS, "color=blue"]),
    st.floats(0, 1),
)
tastes = st.builds(
    Taste,
    signals=st.lists(signals, max_size=10).map(tuple),
    searches=st.lists(st.sampled_from([*WORDS, "???", "green pot"]), max_size=3).map(tuple),
    interests=st.lists(interests, max_size=4).map(tuple),
    price_low=maybe(cents),
    price_high=maybe(cents),
)
some_ids = st.lists(st.sampled_from([*IDS, "unknown"]), max_size=6).map(tuple)
limit_fields: dict[str, st.SearchStrategy[Any]] = {
    "min_price": maybe(cents),
    "max_price": maybe(cents),
    "categories": st.lists(st.sampled_from(["tea", "GREEN TEA", "Pots"]), max_size=2).map(tuple),
    "brands": st.lists(st.sampled_from(["aoki", "LIN"]), max_size=2).map(tuple),
    "exclude_ids": some_ids,
    "exclude_categories": st.lists(st.sampled_from(["black tea", "Pots"]), max_size=2).map(tuple),
    "only_ids": maybe(some_ids),
    "currency": maybe(st.sampled_from(["EUR", "USD"])),
    "only_on_sale": st.booleans(),
    "kinds": st.lists(st.sampled_from(["cart", "goes_with", "popular", "new", "interest"]), unique=True).map(tuple),
}
counts = st.integers(1, 12)
limits_ = st.builds(Limits, count=counts, **limit_fields)
one_limit = st.one_of([st.builds(Limits, count=counts, **{name: field}) for name, field in limit_fields.items()])
"""All limits together leave nothing of three shops in four."""


def parts(one: Product) -> set[str]:
    return {part.strip().casefold() for part in (one.product_type or "").split(">")}


def broken(one: Product, limits: Limits) -> list[str]:
    """The limits this product breaks, judged on the product alone and in another way than the code does."""
    price = one.current_price(NOW)
    in_stock = one.availability == "in_stock" and (one.stock is None or one.stock > 0)
    kept = {
        "stock": in_stock,
        "price": price is not None,
        "currency": one.currency is not None and limits.currency in (None, one.currency),
        "min_price": limits.min_price is None or (price is not None and price >= limits.min_price),
        "max_price": limits.max_price is None or (price is not None and price <= limits.max_price),
        "categories": not limits.categories or bool(parts(one) & {c.casefold() for c in limits.categories}),
        "brands": not limits.brands or (one.brand or "").casefold() in {b.casefold() for b in limits.brands},
        "exclude_ids": one.id not in limits.exclude_ids,
        "exclude_categories": not parts(one) & {c.casefold() for c in limits.exclude_categories},
        "only_ids": limits.only_ids is None or one.id in limits.only_ids,
        "only_on_sale": not limits.only_on_sale or one.on_sale(NOW),
    }
    return [name for name, holds in kept.items() if not holds]


def chosen(shop: list[Product], taste: Taste, limits: Limits) -> list[Pick]:
    taught = {one.id: learned(0.1 * n, [("p0", 0.2, 3), ("p5", 0.1, 2)]) for n, one in enumerate(shop[:9])}
    return pick(view(shop, taught), taste, limits, now=NOW, seed=7)


@given(shops(), tastes, limits_ | one_limit)
@settings(max_examples=150, deadline=None)
def test_no_pick_ever_breaks_a_limit(shop: list[Product], taste: Taste, limits: Limits) -> None:
    picks = chosen(shop, taste, limits)
    assert [broken(one.product, limits) for one in picks] == [[]] * len(picks)
    assert len(picks) <= limits.count


@given(shops(), tastes, limits_)
@settings(max_examples=60, deadline=None)
def test_picks_are_distinct_and_each_has_a_sayable_reason(shop: list[Product], taste: Taste, limits: Limits) -> None:
    picks = chosen(shop, taste, limits)
    groups = [one.product.item_group_id for one in picks if one.product.item_group_id]
    assert len({one.product.id for one in picks}) == len(picks)
    assert len(set(groups)) == len(groups)
    for one in picks:
        assert one.reason[0].isupper()
        assert not one.reason.endswith(".")
        assert one.evidence
        assert 0 < one.score <= 1


@given(shops(), tastes, limits_)
@settings(max_examples=60, deadline=None)
def test_what_lasts_is_never_offered_after_it_was_bought_once(
    shop: list[Product], taste: Taste, limits: Limits
) -> None:
    bought = {one.product_id for one in taste.signals if one.kind == "bought"}
    habits = {one.product_id for one in taste.signals if one.kind == "bought" and one.times > 1}
    carted = {one.product_id for one in taste.signals if one.kind == "carted"}
    for one in chosen(shop, taste, limits):
        if one.product.consumable_days is None:
            assert one.product.id not in bought - habits - carted


@given(shops(), tastes, limits_, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_in_which_order_a_past_is_told_changes_nothing(
    shop: list[Product], taste: Taste, limits: Limits, random: Any
) -> None:
    once = list({(one.product_id, one.kind): one for one in taste.signals}.values())
    shuffled = random.sample(once, len(once))
    told, again = (taste.model_copy(update={"signals": tuple(signals)}) for signals in (once, shuffled))
    assert chosen(shop, told, limits) == chosen(shop, again, limits)


@given(shops(), tastes, limits_)
@settings(max_examples=25, deadline=None)
def test_the_same_question_always_has_the_same_answer(shop: list[Product], taste: Taste, limits: Limits) -> None:
    assert chosen(shop, taste, limits) == chosen(shop, taste, limits)
