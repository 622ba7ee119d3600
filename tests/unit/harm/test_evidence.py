"""Looking every hour does not cry wolf, and what rises is found. Rates, sizes and seeds are fixed."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from composer.harm.evidence import RISE, above_before, above_limit, above_others
from composer.harm.model import Seen

ALPHA = 0.05
LOUD = -log(ALPHA)
HOURS = 24 * 365
SHOPS = 40


def year(rate: float, an_hour: int, seed: int, most: int = HOURS) -> list[Seen]:
    """What was seen at each hour of a year."""
    happened = np.random.default_rng(seed).binomial(an_hour, rate, most).cumsum().tolist()
    return [Seen(an_hour * hour, count) for hour, count in enumerate(happened, 1)]


def test_at_the_limit_itself_few_shops_are_called_in_a_year_of_hourly_looks() -> None:
    called = sum(any(above_limit(seen, 0.01, 0.02) >= LOUD for seen in year(0.01, 12, seed)) for seed in range(SHOPS))
    assert called <= ALPHA * SHOPS


def test_a_rate_that_rose_by_no_more_than_seasons_do_is_not_called_a_rise() -> None:
    called = 0
    for seed in range(SHOPS):
        before = Seen(20_000, int(np.random.default_rng([seed, 1]).binomial(20_000, 0.004)))
        called += any(above_before(seen, before, 0.003) >= LOUD for seen in year(0.004 * RISE, 12, seed))
    assert called <= ALPHA * SHOPS


def test_two_sides_that_are_alike_are_not_told_apart_though_their_shares_and_the_season_change() -> None:
    called = 0
    for seed in range(SHOPS):
        chance = np.random.default_rng(seed)
        days: list[tuple[Seen, Seen]] = []
        for day in range(84):
            rate, share = 0.003 * (1 + day / 42), 100 + 8 * day
            days.append((Seen(share, int(chance.binomial(share, rate))), Seen(400, int(chance.binomial(400, rate)))))
            if above_others(days) >= LOUD:
                called += 1
                break
    assert called <= ALPHA * SHOPS


@pytest.mark.parametrize(
    ("rate", "limit", "emails"),
    [pytest.param(0.003, 0.001, 9_000, id="complaints"), pytest.param(0.03, 0.01, 1_100, id="unsubscribes")],
)
def test_three_times_the_limit_is_found_in_most_shops_by_so_many_e_mails(
    rate: float, limit: float, emails: int
) -> None:
    """`emails` is what `docs/learning.md` says. Of a shop with a few campaigns: 1 / alpha as `judging` shares it."""
    needed = log(3 * 2 * 3 * 2 * 5 / ALPHA)
    found = sum(above_limit(year(rate, emails, seed, 1)[0], limit, 2 * limit) >= needed for seed in range(SHOPS))
    assert found >= SHOPS / 2


def test_a_tripled_rate_against_the_weeks_before_is_found_in_most_shops_by_so_many_e_mails() -> None:
    needed, before = log(3 * 2 * 3 * 2 * 5 / ALPHA), Seen(60_000, 180)
    found = sum(above_before(year(0.009, 7_500, seed, 1)[0], before, 0.003) >= needed for seed in range(SHOPS))
    assert found >= SHOPS / 2


def test_nothing_speaks_for_a_rate_that_is_no_higher() -> None:
    assert above_limit(Seen(1_000, 0), 0.001, 0.002) == 0
    assert above_limit(Seen(), 0.001, 0.002) == 0
    assert above_before(Seen(1_000, 3), Seen(1_000, 3), 0.003) == 0
    assert above_before(Seen(1_000, 30), Seen(), 0.003) == 0
    assert above_others([(Seen(1_000, 30), Seen())]) == 0
    assert above_others([(Seen(1_000, 3), Seen(1_000, 30))]) == 0


def test_a_single_complaint_about_a_single_e_mail_is_no_alarm() -> None:
    assert above_limit(Seen(1, 1), 0.001, 0.002) < LOUD
