"""What is left to chance is drawn with a probability that is known, so that other policies can be judged by it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from catalog.exploring import arrivals_chance, lottery
from catalog.merchandising import Merchandising, Placement
from catalog.model import Limits, Pick, Taste
from catalog.picks import pick
from catalog.trace import Trace
from catalog.view import CatalogView
from tests.kit.catalog import NOW, product, signal, view

TASTE = Taste(interests=(("category", "Things", 1.0),))
NAMES = "Anvil Bellows Candle Dustpan Easel Funnel Grater Hammock".split()
SHOP = view([product(name.lower(), name, product_type="Things") for name in NAMES])


def picks(seed: int, shop: CatalogView = SHOP, count: int = 3, trace: Trace | None = None, **rules: Any) -> list[Pick]:
    placement = Placement(merchandising=Merchandising.model_validate(rules))
    limits = Limits(count=count)
    return pick(shop, TASTE, limits, now=NOW, seed=seed, placement=placement, trace=trace)


def ids(found: list[Pick]) -> list[str]:
    return [one.product.id for one in found]


def test_the_chances_of_a_lottery_sum_to_one_and_favour_the_worthier() -> None:
    worth = np.array([1.0, 0.9, 0.5, 0.1])
    tickets = lottery(0, [1, 2, 3], [3], worth, exploration=0.2, arrivals=0.1)
    chance = dict(zip(tickets.entries, tickets.probabilities, strict=True))
    assert sum(chance.values()) == pytest.approx(1.0)
    assert chance[0] == pytest.approx(0.7)
    assert chance[1] > chance[2]
    assert chance[3] > 0.1


def test_without_anybody_to_draw_the_greedy_choice_is_certain() -> None:
    tickets = lottery(0, [], [], np.array([1.0]), exploration=0.3, arrivals=0.2)
    assert (tickets.entries, tickets.probabilities) == ((0,), (1.0,))


def test_what_is_drawn_comes_as_often_as_its_probability_says() -> None:
    tickets = lottery(0, [1, 2], [2], np.array([1.0, 0.8, 0.2]), exploration=0.3, arrivals=0.1)
    drawn = Counter(tickets.entries[tickets.draw(seed)] for seed in range(8_000))
    for entry, probability in zip(tickets.entries, tickets.probabilities, strict=True):
        assert drawn[entry] / 8_000 == pytest.approx(probability, abs=0.02)


def test_chance_takes_the_last_place_only_and_every_pick_knows_its_probability() -> None:
    changed = 0
    for seed in range(60):
        greedy, found = picks(seed), picks(seed, exploration=0.3)
        assert ids(found)[:-1] == ids(greedy)[:-1]
        assert [one.probability for one in found[:-1]] == [1.0, 1.0]
        explored = ids(found)[-1] != ids(greedy)[-1]
        assert (found[-1].probability == pytest.approx(0.7)) is not explored
        assert 0 < found[-1].probability < 1
        changed += explored
    assert 8 <= changed <= 28


def test_the_same_seed_draws_the_same() -> None:
    assert [picks(seed, exploration=0.3) for seed in range(9)] == [picks(seed, exploration=0.3) for seed in range(9)]


@pytest.mark.parametrize("count", [1, 2])
def test_neither_the_first_nor_a_pinned_place_is_left_to_chance(count: int) -> None:
    pins = [{"product": "anvil", "place": 2}]
    for seed in range(30):
        found = picks(seed, count=count, exploration=0.3, pins=pins)
        assert [one.probability for one in found] == [1.0] * count
        assert ids(found)[1:] == ["anvil"][: count - 1]


def test_what_the_email_is_about_is_never_left_to_chance() -> None:
    carted = Taste(signals=tuple(signal(name.lower(), "carted", 1) for name in NAMES[:3]), interests=TASTE.interests)
    placement = Placement(merchandising=Merchandising(exploration=0.3), lead=("cart",))
    for seed in range(30):
        found = pick(SHOP, carted, Limits(count=3, kinds=("cart",)), now=NOW, seed=seed, placement=placement)
        assert [(one.kind, one.probability) for one in found] == [("cart", 1.0)] * 3


def test_the_trace_tells_the_draw() -> None:
    trace = Trace()
    found = picks(5, trace=trace, exploration=0.3)
    (draw,) = trace.draws
    assert draw.place == 3
    assert sum(draw.probabilities) == pytest.approx(1.0)
    at = draw.rows.index(SHOP.row_of[found[-1].product.id])
    assert draw.probabilities[at] == found[-1].probability
    assert draw.explored is (at > 0)


def test_new_arrivals_get_their_share_of_places_and_no_more() -> None:
    young = [product("kite", "Kite", product_type="Things", added_at=NOW - timedelta(days=3), price="9.00")]
    old = [product(name.lower(), name, product_type="Things") for name in NAMES]
    shop = view([*old, *young])
    shows = [
        "kite" in ids(pick(
            shop, TASTE, Limits(count=3, diversity=0.0), now=NOW, seed=seed,
            placement=Placement(merchandising=Merchandising.model_validate(
                {"new_arrivals": {"share": 0.1, "days": 30}, "buries": [{"select": {"ids": ["kite"]}, "factor": 0.2}]}
            )),
        ))
        for seed in range(400)
    ]  # fmt: skip
    assert sum(shows) / len(shows) == pytest.approx(0.3, abs=0.07)


def test_an_email_that_shows_a_new_arrival_anyway_spends_no_budget() -> None:
    names = [product(name.lower(), name, product_type="Things", added_at=NOW - timedelta(days=3)) for name in NAMES]
    found = [picks(seed, shop=view(names), new_arrivals={"share": 0.1, "days": 30}) for seed in range(20)]
    assert {one.probability for each in found for one in each} == {1.0}


def test_the_budget_is_a_share_of_all_places_and_one_place_an_email_at_most() -> None:
    rules = Merchandising.model_validate({"new_arrivals": {"share": 0.1}, "exploration": 0.2})
    assert arrivals_chance(rules, 4, rules.exploration) == pytest.approx(0.4)
    assert arrivals_chance(rules, 12, rules.exploration) == 0.8
    assert arrivals_chance(Merchandising(), 4, 0.0) == 0.0


def test_inverse_propensity_scoring_of_the_log_finds_another_policys_click_rate() -> None:
    """Horvitz & Thompson (1952): the mean over many logs is the truth, whatever this policy preferred."""
    clicks = {name.lower(): 0.05 + 0.1 * at for at, name in enumerate(NAMES)}
    dice = random.Random(7)
    truth, estimates = [], []
    for seed in range(2_500):
        trace = Trace()
        last = picks(seed, count=2, trace=trace, exploration=0.3)[-1]
        wanted = SHOP.ids[trace.draws[0].rows[1]]
        clicked = dice.random() < clicks[last.product.id]
        truth.append(clicks[wanted])
        estimates.append(clicked / last.probability if last.product.id == wanted else 0.0)
    error = 3 * float(np.std(estimates)) / len(estimates) ** 0.5
    assert float(np.mean(estimates)) == pytest.approx(float(np.mean(truth)), abs=error)
    assert error < 0.2
