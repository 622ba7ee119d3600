"""Results in sentences: no figure without its interval, and silence where there is nothing to say."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from composer.results.model import Comparison, Figures, Interval
from composer.results.reading import Results
from composer.results.wording import told

SEEN = Interval(value=1.6, low=0.9, high=2.3)


def results(**comparison: Any) -> Results:
    """Of a campaign that compares so."""
    return Results(
        campaign="autumn", name="Autumn", flow="newsletter", currency="GBP", window_days=7,
        mailed=Figures(customers=900), holdout=Figures(customers=100), comparison=Comparison(**comparison),
    )  # fmt: skip


def test_a_difference_is_told_from_its_least_to_its_most_and_that_one_may_look_every_day() -> None:
    said = told(results(verdict="more", revenue=SEEN, lift=Interval(value=0.6, low=0.3, high=1.1)))
    assert "spent 0.90 to 2.30 GBP more than those held out" in said
    assert "on whichever day you look" in said
    assert "+30 % to +110 %" in said


def test_what_sells_less_is_told_as_less_and_never_as_minus() -> None:
    said = told(results(verdict="less", revenue=Interval(value=-1.6, low=-2.3, high=-0.9)))
    assert "0.90 to 2.30 GBP less" in said


@pytest.mark.parametrize("verdict", ["cannot_tell_yet", "too_few_orders", "no_holdout", "nothing_yet"])
def test_where_nothing_can_be_told_no_money_is_named(verdict: str) -> None:
    said = told(results(verdict=verdict, revenue=SEEN, detectable=0.18))
    assert "GBP" not in said
    assert not re.search(r"\d\.\d", said)


def test_it_cannot_tell_yet_but_tells_what_it_would_see_and_what_it_took_out() -> None:
    said = told(results(verdict="cannot_tell_yet", revenue=SEEN, detectable=0.18, explained=0.234, customers=1_000))
    assert "With these 1,000 customers you would see a lift of 18 % or more" in said
    assert said.endswith("What customers had spent before explains 23 % of how much they differ: it is taken out.")
    assert "before" not in told(results(verdict="cannot_tell_yet", revenue=SEEN, explained=0.01))


def test_it_is_told_of_which_time_it_is_where_the_share_held_out_was_changed() -> None:
    changed = datetime(2026, 5, 3, 9, tzinfo=UTC)
    said = told(results(verdict="cannot_tell_yet", revenue=SEEN, detectable=0.18, since=changed))
    assert "of e-mails from 03 May 2026 on: at other times another share of customers was held out" in said
    assert "before 03 May 2026" in told(results(verdict="more", revenue=SEEN, until=changed))
    assert "held out, and what" not in told(results(verdict="more", revenue=SEEN))


def test_where_older_days_are_not_kept_it_does_not_say_that_one_may_look_every_day() -> None:
    cut = results(verdict="more", revenue=SEEN).model_copy(update={"compared_since": date(2026, 5, 3)})
    said = told(cut)
    assert "95 % sure for one look, as older days are not kept" in said
    assert "whichever" not in said
    assert "customers reached from 03 May 2026 on" in said
