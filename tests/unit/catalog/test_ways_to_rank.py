"""Which way ranks a shop: trees, a simple rule or the default weights, whichever its last weeks speak for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.learning import artefact
from catalog.learning.features import NAMES
from catalog.learning.interactions import DAY, Interactions, seconds
from catalog.learning.judging import chosen, signals_of
from catalog.learning.learn import learn
from catalog.learning.model import Learned
from catalog.learning.rules import OTHERS, Rule, calibrated, every_rule
from catalog.model import Limits, Pick, Signal, Taste
from catalog.picks import pick
from catalog.view import CatalogView, attach
from tests.kit.catalog import view
from tests.kit.histories import END, Event, grocery, interactions, shelf, stocked

PRODUCTS = 40
SHOP = stocked(PRODUCTS)
AGAIN = Rule("buy again", "recent popularity")


def weekly(customers: int, days: int, change: int = 0) -> list[Event]:
    """Everybody buys the same three things every week, and from `change` days before the end never anything twice."""
    draw = np.random.default_rng(0)
    start = seconds(END - timedelta(days=days))
    events: list[Event] = []
    for number in range(customers):
        staples, left = draw.choice(PRODUCTS, 3, replace=False), draw.permutation(PRODUCTS).tolist()
        for day in range(number % 7, days, 7):
            bought = staples.tolist() if day < days - change else [left.pop() for _ in range(2) if left]
            events += [(f"c{number}", f"p{item}", start + day * DAY + number, "bought") for item in bought]
    return events


YOUNG = interactions(list(grocery(60, 45, PRODUCTS)))
"""Six weeks of sixty people: far too little for trees."""


@pytest.fixture(scope="module")
def young() -> Learned:
    return learn(YOUNG, END, view=SHOP)


def figures(**columns: list[float]) -> np.ndarray:
    """Rows of `features` of which only these columns are known, and a heat of nothing."""
    [rows] = {len(values) for values in columns.values()}
    table = np.full((rows, len(NAMES)), np.nan, dtype=np.float32)
    for name, values in {
        "bought_120": [0.0] * rows,
        "heat_7": [-20.0] * rows,
        "heat_90": [-20.0] * rows,
        **columns,
    }.items():
        table[:, NAMES.index(name)] = values
    return table


def of_customer(happened: Interactions, number: int) -> tuple[Signal, ...]:
    _, starts = happened.slices()
    return signals_of(happened, slice(int(starts[number]), int(starts[number + 1])))


def picks(view: CatalogView, signals: tuple[Signal, ...], **limits: object) -> list[Pick]:
    return pick(view, Taste(signals=signals), Limits.model_validate(limits), now=END, seed=3)


def test_what_was_bought_comes_before_the_rest_and_the_rest_in_the_order_of_its_method() -> None:
    table = figures(bought_120=[0, 2, 0, 0.3, 0], regressed_60_of_best=[0.2, 0, 1, 0, 0], heat_7=[-1, -9, -9, -9, 0])
    assert np.argsort(-Rule("buy again", "EASE").score(table)).tolist() == [1, 3, 2, 0, 4]
    assert np.argsort(-Rule("", "EASE").score(table)).tolist()[0] == 2


def test_what_a_method_speaks_against_has_a_probability_all_the_same() -> None:
    likely = Rule("", "factors").probability(figures(factors_60_of_best=[-0.4, 0.3]))
    assert 0 < likely[0] < likely[1] < 1


def test_where_nobody_buys_again_what_one_has_comes_last_unless_it_lies_in_the_cart() -> None:
    table = figures(
        times=[3, 0, 1], regressed_60_of_best=[1, 0.1, 0.5], carted_days=[np.nan, np.nan, 1], heat_7=[-1, -1, -1]
    )
    assert np.argsort(-Rule("never again", "EASE").score(table)).tolist() == [2, 1, 0]


def test_a_full_cart_comes_before_a_habit_and_a_look_before_what_merely_sells() -> None:
    table = figures(
        bought_120=[0, 1, 0, 0],
        carted_days=[0.5, np.nan, np.nan, np.nan],
        viewed=[0, 0, 0.9, 0],
        heat_7=[-9, -9, -9, 0],
    )
    assert np.argsort(-AGAIN.score(table)).tolist() == [0, 1, 2, 3]


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in every_rule()}) == 3 * len(OTHERS)
    assert Rule("buy again", "EASE").name == "buy again, then EASE"


@given(
    habits=st.lists(st.floats(0, 50, width=32), min_size=2, max_size=20),
    slope=st.floats(0.3, 3),
    intercept=st.floats(-9, 2),
)
def test_a_rule_answers_with_probabilities_in_its_order(habits: list[float], slope: float, intercept: float) -> None:
    table = figures(bought_120=habits)
    likely = Rule("buy again", "recent popularity", slope, intercept).probability(table)
    assert ((likely > 0) & (likely <= 1)).all()
    assert (np.diff(likely[np.argsort(AGAIN.score(table), kind="stable")]) >= 0).all()


def test_probabilities_are_as_often_right_as_they_say() -> None:
    draw = np.random.default_rng(4)
    habits = draw.gamma(1, 1, 4_000)
    table = figures(bought_120=habits.tolist())
    bought = draw.random(4_000) < habits / (4 + habits)
    rule = calibrated(AGAIN, table, bought)
    likely = rule.probability(table)
    assert likely.sum() == pytest.approx(bought.sum(), rel=0.02)
    high = habits > 2
    assert likely[high].mean() == pytest.approx(bought[high].mean(), abs=0.03)


@pytest.mark.parametrize("answer", [False, True])
def test_where_everything_or_nothing_was_bought_a_rule_stays_as_it_was(answer: bool) -> None:
    assert calibrated(AGAIN, figures(bought_120=[0, 1]), np.array([answer, answer])) == AGAIN


def scores(mean: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 0.2, (300, 2))


def test_another_way_takes_over_only_where_it_is_surely_ahead() -> None:
    plain = scores(0.3, 1)
    assert chosen({"hand": plain, "rule": plain.copy(), "trees": plain.copy()}) == "hand"
    assert chosen({"hand": plain, "rule": plain + 0.05, "trees": plain + 0.05}) == "rule"
    assert chosen({"hand": plain, "rule": plain + 0.05, "trees": plain + 0.08}) == "trees"
    assert chosen({"hand": plain, "rule": plain - 0.05, "trees": plain - 0.01}) == "hand"
    assert chosen({"hand": plain, "rule": scores(0.2, 2)}) == "hand"


def test_a_young_shop_of_habits_is_ranked_by_what_people_buy_again(young: Learned) -> None:
    report = young.report
    assert report.standing == "rule_in_use"
    assert report.best_simple.startswith("buy again")
    assert report.best_simple_score > report.by_hand
    assert report.sentence.endswith(f"so {report.best_simple} ranks")
    shop = attach(SHOP, young)
    for number in range(0, 60, 7):
        signals = of_customer(YOUNG, number)
        oftenest = max(signals, key=lambda one: one.times)
        found = picks(shop, signals, count=6)
        assert oftenest.product_id in {one.product.id for one in found}
        assert all(one.reason and one.evidence for one in found)


def test_what_is_new_to_them_is_ranked_by_a_rule_as_well(young: Learned) -> None:
    shop, signals = attach(SHOP, young), of_customer(YOUNG, 3)
    found = picks(shop, signals, new_to_customer=True)
    assert len(found) == 4
    assert not {one.product.id for one in found} & {one.product_id for one in signals}


def test_a_rule_comes_back_from_disk_as_it_was(young: Learned, tmp_path: Path) -> None:
    artefact.save(tmp_path, young)
    again = artefact.load(tmp_path)
    assert again.ranker == young.ranker
    assert again.report == young.report


def test_a_shop_whose_customers_change_is_not_stuck_with_what_served_it() -> None:
    happened = interactions(weekly(60, 120, 60))
    before = learn(happened, END - timedelta(days=61), view=SHOP).report
    after = learn(happened, END, view=SHOP)
    assert before.best_simple.startswith("buy again")
    assert not after.report.best_simple.startswith("buy again")
    shop = attach(SHOP, after)
    known = {name: [one.product_id for one in of_customer(happened, name)] for name in range(0, 60, 7)}
    again = [
        one.product.id in known[number]
        for number in known
        for one in picks(shop, of_customer(happened, number), count=3)
    ]
    assert np.mean(again) < 0.5


@pytest.mark.parametrize(
    ("pace", "days_ago", "offered"), [(30, 2, False), (30, 4, True), (300, 6, False), (300, 8, True), (7, 0.5, False)]
)
def test_where_a_shop_is_known_a_tenth_of_ones_own_pace_passes_first_or_a_week(
    young: Learned, pace: float, days_ago: float, offered: bool
) -> None:
    bought = Signal(product_id="p1", kind="bought", at=END - timedelta(days=days_ago), times=3, lasts_days=pace)
    found = picks(attach(SHOP, young), (bought,), only_ids=("p1",))
    assert bool(found) is offered


@pytest.mark.parametrize(
    ("word", "said", "come_back", "intervals", "offered"),
    [
        ("own", None, 0.0, 0, True), ("own", 20, 0.0, 0, True),
        ("category", None, 0.0, 0, False), ("category", 20, 0.0, 0, False), ("category", 5, 0.0, 0, True),
        ("category", None, 0.5, 0, True), ("category", 20, 0.5, 0, False), ("category", 20, 0.5, 20, True),
    ],
)  # fmt: skip
def test_a_guess_by_its_category_is_nobodys_pace_and_weighs_less_than_the_feeds_word(
    young: Learned, word: str, said: int | None, come_back: float, intervals: int, offered: bool
) -> None:
    """Four days are over a tenth of twelve and under three quarters of it. Of 20 intervals the shop knows better."""
    repeats = replace(
        young.shop.repeats,
        rate=np.full_like(young.shop.repeats.rate, come_back),
        intervals=np.full_like(young.shop.repeats.intervals, intervals),
    )
    shop = view([one.model_copy(update={"consumable_days": said}) for one in shelf(PRODUCTS)])
    bought = Signal.model_validate(
        {
            "product_id": "p1",
            "kind": "bought",
            "at": END - timedelta(days=4),
            "times": 3,
            "lasts_days": 12,
            "lasts_by": word,
        }
    )
    found = picks(attach(shop, replace(young, shop=replace(young.shop, repeats=repeats))), (bought,), only_ids=("p1",))
    assert bool(found) is offered


@pytest.mark.parametrize(("days_ago", "offered"), [(0.1, False), (0.5, True), (2, True)])
def test_where_people_do_not_wait_what_was_bought_yesterday_may_be_shown(
    young: Learned, days_ago: float, offered: bool
) -> None:
    shop = replace(young.shop, repeats=replace(young.shop.repeats, waits=False))
    bought = Signal(product_id="p1", kind="bought", at=END - timedelta(days=days_ago), times=3, lasts_days=30)
    found = picks(attach(SHOP, replace(young, shop=shop)), (bought,), only_ids=("p1",))
    assert bool(found) is offered
