"""Picks of a shop that learned: better than by the defaults where they proved so, within the same limits and words."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice, pairwise

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from catalog.learning.interactions import seconds
from catalog.learning.judging import signals_of
from catalog.learning.learn import learn, refresh
from catalog.learning.model import Learned
from catalog.model import Limits, Pick, Signal, Taste
from catalog.picks import pick
from catalog.view import CatalogView, attach
from tests.kit.catalog import learned as popularity
from tests.kit.catalog import view
from tests.kit.histories import END, fashion, grocery, interactions, shelf, stocked

PRODUCTS = 40
HAPPENED = interactions(list(grocery(120, 100, PRODUCTS)))
SHOP = stocked(PRODUCTS)


@pytest.fixture(scope="module")
def learned() -> Learned:
    return learn(HAPPENED, END, view=SHOP)


@pytest.fixture(scope="module")
def shop(learned: Learned) -> CatalogView:
    return attach(SHOP, learned)


def customer(number: int) -> tuple[Signal, ...]:
    _, starts = HAPPENED.slices()
    return signals_of(HAPPENED, slice(int(starts[number]), int(starts[number + 1])))


def picks(view: CatalogView, *signals: Signal, **limits: object) -> list[Pick]:
    return pick(view, Taste(signals=signals), Limits.model_validate(limits), now=END, seed=3)


def carted(product_id: str) -> Signal:
    return Signal(product_id=product_id, kind="carted", at=END - timedelta(hours=1))


def test_it_ranks_where_it_proved_better_than_everything_simple(learned: Learned) -> None:
    report = learned.report
    assert report.standing == "in_use"
    assert report.score > max(report.by_hand, report.best_simple_score)
    assert report.judged_on > 100


def test_it_learns_on_one_core_and_leaves_the_others_to_whom_it_serves() -> None:
    def cores() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    seen: list[set[int]] = []
    thin = interactions(list(grocery(4, 40, PRODUCTS)))
    with threadpool_limits(limits=2, user_api="blas"):
        learn(thin, END, view=SHOP, progress=lambda done, total: seen.append(cores()))
        assert cores() == {2}
    assert seen
    assert all(one == {1} for one in seen)


def test_too_short_a_past_leaves_the_default_weights_in_place() -> None:
    thin = interactions(list(grocery(4, 40, PRODUCTS)))
    taught = learn(thin, END, view=SHOP)
    assert (taught.report.standing, taught.ranker) == ("too_little_history", None)
    for number in range(5):
        assert picks(attach(SHOP, taught), *customer(number)) == picks(SHOP, *customer(number))


def test_staples_are_offered_again_though_the_feed_says_nothing_of_how_long_they_last(shop: CatalogView) -> None:
    kinds = {one.kind for number in range(20) for one in picks(shop, *customer(number))}
    assert "buy_again" in kinds
    assert "running_low" not in kinds


def test_what_was_bought_today_is_not_offered_today(shop: CatalogView) -> None:
    for number in range(20):
        first = picks(shop, *customer(number))[0].product.id
        today = Signal(product_id=first, kind="bought", at=END - timedelta(hours=3))
        others = (one for one in customer(number) if one.product_id != first)
        assert first not in {one.product.id for one in picks(shop, *others, today, count=12)}


def test_where_nothing_is_bought_twice_a_thing_bought_is_not_offered() -> None:
    happened = interactions(list(fashion(400, 90, 90)))
    shop = attach(stocked(90), learn(happened, END, view=stocked(90)))
    assert shop.learned is not None
    assert shop.learned.ranker is not None
    _, starts = happened.slices()
    for begin, end in islice(pairwise(starts.tolist()), 40):
        signals = signals_of(happened, slice(begin, end))
        offered = {one.product.id for one in picks(shop, *signals, count=12)}
        assert not offered & {one.product_id for one in signals if one.kind == "bought"}


def test_new_to_the_customer_means_nothing_they_ever_bought(shop: CatalogView) -> None:
    for number in range(20):
        found = {one.product.id for one in picks(shop, *customer(number), new_to_customer=True, count=12)}
        assert found
        assert not found & {one.product_id for one in customer(number)}


def test_limits_come_first_and_a_narrow_one_still_finds_the_likeliest(shop: CatalogView) -> None:
    for number in range(10):
        found = picks(shop, *customer(number), categories=("Shelf 2",), max_price="20", exclude_ids=("p2", "p8"))
        assert found
        for one in found:
            assert one.product.category() == "Shelf 2"
            assert one.product.price is not None
            assert one.product.price <= 20
            assert one.product.id not in ("p2", "p8")


def test_kinds_that_a_flow_wants_keep_their_place_before_likelier_others(shop: CatalogView) -> None:
    signals = customer(1)
    other = next(f"p{n}" for n in range(PRODUCTS) if f"p{n}" not in {one.product_id for one in signals})
    found = picks(shop, *signals, carted(other), kinds=("cart",))
    assert (found[0].product.id, found[0].kind) == (other, "cart")


def test_what_lies_in_the_basket_counts_also_where_the_shop_never_recorded_baskets(shop: CatalogView) -> None:
    other = picks(shop, *customer(2), count=12)[-1].product.id
    found = [one.product.id for one in picks(shop, *customer(2), carted(other), count=12)]
    assert found.index(other) < 11


def test_what_was_returned_steps_back(shop: CatalogView) -> None:
    first = picks(shop, *customer(4))[0].product.id
    returned = Signal(product_id=first, kind="returned", at=END - timedelta(days=2))
    assert first not in {one.product.id for one in picks(shop, *customer(4), returned)}


def test_a_stranger_is_shown_what_sells_and_told_no_more_than_that(shop: CatalogView) -> None:
    assert shop.learned is not None
    popular = {f"p{number}": popularity(1.0 / (number + 1)) for number in range(PRODUCTS)}
    found = picks(attach(view(shelf(PRODUCTS), popular), shop.learned.learned))
    assert len(found) == 4
    assert {one.kind for one in found} == {"popular"}


def test_a_product_nobody_bought_yet_is_picked_when_it_is_what_was_looked_at(shop: CatalogView) -> None:
    arrived = attach(stocked(PRODUCTS + 3), shop.learned.learned if shop.learned else None)
    looked = Signal(product_id=f"p{PRODUCTS + 1}", kind="viewed", at=END - timedelta(days=1))
    limits = {"only_ids": (f"p{PRODUCTS + 1}",)}
    assert [one.product.id for one in picks(arrived, looked, **limits)] == [f"p{PRODUCTS + 1}"]


def test_who_bought_what_the_catalog_has_no_more_is_no_stranger(learned: Learned) -> None:
    gone = {f"p{number}" for number in range(0, PRODUCTS, 2)}
    left = attach(view([one for one in shelf(PRODUCTS) if one.id not in gone]), learned)
    bought = tuple(one for one in customer(3) if one.product_id in gone)
    known, stranger = ([one.product.id for one in picks(left, *signals, count=8)] for signals in (bought, ()))
    assert len(known) == 8
    assert known != stranger


def test_each_pick_rests_on_what_this_person_did(shop: CatalogView) -> None:
    for number in range(10):
        known = {one.product_id for one in customer(number)}
        for one in picks(shop, *customer(number), count=8):
            assert one.evidence
            assert 0 < one.score <= 1
            if one.kind in ("goes_with", "interest", "like_bought"):
                assert one.evidence[0].ref in known


def test_learning_twice_gives_the_same_picks(learned: Learned, shop: CatalogView) -> None:
    again = learn(HAPPENED, END, view=SHOP)
    assert again.report == learned.report
    for number in range(10):
        assert picks(attach(SHOP, again), *customer(number)) == picks(shop, *customer(number))


def test_refreshing_takes_up_what_happened_since_and_keeps_the_ranker(learned: Learned) -> None:
    fresh = refresh(HAPPENED, END + timedelta(hours=1), learned)
    assert fresh.shop.as_of == seconds(END) + 3600
    assert fresh.ranker is learned.ranker
    assert np.all(fresh.shop.heat <= learned.shop.heat)
