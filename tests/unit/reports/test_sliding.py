"""Looked at every day for a year, days that move on with the calendar would find what is not there: no claim goes by
them, only by all days since the beginning."""

from __future__ import annotations

from composer.results.statistics import compare_strata
from composer.results.strata import Sides
from tests.kit.line_worlds import Year

SHOPS = 8
WORLD = Year(customers=1_000, share=0.5, window=28)


def claims(sides: Sides) -> bool:
    return compare_strata([sides]).verdict in ("more", "less")


def test_looked_at_daily_for_a_year_all_days_together_claim_nothing_where_the_last_four_weeks_would() -> None:
    ever, alone = 0, 0
    for seed in range(SHOPS):
        looks = [(claims(since_the_beginning), claims(last)) for since_the_beginning, last in WORLD.looks(seed)]
        ever += any(one for one, _ in looks)
        alone += any(one for _, one in looks)
    assert ever == 0
    assert alone >= 1
