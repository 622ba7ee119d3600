"""All that customers spent, compared although the share held out changed: nothing is found where nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from composer.facts.line_totals import Came, sample
from composer.results.clusters import NOBODY, Sample
from composer.results.model import Comparison
from composer.results.statistics import compare_strata
from composer.results.strata import Sides, means, weighed
from tests.kit.line_worlds import World

SHOPS = 60
SAID = ("more", "less")
DAY = date(2026, 3, 1)


def told(world: World, seed: int) -> list[Comparison]:
    return [compare_strata(strata) for strata in world.looks(seed)]


def thrown_together(strata: Sequence[Sides]) -> Comparison:
    """As if one share had been held out all the time."""
    mailed, held = (
        Sample(
            sum((one[side].revenue for one in strata[1:]), strata[0][side].revenue),
            sum((one[side].bought for one in strata[1:]), strata[0][side].bought),
        )
        for side in (0, 1)
    )
    return compare_strata([Sides(mailed, held)])


def test_where_e_mails_change_nothing_nothing_is_claimed_however_often_the_share_is_changed() -> None:
    looks = [told(World(), seed) for seed in range(SHOPS)]
    wrong = [one for one in looks if any(look.verdict in SAID for look in one)]
    assert len(wrong) <= SHOPS // 20
    assert sum(one[-1].verdict == "cannot_tell_yet" for one in looks) > SHOPS * 0.9


def test_thrown_together_the_season_would_be_taken_for_what_e_mails_do() -> None:
    """So that the test above has something to find."""
    last = [[*World().looks(seed)][-1] for seed in range(20)]
    assert sum(thrown_together(one).verdict in SAID for one in last) > 10


def test_what_e_mails_change_is_found_though_the_share_was_changed_thrice() -> None:
    lifts = []
    for seed in range(20):
        last = told(World(effect=0.25), seed)[-1]
        assert last.verdict == "more"
        assert last.lift is not None
        assert last.lift.low < 0.25 < last.lift.high
        lifts.append(last.lift.value)
    assert sum(lifts) / len(lifts) == pytest.approx(0.25, abs=0.03)
    assert told(World(effect=-0.4), 1)[-1].verdict == "less"


def test_means_are_those_of_a_customer_who_was_there_all_the_time() -> None:
    until = DAY + timedelta(days=30)
    whole = Came(DAY, n=10, x=300.0, xx=9_000.0, buyers=10, positive=10, orders=10)
    half = Came(DAY + timedelta(days=15), n=10, x=150.0, xx=2_250.0, buyers=10, positive=10, orders=10)
    found = sample([whole, half], until, 30)
    [part] = weighed([Sides(found, found)])
    assert means([part]) == pytest.approx((30.0, 30.0))
    # Each spent by how long they were there, and in nothing else do they differ.
    assert found.revenue.mean("episode").variance == pytest.approx(0.0, abs=1e-9)
    assert found.bought.mean("episode").value == 1.0


def test_who_comes_after_the_last_day_does_not_count() -> None:
    late = sample([Came(DAY, n=5, z=10.0)], DAY, 30)
    assert late.revenue.m == 0.0
    assert sample([], DAY, 30) == NOBODY
