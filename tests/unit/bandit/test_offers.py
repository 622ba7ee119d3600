"""Offers are judged by what is left to the shop: the greater discount wins where it pays, and only there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pytest

from composer.bandit.learned import Lesson
from composer.bandit.policy import EXPLORE, Thompson
from composer.bandit.posterior import learn_posterior
from composer.bandit.reading import what_was_learned
from composer.bandit.reward import QUANTUM, Brought, Kind
from composer.bandit.statistics import Told
from tests.kit.decisions import situation, summed, told
from tests.kit.events import NOW

EMAILS = 10_000


class Sold(NamedTuple):
    """Of one arm."""

    orders: int
    discount: float
    clicks: int = 300


def of_offers(arms: Mapping[str, Sold], margin: float = 0.4) -> Iterable[Told]:
    """`EMAILS` of each arm, drawn evenly; everybody buys for the price of one usual order, before the discount."""
    for arm, sold in arms.items():
        paid = round((1 - sold.discount) * QUANTUM)
        brought = Brought(paid, paid - round((1 - margin) * QUANTUM))
        for number in range(EMAILS):
            rest = Kind.CLICKED if number < sold.orders + sold.clicks else Kind.NOTHING
            kind = Kind.ORDERED if number < sold.orders else rest
            yield told(kind, arm, dimension="offer", arms=tuple(arms), brought=brought)


def shares(arms: Mapping[str, Sold], margin: float = 0.4) -> dict[str, float]:
    policy = Thompson(learn_posterior(summed(of_offers(arms, margin)), NOW, {}))
    return dict(zip(arms, policy.shares(situation(), "offer", tuple(arms)), strict=True))


def test_a_discount_that_sells_a_twentieth_more_is_not_worth_it() -> None:
    found = shares({"twenty": Sold(210, 0.2, clicks=600), "none": Sold(200, 0.0)})
    assert found["none"] > 1 - 0.6 * EXPLORE


def test_of_two_discounts_that_sell_alike_the_smaller_one_is_learned() -> None:
    found = shares({"twenty": Sold(210, 0.2), "ten": Sold(200, 0.1)})
    assert found["ten"] > 0.9


def test_the_larger_one_is_learned_where_it_sells_twice_as_much() -> None:
    assert shares({"twenty": Sold(400, 0.2), "ten": Sold(200, 0.1)})["twenty"] > 0.9
    assert shares({"twenty": Sold(400, 0.2), "none": Sold(200, 0.0)}, margin=0.7)["twenty"] > 0.9


def test_a_discount_below_cost_is_dropped_however_much_it_sells() -> None:
    assert shares({"half": Sold(800, 0.5), "none": Sold(200, 0.0)})["none"] > 0.9


def test_clicks_alone_say_nothing_for_an_offer() -> None:
    found = shares({"twenty": Sold(0, 0.2, clicks=900), "none": Sold(0, 0.0, clicks=100)})
    assert found["twenty"] == pytest.approx(found["none"])


def test_a_marketer_reads_that_the_cost_of_goods_is_taken_off() -> None:
    statistics = summed(of_offers({"twenty": Sold(2_100, 0.2), "none": Sold(2_000, 0.0)}))
    [offer] = what_was_learned(Lesson(learn_posterior(statistics, NOW, {}), "v", statistics.emails, NOW)).dimensions
    assert offer.sentence.startswith("Best offer: “none”, worth ")
    assert "once goods and discounts are paid" in offer.sentence
