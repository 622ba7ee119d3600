"""A merchandiser's rules: what they do to picks, and what no rule can do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from catalog.merchandising import Merchandising, Narrowing, Placement, ShowCap, narrowed
from catalog.merchandising_rules import CostBook, RuleBook, look_up
from catalog.model import Limits, Pick, Product, Taste
from catalog.picks import pick
from catalog.trace import Trace
from catalog.view import CatalogView
from tests.kit.catalog import NOW, learned, product, signal, tea_shop, view

SHOP = view(tea_shop())
LIKES_GREEN = (("category", "Green tea", 1.0),)
ALL_GREEN = ["sencha", "gyokuro", "matcha", "jasmine"]


def document(**rules: Any) -> Merchandising:
    return Merchandising.model_validate(rules)


def picks(
    rules: Merchandising | None = None,
    *signals: Any,
    shop: CatalogView = SHOP,
    limits: Limits | None = None,
    trace: Trace | None = None,
    seed: int = 1,
    costs: dict[str, str] | None = None,
    interests: Any = LIKES_GREEN,
    **placement: Any,
) -> list[Pick]:
    place = Placement(merchandising=rules or Merchandising(), version=3, **placement)
    taste = Taste(signals=signals, interests=interests)
    book = CostBook({name: Decimal(amount) for name, amount in (costs or {}).items()})
    found = look_up(shop, place.merchandising, book)
    asked = limits or Limits(count=4)
    return pick(shop, taste, asked, now=NOW, seed=seed, placement=place, rules=found, trace=trace)


def ids(found: list[Pick]) -> list[str]:
    return [one.product.id for one in found]


def test_a_pin_stands_at_its_place_and_says_who_put_it_there() -> None:
    rules = document(pins=[{"product": "kyusu", "place": 2}])
    found = picks(rules)
    assert found[1].product.id == "kyusu"
    assert (found[1].evidence[0].kind, found[1].evidence[0].ref) == ("rule", "merchandising/3/pins[0]")
    assert found[1].reason == "One of our highlights"


def test_two_pins_for_one_place_stand_one_after_the_other() -> None:
    rules = document(pins=[{"product": "kyusu", "place": 1}, {"product": "assam", "place": 1}])
    assert ids(picks(rules))[:2] == ["kyusu", "assam"]


def test_a_pin_of_what_is_picked_anyway_keeps_its_own_reason() -> None:
    last = picks()[-1]
    found = picks(document(pins=[{"product": last.product.id, "place": 1}]))
    assert (found[0].product.id, found[0].kind, found[0].evidence[1]) == (last.product.id, last.kind, last.evidence[0])
    assert len(set(ids(found))) == len(found)


def test_what_is_pinned_further_back_is_not_shown_twice_and_neither_are_its_variants() -> None:
    first = picks()[0].product.id
    assert ids(picks(document(pins=[{"product": first, "place": 3}]))).count(first) == 1
    likes_pots = (("category", "Teapots", 1.0),)
    found = ids(picks(document(pins=[{"product": "pot-red", "place": 3}]), interests=likes_pots))
    assert "pot-red" in found
    assert "pot-blue" not in found


def test_what_a_flow_is_about_stays_in_front_of_every_pin() -> None:
    rules = document(pins=[{"product": "matcha", "place": 1}])
    found = picks(rules, signal("kyusu", "carted", 1), limits=Limits(kinds=("cart",)), lead=("cart",))
    assert ids(found)[:2] == ["kyusu", "matcha"]


@pytest.mark.parametrize(
    ("product_id", "limits", "more", "code"),
    [
        ("gone", Limits(), {}, "out_of_stock"),
        ("kyusu", Limits(categories=("Green tea",)), {}, "outside_limits"),
        ("kyusu", Limits(), {"excludes": [{"select": {"ids": ["kyusu"]}}]}, "excluded_by_rule"),
        ("nowhere", Limits(), {}, "unknown_product"),
    ],
)
def test_a_pin_that_is_not_allowed_is_not_shown_and_the_trace_says_why(
    product_id: str, limits: Limits, more: Any, code: str
) -> None:
    trace = Trace()
    found = picks(document(pins=[{"product": product_id}], **more), limits=limits, trace=trace)
    assert product_id not in ids(found)
    assert [(pin.product_id, pin.refused) for pin in trace.pins] == [(product_id, code)]


def test_a_pin_cannot_bring_back_what_was_just_bought() -> None:
    trace = Trace()
    found = picks(document(pins=[{"product": "kyusu"}]), signal("kyusu", "bought", 3), trace=trace)
    assert "kyusu" not in ids(found)
    assert trace.pins[0].refused == "just_bought"


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ({"starts": NOW.date(), "ends": NOW.date()}, True),
        ({"starts": NOW.date() + timedelta(days=1)}, False),
        ({"ends": NOW.date() - timedelta(days=1)}, False),
        ({"flows": ["newsletter"]}, True),
        ({"flows": ["win_back"]}, False),
        ({"campaigns": ["spring"]}, True),
        ({"campaigns": ["autumn"]}, False),
        ({"category": "green TEA"}, True),
        ({"category": "Teapots"}, False),
    ],
)
def test_a_pin_holds_in_its_window_and_scope_only(scope: Any, holds: bool) -> None:
    rules = document(pins=[{"product": "kyusu", **scope}])
    assert ("kyusu" in ids(picks(rules, flow="newsletter", campaign="spring"))) is holds


SHELF: list[Product] = [
    product("plain"),
    product("dear", price="90.00"),
    product("reduced", sale_price=Decimal("5.00")),
    product("young", added_at=NOW - timedelta(days=2)),
    product("lin", brand="Lin"),
    product("mugs", product_type="Kitchen > Mugs"),
    product("dark", attributes={"roast": "dark", "grade": 2}),
    product("blue", color="Blue"),
]


@pytest.mark.parametrize(
    ("select", "chosen"),
    [
        ({"ids": ["plain", "nowhere"]}, {"plain"}),
        ({"categories": ["kitchen"]}, {"mugs"}),
        ({"categories": ["Kitchen > Mugs", "Nothing"]}, {"mugs"}),
        ({"brands": ["LIN"]}, {"lin"}),
        ({"attributes": {"roast": "dark"}}, {"dark"}),
        ({"attributes": {"roast": "dark", "grade": 2}}, {"dark"}),
        ({"attributes": {"roast": "dark", "grade": 3}}, set()),
        ({"attributes": {"color": "blue"}}, {"blue"}),
        ({"on_sale": True}, {"reduced"}),
        ({"new_days": 10}, {"young"}),
        ({"min_price": "50"}, {"dear"}),
        ({"max_price": "5.00"}, {"reduced"}),
        ({"ids": ["plain", "dear"], "min_price": 50}, {"dear"}),
        ({"on_sale": False, "ids": ["plain", "reduced"]}, {"plain"}),
    ],
)
def test_a_selector_means_the_products_that_meet_all_its_conditions(select: Any, chosen: set[str]) -> None:
    shop = view(SHELF)
    trace = Trace()
    rules = document(excludes=[{"select": select}])
    kept = ids(picks(rules, shop=shop, limits=Limits(count=12, only_ids=shop.ids), trace=trace))
    assert {shop.ids[row] for gate in trace.gates for row in gate.rows} == chosen
    assert not chosen & set(kept)


def test_an_excluded_product_never_reaches_the_ranking() -> None:
    trace = Trace()
    found = picks(document(excludes=[{"select": {"brands": ["Aoki"]}}]), trace=trace)
    ranked = {SHOP.ids[one.candidate.row] for one in trace.ranked}
    assert not ranked & {"sencha", "gyokuro", "matcha"}
    assert "jasmine" in ids(found)
    assert [gate.rule for gate in trace.gates if gate.code == "excluded_by_rule"] == ["excludes[0]"]


def test_a_boost_moves_a_product_up_and_a_bury_down() -> None:
    shop = view([product(f"p{n}", f"Thing {chr(97 + n) * 6}", product_type="Things") for n in range(6)])
    asked: dict[str, Any] = {"shop": shop, "interests": (("category", "Things", 1.0),), "limits": Limits(count=6)}
    before = ids(picks(**asked))
    up = document(boosts=[{"select": {"ids": [before[-1]]}, "factor": 5}])
    down = document(buries=[{"select": {"ids": [before[0]]}, "factor": 0.2}])
    assert ids(picks(up, **asked))[0] == before[-1]
    assert ids(picks(down, **asked))[-1] == before[0]


def test_a_boost_does_not_cross_the_flows_order_of_kinds() -> None:
    rules = document(boosts=[{"select": {"ids": ["matcha"]}, "factor": 5}])
    found = picks(rules, signal("assam", "wished", 50), limits=Limits(kinds=("wished", "interest")))
    assert found[0].product.id == "assam"


def test_many_rules_that_meet_in_one_product_count_tenfold_at_most() -> None:
    rules = document(
        boosts=[{"select": {"ids": ["sencha"]}, "factor": 5}] * 3,
        buries=[{"select": {"ids": ["assam"]}, "factor": 0.2}] * 3,
    )
    rows = np.array([SHOP.row_of[name] for name in ("sencha", "assam", "matcha")], dtype=np.int32)
    factors = look_up(SHOP, rules).factors(rows, Placement(merchandising=rules), NOW, None)
    assert factors.tolist() == [10.0, 0.1, 1.0]


def test_margin_and_stock_weights_prefer_what_earns_and_what_there_is() -> None:
    equals = [product("low", "Aaaaaa", stock=3), product("high", "Bbbbbb", stock=90), product("none", "Cccccc")]
    asked: dict[str, Any] = {"shop": view(equals), "limits": Limits(count=3, only_ids=("low", "high", "none"))}
    costs = {"low": "9.00", "high": "2.00"}
    assert ids(picks(document(margin_weight=1), costs=costs, **asked))[0] == "high"
    assert ids(picks(document(stock_weight=1), **asked))[0] == "high"
    trace = Trace()
    picks(document(margin_weight=1), costs=costs, trace=trace, **asked)
    weighed = {asked["shop"].ids[one.row]: round(one.factor, 2) for one in trace.weighed}
    assert weighed == {"low": 0.65, "high": 1.35}


def test_costs_that_nobody_told_change_nothing() -> None:
    assert picks(document(margin_weight=1)) == picks()


def shown(*days_ago: float, product_id: str = "sencha") -> tuple[Any, ...]:
    return tuple((product_id, NOW - timedelta(days=days)) for days in days_ago)


@pytest.mark.parametrize(
    ("seen", "offered"),
    [((), True), ((3.0,), True), ((3.0, 9.0), False), ((3.0, 15.0), True), ((1.0, 2.0, 3.0), False)],
)
def test_nobody_is_shown_the_same_more_often_than_the_cap_allows(seen: tuple[float, ...], offered: bool) -> None:
    rules = document(show_cap={"times": 2, "days": 14})
    assert ("sencha" in ids(picks(rules, shown=shown(*seen)))) is offered


def test_a_carts_second_reminder_is_no_repetition_unless_the_shop_says_so() -> None:
    carted, seen, cap = signal("sencha", "carted", 2), shown(1), {"times": 1, "days": 7}
    assert "sencha" in ids(picks(document(show_cap=cap), carted, shown=seen, lead=("cart",)))
    assert "sencha" not in ids(picks(document(show_cap=cap), carted, shown=seen, flow="newsletter"))
    strict = document(show_cap={**cap, "cart_counts": True})
    assert "sencha" not in ids(picks(strict, carted, shown=seen, lead=("cart",)))


def test_there_is_no_more_of_one_category_than_allowed_while_there_is_anything_else() -> None:
    signals = {"assam": learned(1.0), "earlgrey": learned(0.9)}
    shop, trace = view(tea_shop(), signals), Trace()
    found = picks(shop=shop, limits=Limits(count=4, max_per_category=2), trace=trace)
    assert sum(one.product.category() == "Green tea" for one in found) == 2
    assert {drop.detail for drop in trace.dropped if drop.code == "over_cap"} == {"category=Green tea"}
    only_green = picks(shop=shop, limits=Limits(count=4, max_per_category=2, categories=("Green tea",)))
    assert len(only_green) == 4


def test_every_candidate_that_is_not_shown_has_a_reason_in_the_trace() -> None:
    trace = Trace()
    found = picks(limits=Limits(count=2), trace=trace)
    shown_rows = {SHOP.row_of[one.product.id] for one in found}
    left = {one.candidate.row for one in trace.ranked} - shown_rows
    assert {drop.row for drop in trace.dropped} == left
    assert {trace.why_not(row) for row in shown_rows} == {None}
    gone = trace.why_not(SHOP.row_of["gone"])
    assert gone is not None
    assert gone.code == "out_of_stock"


def test_a_trace_changes_nothing() -> None:
    rules = document(pins=[{"product": "kyusu"}], exploration=0.3)
    assert picks(rules) == picks(rules, trace=Trace())


@pytest.mark.parametrize(
    ("wrong", "where", "what"),
    [
        ({"boosts": [{"select": {}, "factor": 2}]}, ("boosts", 0, "select"), "at least one condition"),
        ({"boosts": [{"select": {"ids": ["a"]}, "factor": 9}]}, ("boosts", 0, "factor"), "less than or equal to 5"),
        ({"buries": [{"select": {"ids": ["a"]}, "factor": 1}]}, ("buries", 0, "factor"), "less than 1"),
        ({"pins": [{"product": "a", "starts": "2026-02-01", "ends": "2026-01-01"}]}, ("pins", 0), "ends is before"),
        ({"excludes": [{"select": {"min_price": 9, "max_price": 5}}]}, ("excludes", 0, "select"), "above max_price"),
        ({"exploration": 0.5}, ("exploration",), "less than or equal to 0.3"),
        ({"exploration": 0.3, "new_arrivals": {"share": 0.3}}, (), "not be above 0.5"),
        ({"boost": []}, ("boost",), "Extra inputs"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_where_it_is_wrong(wrong: Any, where: Any, what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        document(**wrong)
    first = caught.value.errors()[0]
    assert first["loc"] == where
    assert what in first["msg"]


def test_a_brief_narrows_the_shops_rules_and_never_widens_them() -> None:
    shop = document(
        pins=[{"product": "kyusu"}],
        boosts=[{"select": {"ids": ["a"]}, "factor": 2}],
        excludes=[{"select": {"ids": ["b"]}}],
        margin_weight=0.5,
        show_cap={"times": 3, "days": 10},
        exploration=0.1,
        new_arrivals={"share": 0.1},
    )
    brief = Narrowing.model_validate(
        {
            "pins": False,
            "weights": False,
            "excludes": [{"select": {"ids": ["c"]}}],
            "show_cap": {"times": 5, "days": 30},
            "exploration": 0.2,
            "new_arrivals": False,
        }
    )
    less = narrowed(shop, brief)
    assert (less.pins, less.boosts, less.margin_weight, less.new_arrivals) == ((), (), 0.0, None)
    assert [rule.select.ids for rule in less.excludes] == [("b",), ("c",)]
    assert less.show_cap == ShowCap(times=3, days=30)
    assert less.exploration == 0.1
    assert narrowed(shop, Narrowing()) == shop


def test_rules_are_looked_up_once_for_each_view_and_again_when_costs_change() -> None:
    book, rules, other = RuleBook(), document(margin_weight=1), view(tea_shop())
    first = book.rules(SHOP, rules)
    assert book.rules(SHOP, rules) is first
    assert book.rules(other, rules).view is other
    before = book.rules(other, rules)
    book.learn_costs({"sencha": Decimal("2.00")})
    assert book.rules(other, rules) is not before


def test_days_are_given_as_in_a_calendar() -> None:
    rules = Merchandising.model_validate_json('{"pins": [{"product": "a", "starts": "2026-05-30"}]}')
    assert rules.pins[0].starts == date(2026, 5, 30)
