"""What a shop's history teaches: what goes together, what is bought again and when, and what is known of a customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from catalog.learning.features import NAMES, features
from catalog.learning.interactions import DAY, Interactions, seconds
from catalog.learning.judging import ndcg, signals_of
from catalog.learning.learn import windows_of
from catalog.learning.model import Learned, Report, bind
from catalog.learning.orders import baskets_of, orders_of
from catalog.learning.profile import from_interactions, from_signals
from catalog.learning.reading import propose, read
from catalog.learning.shop import STANDING, Shop, learn_shop
from tests.kit.histories import END, Event, fashion, grocery, interactions, stocked

NOW = seconds(END)


def at(days_ago: float) -> int:
    return NOW - int(days_ago * DAY)


def bought(customer: str, days_ago: float, *products: str) -> list[Event]:
    return [(customer, product, at(days_ago), "bought") for product in products]


def spoken_for(shop: Shop, name: str, product: str) -> list[str]:
    number = np.array([shop.products.index(product)], dtype=np.int32)
    return [shop.products[other] for other in shop.lists[name].entries(number).other]


TEA = [
    event
    for n in range(6)
    for event in [*bought(f"a{n}", 40 + n, "tea", "pot"), *bought(f"a{n}", 20 + n, "tea"), *bought(f"b{n}", n, "hat")]
]


def test_rows_come_ordered_with_duplicates_counted_once() -> None:
    given = Interactions.from_arrays(["b", "a", "a"], ["x", "y", "y"], [3, 2, 2], quantities=[1, 2, 5])
    assert [given.products[n] for n in given.product] == ["y", "x"]
    assert given.quantity.tolist() == [7, 1]


def test_moments_may_come_as_dates_of_numpy() -> None:
    given = Interactions.from_arrays(["a"], ["x"], np.array(["2026-06-01"], dtype="datetime64[ns]"))
    assert given.at.tolist() == [NOW]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="stolen"):
        Interactions.from_arrays(["a"], ["x"], [1], ["stolen"])


def test_one_order_is_what_one_customer_bought_at_one_moment() -> None:
    orders = orders_of(interactions([*bought("a", 3, "tea", "pot"), *bought("a", 1, "tea"), *bought("b", 3, "tea")]))
    assert orders.size.tolist() == [2, 1, 1]


def test_orders_become_baskets_with_their_time() -> None:
    baskets = list(baskets_of(interactions(bought("a", 3, "tea", "pot"))))
    assert [(sorted(ids), moment) for ids, moment in baskets] == [(["pot", "tea"], END - timedelta(days=3))]


def test_what_is_bought_together_and_next_speaks_for_each_other() -> None:
    shop = learn_shop(interactions(TEA), NOW)
    assert spoken_for(shop, "together", "tea") == ["pot"]
    assert spoken_for(shop, "following", "pot") == ["tea"]
    assert spoken_for(shop, "together", "hat") == []


def test_looks_speak_only_where_the_shop_has_them() -> None:
    looks = [(f"c{n}", product, at(n), "viewed") for n in range(5) for product in ("hat", "scarf")]
    assert spoken_for(learn_shop(interactions(TEA), NOW), "beside", "hat") == []
    assert spoken_for(learn_shop(interactions([*TEA, *looks]), NOW), "beside", "hat") == ["scarf"]


def test_a_rate_and_a_pace_are_learned_for_each_product_and_shrunk_where_evidence_is_thin() -> None:
    weekly = [event for n in range(40) for week in range(8) for event in bought(f"a{n}", 7 * week, "milk")]
    once = [event for n in range(40) for event in bought(f"a{n}", 100, "pan")]
    repeats = learn_shop(interactions([*weekly, *once, *bought("a0", 5, "rare")]), NOW).repeats
    milk, pan, rare = 0, 1, 2
    assert repeats.gap_days[milk] == pytest.approx(7, rel=0.05)
    assert repeats.rate[milk] > 0.8
    assert repeats.rate[pan] < repeats.rate[rare] < repeats.rate[milk]
    assert repeats.gap_days[rare] == pytest.approx(7, rel=0.05)


def returning(customers: int, gaps: tuple[float, ...]) -> list[Event]:
    """Each buys three things over and over, after so many days in turn."""
    events: list[Event] = []
    for number in range(customers):
        day, turn = float(number % 7), number
        while day < 200:
            events += bought(f"c{number}", day, "milk", "bread", "eggs")
            day, turn = day + gaps[turn % len(gaps)], turn + 1
    return events


@pytest.mark.parametrize(
    ("customers", "gaps", "waits"),
    [(60, (7, 8, 6), True), (90, (1, 9, 2, 14), False), (5, (1, 9, 2, 14), True), (60, (0.2, 7, 0.2, 8), True)],
)
def test_whether_people_wait_is_told_by_how_soon_they_come_back(
    customers: int, gaps: tuple[float, ...], waits: bool
) -> None:
    assert learn_shop(interactions(returning(customers, gaps)), NOW).repeats.waits is waits


def test_where_nobody_comes_back_nobody_comes_back_at_once() -> None:
    once = [event for n in range(800) for event in bought(f"c{n}", 100, "hat", "scarf", "pan")]
    assert learn_shop(interactions(once), NOW).repeats.waits


def test_two_orders_of_one_day_are_no_repeat() -> None:
    twice = [event for n in range(9) for hour in (0, 0.2) for event in bought(f"a{n}", 9 + hour, "pan")]
    assert learn_shop(interactions(twice), NOW).repeats.rate[0] == 0


def test_a_shop_without_a_history_has_something_to_say_of_nothing() -> None:
    shop = learn_shop(interactions([]), NOW)
    assert len(shop.products) == 0
    assert len(propose(shop, read(shop, from_signals((), {}, END)), np.zeros(0, dtype=np.bool_).take)) == 0


def test_last_year_is_asked_only_when_there_was_one() -> None:
    column = STANDING.index("season")
    year = [(f"a{n}", product, at(day), "bought") for n, day in enumerate(range(1, 400, 3)) for product in ("tea",)]
    winter = [(f"w{n}", "sled", at(350 + n % 10), "bought") for n in range(20)]
    season = learn_shop(interactions([*year, *winter]), NOW).standing[:, column]
    assert season[0] > season[1]  # sled before tea: what sold in these weeks a year ago
    assert np.isnan(learn_shop(interactions(TEA), NOW).standing[:, column]).all()


@pytest.mark.parametrize("kind", ["grocery", "fashion"])
def test_a_customer_is_read_the_same_from_the_past_and_from_signals(kind: str) -> None:
    happened = interactions(list((grocery if kind == "grocery" else fashion)(12, 60, 30)))
    number_of = {name: number for number, name in enumerate(happened.products)}
    _, starts = happened.slices()
    for begin, end in pairwise(starts.tolist()):
        rows = slice(begin, end)
        taught = from_interactions(happened, rows, NOW)
        # As memory does: the basket is emptied by an order.
        last = max(
            (at for at, kind in zip(happened.at[rows], happened.kind[rows], strict=True) if kind == 0), default=0
        )
        signals = [one for one in signals_of(happened, rows) if one.kind != "carted" or seconds(one.at) > last]
        works = from_signals(signals, number_of, END)
        for name in ("bought", "bought_days", "touched", "touch_kind", "touch_days"):
            assert getattr(works, name).tolist() == getattr(taught, name).tolist(), name


def test_every_figure_has_a_name_and_strangers_and_unknown_products_have_figures_too() -> None:
    happened, view = interactions(list(grocery(30, 90, 20))), stocked(24)
    shop = learn_shop(happened, NOW)
    bound = bind(Learned.of(shop, None, Report("in_use", 0, 0, END)), view.row_of, len(view))
    rows = np.array([view.row_of["p3"], view.row_of["p23"], -1], dtype=np.int32)
    numbers = np.array([bound.number(int(rows[0])), -1, 0], dtype=np.int32)
    assert bound.number(int(rows[1])) == -1
    for reading in (read(shop, from_interactions(happened, slice(0, 30), NOW)), read(shop, from_signals((), {}, END))):
        table = features(view, shop, bound, reading, rows, numbers)
        assert table.shape == (3, len(NAMES))
        assert not np.isinf(table).any()


def test_rows_added_after_the_view_was_bound_are_products_nobody_knows() -> None:
    shop = learn_shop(interactions(TEA), NOW)
    bound = bind(Learned.of(shop, None, Report("in_use", 0, 0, END)), {"tea": 0}, 1)
    assert bound.numbers_at(np.array([0, 5], dtype=np.int32)).tolist() == [shop.products.index("tea"), -1]


def test_windows_are_of_the_past_and_shorter_where_the_past_is() -> None:
    long, short = (interactions(list(grocery(3, days, 10))) for days in (200, 50))
    judging, *teaching = windows_of(long, NOW)
    assert (judging.cut, judging.end) == (at(28), NOW)
    assert all(window.end <= judging.cut for window in teaching)
    assert windows_of(short, NOW)[0].end - windows_of(short, NOW)[0].cut < 28 * DAY
    assert windows_of(interactions(bought("a", 3, "tea")), NOW) == ()


def test_ndcg_is_one_for_the_best_list_and_less_the_later_the_hits() -> None:
    relevant = np.array([4, 7], dtype=np.int32)
    lists = ([4, 7, 1], [1, 4, 7], [1, 2, 3])
    best, later, none = (ndcg(np.array(one, dtype=np.int32), relevant) for one in lists)
    assert (best, none) == (1.0, 0.0)
    assert 0 < later < 1


def test_a_report_says_what_came_of_it() -> None:
    report = Report("in_use", 18402, 4000, datetime(2026, 6, 1, tzinfo=UTC), 900, 0.34, 0.31, "EASE", 0.29)
    assert report.sentence == (
        "learned from 18,402 orders of 4,000 customers; NDCG@10 0.340 against 0.310 of the default weights "
        "and 0.290 of EASE, on 900 customers; in use"
    )
