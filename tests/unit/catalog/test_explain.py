"""The way to the picks is told as it was gone: the same picks, every product accounted for."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.explain import Excluded, explain
from catalog.model import Limits, Signal, Taste
from catalog.picks import pick
from tests.kit.catalog import NOW, learned, product, signal, tea_shop, view

LEARNED = {
    "sencha": learned(1.0, [("kyusu", 0.3, 12), ("matcha", 0.2, 8)]),
    "assam": learned(0.5, [("earlgrey", 0.25, 9)]),
    "kyusu": learned(0.1, [("sencha", 0.3, 12)]),
}
SHOP = view(tea_shop(), LEARNED)
IDS = [one.id for one in tea_shop()]
KINDS = ("bought", "viewed", "carted", "wished", "returned", "picked_before")


def excluded(limits: Limits, *signals: Signal) -> dict[str, Excluded]:
    found = explain(SHOP, Taste(signals=signals), limits, now=NOW, seed=1).excluded
    return {one.rule or one.code: one for one in found}


@given(
    st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(KINDS), st.integers(0, 90)), max_size=6),
    st.builds(
        Limits,
        count=st.integers(1, 6),
        max_price=st.none() | st.sampled_from([Decimal(9), Decimal(20), Decimal(40)]),
        categories=st.just(()) | st.just(("Tea",)),
        exclude_words=st.just(()) | st.just(("leaf",)),
    ),
    st.integers(0, 9),
)
@settings(max_examples=60)
def test_what_is_explained_is_what_is_picked_and_nothing_is_left_untold(
    did: list[tuple[str, str, int]], limits: Limits, seed: int
) -> None:
    taste = Taste(signals=tuple(signal(name, kind, days) for name, kind, days in did))
    told = explain(SHOP, taste, limits, now=NOW, seed=seed)
    assert list(told.picks) == pick(SHOP, taste, limits, now=NOW, seed=seed)
    chosen = {one.product.product_id: one for one in told.candidates if one.place}
    assert [one.product.id for one in told.picks] == sorted(chosen, key=lambda name: chosen[name].place or 0)
    assert all(one.dropped and one.why_not for one in told.candidates if not one.place)
    assert sum(one.count for one in told.excluded) + told.considered <= told.products


def test_each_limit_says_how_many_it_left_out_and_whom_this_customer_knows_first() -> None:
    found = excluded(Limits(max_price=Decimal(20), categories=("Tea",)), signal("kyusu", "viewed"))
    assert (found["categories"].count, found["max_price"].count) == (3, 2)
    assert found["categories"].examples[0].product_id == "kyusu"
    assert found["out_of_stock"].count == 2
    assert found["max_price"].words == "outside the brief's limits (max_price)"


def test_what_was_just_bought_is_told_apart_from_the_limits() -> None:
    found = excluded(Limits(), signal("kyusu", "bought", 3))
    assert [one.product_id for one in found["just_bought"].examples] == ["kyusu"]


def test_every_candidate_shows_what_each_signal_is_worth() -> None:
    taste = Taste(signals=(signal("sencha", "bought", 9), signal("kyusu", "viewed", 1)))
    told = explain(SHOP, taste, Limits(), now=NOW, seed=1)
    (kyusu,) = [one for one in told.candidates if one.product.product_id == "kyusu"]
    assert {one.kind for one in kyusu.signals} == {"viewed", "goes_with", "popular"}
    assert all(0 < one.strength <= 1 and one.evidence.ref for one in kyusu.signals)


def test_a_near_duplicate_names_what_it_is_the_same_as() -> None:
    shop = view([product("a", "Wool scarf, red check"), product("b", "Red check wool scarf"), product("c", "Hat")])
    told = explain(shop, Taste(), Limits(only_ids=("a", "b", "c")), now=NOW, seed=1)
    (other,) = [one for one in told.candidates if one.dropped == "same_as"]
    assert other.other is not None
    assert {other.product.product_id, other.other.product_id} == {"a", "b"}


def test_an_empty_shop_is_explained_too() -> None:
    told = explain(view([]), Taste(), Limits(), now=NOW, seed=1)
    assert (told.products, told.picks, told.excluded) == (0, (), ())
