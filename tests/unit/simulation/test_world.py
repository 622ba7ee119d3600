"""The parameters of a made-up shop, its customers, its chance, and how clumsily it tells of itself."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from composer.simulation.clumsy import Wire
from composer.simulation.dice import Dice, Die
from composer.simulation.happening import Happened, Journal
from composer.simulation.life import Lives
from composer.simulation.marketers import ONE_WAY, letter_to
from composer.simulation.people import People
from composer.simulation.running import ARMS, arms_of
from composer.simulation.shelf import Shelf
from composer.simulation.world import START, WEEK, World
from store.errors import InvalidInput

SMALL = World.of(customers=20, weeks=3, products=48)


def people(world: World, seed: int = 1) -> People:
    return People(world, Shelf(world, seed), seed)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("customers", 5), ("weeks", 0), ("opens", 1.5), ("taste", -1.0), ("rests_days", 0.0), ("clicks", "many")],
)
def test_a_parameter_that_makes_no_shop_is_refused_by_its_name_with_what_to_do(parameter: str, value: object) -> None:
    with pytest.raises(InvalidInput) as error:
        World.of(**{parameter: value})
    assert error.value.pointer == f"--{parameter.replace('_', '-')}"
    assert parameter in error.value.message
    assert error.value.fix


def test_an_unknown_parameter_and_an_unknown_arm_are_refused() -> None:
    with pytest.raises(InvalidInput, match="tastes"):
        World.of(tastes=1.0)
    with pytest.raises(InvalidInput) as error:
        arms_of(["learnign"])
    assert "learning" in str(error.value.fix)


def test_arms_come_once_each_in_the_usual_order() -> None:
    assert arms_of(["oracle", "even", "oracle"]) == ("even", "oracle")
    assert arms_of([]) == ARMS


def test_a_seed_is_one_shop_and_another_seed_another() -> None:
    one, again, other = (people(SMALL, seed).affinity(3, 2) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)
    assert [product.price for product in Shelf(SMALL, 1).products] == [one.price for one in Shelf(SMALL, 1).products]


def test_a_product_at_random_is_liked_once_on_average() -> None:
    everybody = people(SMALL)
    assert all(everybody.affinity(customer, 5).mean() == pytest.approx(1.0) for customer in range(20))


def test_without_tastes_every_product_and_every_way_to_write_is_as_good() -> None:
    alike = World.of(customers=20, taste=0, detail=0, season=0, price_sensitivity=0, shop_style=0, own_style=0)
    everybody = people(alike)
    assert np.allclose(everybody.affinity(7, 3), 1.0)
    assert everybody.style(7, 3, ONE_WAY) == pytest.approx(1.0)


def test_tastes_drift_away_from_what_they_were_and_stand_still_where_they_are_told_to() -> None:
    drifting, still = people(World.of(drift_weeks=10)), people(World.of(drift_weeks=0, season=0))

    def kept(everybody: People, week: int) -> float:
        pairs = [(everybody.affinity(one, 0), everybody.affinity(one, week)) for one in range(100)]
        return float(np.mean([np.corrcoef(np.log(before), np.log(after))[0, 1] for before, after in pairs]))

    assert kept(drifting, 2) > kept(drifting, 5) > kept(drifting, 10)
    assert kept(still, 50) == pytest.approx(1.0)


def test_every_marketer_meets_the_same_chance() -> None:
    one, other = Dice(SMALL, 1), Dice(SMALL, 1)
    for die in Die:
        assert one.roll(4, -SMALL.history_weeks, die) == other.roll(4, -SMALL.history_weeks, die)
    assert one.roll(4, 0, Die.OPEN) != Dice(SMALL, 2).roll(4, 0, Die.OPEN)


def test_what_customers_do_by_themselves_does_not_depend_on_the_marketer() -> None:
    world = World.of(customers=40, weeks=3, own_orders=0.5, orders=0.0)
    shelf = Shelf(world, 1)

    def own_orders(products: tuple[int, ...]) -> list[float]:
        everybody = People(world, shelf, 1)
        lives = Lives(world, shelf, everybody, Dice(world, 1))
        weeks = [
            lives.live(week, [letter_to(one, week, products, ONE_WAY) for one in lives.reachable()])
            for week in range(world.weeks)
        ]
        return [order.revenue for week in weeks for order in week.bought]

    assert own_orders((0, 1, 2)) == own_orders((9, 8, 7))


def test_an_order_from_an_e_mail_may_take_the_place_of_ones_own() -> None:
    def own_orders(brought_forward: float) -> int:
        world = World.of(
            customers=60, weeks=4, own_orders=0.9, opens=1, clicks=0.5, orders=0.5, brought_forward=brought_forward
        )
        shelf = Shelf(world, 1)
        lives = Lives(world, shelf, People(world, shelf, 1), Dice(world, 1))
        weeks = [
            lives.live(week, [letter_to(one, week, (0, 1, 2), ONE_WAY) for one in lives.reachable()])
            for week in range(world.weeks)
        ]
        assert sum(letter.ordered for week in weeks for letter in week.letters) > 5
        return sum(len(week.bought) for week in weeks)

    assert own_orders(0.0) > own_orders(0.5) > own_orders(1.0)


def test_who_leaves_is_not_reachable_any_more() -> None:
    world = World.of(customers=30, weeks=2, unsubscribes=0.2, tires=1.0)
    shelf = Shelf(world, 1)
    lives = Lives(world, shelf, People(world, shelf, 1), Dice(world, 1))
    week = lives.live(0, [letter_to(one, 0, (0, 1), ONE_WAY) for one in lives.reachable()])
    assert sum(letter.left for letter in week.letters) == 30 - len(lives.reachable()) > 0


def events(count: int) -> list[Happened]:
    journal = Journal(Shelf(SMALL, 1), 0, 0)
    for number in range(count):
        journal.viewed(START + timedelta(minutes=number), number % 5)
    return journal.happened


def test_events_get_lost_come_late_and_come_twice_but_those_that_are_sure_always_come() -> None:
    world = World.of(missing=0.2, late=0.2, duplicated=0.2)
    wire, ends = Wire(world, 1), START + WEEK
    happened = events(500)
    sure = [
        Happened(one.at, {**one.message, "messageId": f"sure {number}"}, True) for number, one in enumerate(happened)
    ]
    first = [message["messageId"] for message in wire.told([*happened, *sure], ends)]
    later = [message["messageId"] for message in wire.told([], ends + WEEK)]
    assert {one.message["messageId"] for one in sure} <= set(first)
    assert len(first) > len(set(first))
    assert set(later) - set(first)
    assert {one.message["messageId"] for one in happened} - set(first) - set(later)
    assert not wire.told([], ends + 2 * WEEK)


def test_nobody_hears_of_what_has_not_happened_yet() -> None:
    wire = Wire(World.of(missing=0, late=0, duplicated=0), 1)
    [one] = events(1)
    tomorrow = Happened(START + WEEK + timedelta(days=1), one.message)
    assert not wire.told([tomorrow], START + WEEK)
    assert wire.told([], START + 2 * WEEK) == [one.message]
