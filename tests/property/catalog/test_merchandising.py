"""Whatever a merchandiser writes: a limit is never broken, an exclude beats a pin, a boost never harms its product."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.merchandising import MAX_FACTOR, Merchandising, Placement
from catalog.model import Limits, Pick, Product, Taste
from catalog.picks import pick
from catalog.trace import Trace
from catalog.view import CatalogView
from tests.kit.catalog import NOW, learned, product, view
from tests.property.catalog.test_picks import CATEGORIES, IDS, broken, cents, limits_, shops, tastes

ids_ = st.lists(st.sampled_from([*IDS, "unknown"]), min_size=1, max_size=3)
selectors = st.one_of(
    st.fixed_dictionaries({"ids": ids_}),
    st.fixed_dictionaries({"categories": st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=2)}),
    st.fixed_dictionaries({"on_sale": st.booleans()}),
    st.fixed_dictionaries({"new_days": st.integers(1, 90)}),
    st.fixed_dictionaries({"min_price": cents}),
)


def rules(**fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"select": selectors, **fixed})


documents = st.fixed_dictionaries(
    {
        "pins": st.lists(
            st.fixed_dictionaries({"product": st.sampled_from(IDS), "place": st.integers(1, 12)}), max_size=3
        ),
        "boosts": st.lists(rules(factor=st.floats(1.1, MAX_FACTOR)), max_size=2),
        "buries": st.lists(rules(factor=st.floats(0.2, 0.9)), max_size=2),
        "excludes": st.lists(rules(), max_size=2),
        "stock_weight": st.floats(0, 1),
        "show_cap": st.none() | st.fixed_dictionaries({"times": st.integers(1, 2), "days": st.integers(1, 30)}),
        "exploration": st.sampled_from([0.0, 0.1, 0.3]),
        "new_arrivals": st.none() | st.just({"share": 0.2, "days": 60}),
    }
).map(Merchandising.model_validate)
shown_ = st.lists(st.tuples(st.sampled_from(IDS), st.floats(0, 40)), max_size=8).map(
    lambda seen: tuple((product_id, NOW - timedelta(days=days)) for product_id, days in seen)
)
kinds = st.lists(st.sampled_from(["cart", "goes_with", "popular", "interest"]), unique=True).map(tuple)
wide = st.builds(Limits, count=st.integers(1, 6), kinds=kinds)
"""The limits of the other test leave nothing of most shops; these let rules have something to work on."""
limits_or_wide = st.one_of(wide, wide, limits_)
leads = st.sampled_from([(), ("cart",), ("viewed",)])


def chosen(
    shop: list[Product], taste: Taste, limits: Limits, document: Merchandising, seed: int = 7, **more: Any
) -> list[Pick]:
    return chosen_in(viewed(shop), taste, limits, document, seed, **more)


def viewed(shop: list[Product]) -> CatalogView:
    return view(shop, {one.id: learned(0.1 * n, [("p0", 0.2, 3), ("p5", 0.1, 2)]) for n, one in enumerate(shop[:9])})


def chosen_in(
    shop: CatalogView, taste: Taste, limits: Limits, document: Merchandising, seed: int = 7, **more: Any
) -> list[Pick]:
    """As `chosen`, from a view that is there: to make one takes longer than to pick."""
    trace = more.pop("trace", None)
    placement = Placement(merchandising=document, **more)
    return pick(shop, taste, limits, now=NOW, seed=seed, placement=placement, trace=trace)


def ids(picks: list[Pick]) -> list[str]:
    return [one.product.id for one in picks]


@given(shops(), tastes, limits_or_wide, documents, shown_, leads)
@settings(max_examples=60, deadline=None)
def test_no_rule_makes_a_forbidden_product_appear(
    shop: list[Product], taste: Taste, limits: Limits, document: Merchandising, shown: Any, lead: Any
) -> None:
    trace = Trace()
    picks = chosen(shop, taste, limits, document, shown=shown, lead=lead, trace=trace)
    assert [broken(one.product, limits) for one in picks] == [[]] * len(picks)
    assert len(picks) <= limits.count
    assert len(set(ids(picks))) == len(picks)
    assert all(0 < one.probability <= 1 for one in picks)
    taken_out = {shop[row].id for gate in trace.gates for row in gate.rows}
    assert not taken_out & set(ids(picks))


@given(shops(), tastes, limits_or_wide, st.sampled_from(IDS), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_an_exclude_beats_a_pin(shop: list[Product], taste: Taste, limits: Limits, product_id: str, place: int) -> None:
    document = Merchandising.model_validate(
        {"pins": [{"product": product_id, "place": place}], "excludes": [{"select": {"ids": [product_id]}}]}
    )
    trace = Trace()
    assert product_id not in ids(chosen(shop, taste, limits, document, trace=trace))
    known = product_id in {one.id for one in shop}
    # An empty shop answers before any pin is looked at.
    assert all(pin.refused is not None for pin in trace.pins) or not known


def _place(picks: list[Pick], product_id: str) -> int:
    return ids(picks).index(product_id) if product_id in ids(picks) else 99


@given(shops(), tastes, limits_or_wide, st.sampled_from(IDS), st.floats(1.01, MAX_FACTOR))
@settings(max_examples=80, deadline=None)
def test_a_boost_never_lowers_its_product_and_a_bury_never_raises_it(
    shop: list[Product], taste: Taste, limits: Limits, product_id: str, factor: float
) -> None:
    select = {"ids": [product_id]}
    seen = viewed(shop)
    plain = _place(chosen_in(seen, taste, limits, Merchandising()), product_id)
    up = Merchandising.model_validate({"boosts": [{"select": select, "factor": factor}]})
    down = Merchandising.model_validate({"buries": [{"select": select, "factor": 1 / factor}]})
    assert _place(chosen_in(seen, taste, limits, up), product_id) <= plain
    assert _place(chosen_in(seen, taste, limits, down), product_id) >= plain


@given(shops(), tastes, limits_or_wide)
@settings(max_examples=30, deadline=None)
def test_rules_that_concern_nothing_leave_the_picks_as_they_are(
    shop: list[Product], taste: Taste, limits: Limits
) -> None:
    nothing = {"select": {"ids": ["unknown"]}}
    idle = Merchandising.model_validate(
        {
            "pins": [{"product": "unknown"}, {"product": "p0", "flows": ["win_back"]}],
            "boosts": [{**nothing, "factor": 3}],
            "buries": [{**nothing, "factor": 0.5}],
            "excludes": [nothing],
            "show_cap": {"times": 1, "days": 7},
            "margin_weight": 1.0,
        }
    )
    seen = viewed(shop)
    assert chosen_in(seen, taste, limits, idle) == chosen_in(seen, taste, limits, Merchandising())


@given(tastes, st.integers(1, 6), documents)
@settings(max_examples=40, deadline=None)
def test_pins_that_may_be_shown_stand_in_their_places(taste: Taste, count: int, document: Merchandising) -> None:
    shop = [product(name, f"Thing {name} {chr(97 + at) * 5}") for at, name in enumerate(IDS)]
    trace = Trace()
    picks = chosen(shop, taste, Limits(count=count), document, trace=trace)
    stand = [pin for pin in trace.pins if pin.refused is None]
    places = [_place(picks, pin.product_id) for pin in stand]
    assert len(set(places) - {99}) == len(stand)
    # Where the list is too short for the place, it stands as far back as there are picks.
    assert all(at + 1 >= min(pin.place, len(picks) - len(stand) + 1) for at, pin in zip(places, stand, strict=True))
