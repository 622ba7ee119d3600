"""What holds of responses whatever the shop: chances are chances, and what is better for a reader never does worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.simulation import response
from composer.simulation.world import World

AFFINITIES = st.lists(st.floats(0.001, 50.0), min_size=1, max_size=8)
STYLES = st.floats(0.05, 20.0)
TIRED = st.floats(0.0, 30.0)
WORLDS = st.builds(
    World.of,
    opens=st.floats(0.01, 1.0),
    clicks=st.floats(0.0, 0.5),
    orders=st.floats(0.0, 0.5),
    unsubscribes=st.floats(0.0, 0.2),
    tires=st.floats(0.0, 1.0),
)


@given(WORLDS, AFFINITIES, STYLES, TIRED)
def test_chances_are_between_nothing_and_one(world: World, affinities: list[float], style: float, tired: float) -> None:
    relevant = response.relevance(affinities, style)
    chances = (
        response.open_chance(world, tired),
        response.click_chance(world, relevant),
        response.order_chance(world, affinities[0]),
        response.leave_chance(world, relevant, tired),
    )
    assert all(0.0 <= chance <= 1.0 for chance in chances)


@given(WORLDS, AFFINITIES, STYLES, st.floats(1.0, 5.0), st.data())
def test_a_product_that_is_liked_more_never_makes_fewer_click_or_more_leave(
    world: World, affinities: list[float], style: float, more: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(affinities) - 1))
    better = [one * more if number == place else one for number, one in enumerate(affinities)]
    before, after = response.relevance(affinities, style), response.relevance(better, style)
    assert response.click_chance(world, after) >= response.click_chance(world, before)
    assert response.leave_chance(world, after, 2.0) <= response.leave_chance(world, before, 2.0)
    assert response.tiring(after) <= response.tiring(before)


@given(WORLDS, AFFINITIES, STYLES, TIRED, st.floats(0.0, 10.0))
def test_the_tired_open_no_more_and_stay_no_longer(
    world: World, affinities: list[float], style: float, tired: float, more: float
) -> None:
    relevant = response.relevance(affinities, style)
    assert response.open_chance(world, tired + more) <= response.open_chance(world, tired)
    assert response.leave_chance(world, relevant, tired + more) >= response.leave_chance(world, relevant, tired)


@given(TIRED, st.floats(0.0, 60.0), st.floats(0.0, 60.0))
def test_rest_adds_up(tired: float, first: float, then: float) -> None:
    world = World.of()
    twice = response.rested(world, response.rested(world, tired, first), then)
    assert twice == pytest.approx(response.rested(world, tired, first + then))


@given(AFFINITIES, STYLES)
def test_relevance_is_how_well_products_fit_times_how_well_it_is_written(affinities: list[float], style: float) -> None:
    relevant = response.relevance(affinities, style)
    assert relevant.whole == pytest.approx(response.relevance(affinities, 1.0).whole * style)
    slack = 1e-9 * max(affinities)
    assert min(affinities) - slack <= relevant.products <= max(affinities) + slack


def test_an_e_mail_without_products_is_never_clicked() -> None:
    assert response.click_chance(World.of(), response.relevance([], 3.0)) == 0.0


@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=6).filter(lambda weights: sum(weights) > 0.01))
def test_places_are_clicked_as_often_as_their_weights_say(weights: list[float]) -> None:
    units = (np.arange(500) + 0.5) / 500
    places = [response.draw(np.array(weights), float(unit)) for unit in units]
    shares = np.bincount(places, minlength=len(weights)) / len(units)
    assert np.allclose(shares, np.array(weights) / sum(weights), atol=0.005)


@given(st.lists(st.floats(0.1, 5.0), min_size=2, max_size=6))
def test_what_stands_first_is_clicked_before_what_is_liked_as_much_below(affinities: list[float]) -> None:
    alike = [affinities[0]] * len(affinities)
    shares = response.attention(len(alike))
    assert shares.sum() == pytest.approx(1.0)
    assert (np.diff(shares) < 0).all()
