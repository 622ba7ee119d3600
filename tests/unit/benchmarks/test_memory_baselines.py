"""What predictions are compared with is what the papers say."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.memory_baselines import BgNbd, BgNbdGammaGamma, RfmCells
from memory.predictions.features import Known
from memory.predictions.metrics import auc
from memory.predictions.paretonbd import Summary
from tests.kit.buyers import END_DAY, fading, histories

CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Weeks; table 2 of Fader, Hardie & Lee 2005."""


def test_a_customer_of_the_papers_worked_example_is_expected_to_buy_as_often() -> None:
    summary = Summary(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert CDNOW.purchases_within(summary, 39)[0] == pytest.approx(1.226, abs=0.002)


def test_who_never_came_back_has_not_left_by_this_model() -> None:
    assert CDNOW.alive(Summary(np.array([0.0]), np.array([0.0]), np.array([38.0])))[0] == 1.0


def test_both_baselines_tell_who_orders_and_what_is_spent_in_a_made_up_shop() -> None:
    shop = histories(fading(1_500, 450, seed=1))
    known = Known.of(shop, END_DAY - 60)
    happened = shop.between(known.cut, END_DAY)
    for baseline in (BgNbdGammaGamma(known), RfmCells(shop, known)):
        assert auc(baseline.buys(60), happened.counts() > 0) > 0.65
        # Customers of this shop fade, which RFM cells cannot know: they tell of the days before.
        assert 0.7 < baseline.value(60).sum() / happened.totals().sum() < 1.7
