"""Figures of probabilities, by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from memory.predictions import metrics
from memory.predictions.cells import outcome_by_cell
from memory.predictions.features import Known
from tests.kit.buyers import END_DAY, Buyer, histories

P = np.array([0.1, 0.4, 0.4, 0.8])
DID = np.array([False, True, False, True])


def test_the_figures_are_those_of_their_definitions() -> None:
    assert metrics.log_losses(P, DID).tolist() == pytest.approx([-log(0.9), -log(0.4), -log(0.6), -log(0.8)])
    assert metrics.brier(P, DID) == pytest.approx((0.01 + 0.36 + 0.16 + 0.04) / 4)
    # Of the four pairs of one who did and one who did not, three are in order and one is a draw.
    assert metrics.auc(P, DID) == pytest.approx(3.5 / 4)
    assert metrics.auc(P, np.ones(4, dtype=np.bool_)) == 0.5


def test_being_certain_and_wrong_costs_much_but_not_infinitely_much() -> None:
    assert 10 < metrics.log_losses(np.array([0.0]), np.array([True]))[0] < 20


def test_tenths_say_how_far_answers_are_from_what_happened() -> None:
    answers = np.repeat([0.2, 0.7], 50)
    did = np.array([number % 5 == 0 for number in range(50)] + [number % 2 == 0 for number in range(50)])
    bins = metrics.reliability(answers, did)
    assert [one.customers for one in bins] == [10] * 10
    assert metrics.calibration_error(bins) == pytest.approx((0.0 + 0.2) / 2)


def test_what_became_of_a_cell_is_what_is_said_of_it_now() -> None:
    often = [Buyer([(float(day), 50.0) for day in (190, 170, 150, 130, 110, 70, 50, 30, 10)]) for _ in range(100)]
    once = [Buyer([(190.0, 5.0)]) for _ in range(100)]
    shop = histories(often + once)
    before, now = Known.of(shop, END_DAY - 90), Known.of(shop, END_DAY)
    bought = (shop.between(before.cut, now.cut).counts()[before.rows] > 0).astype(np.float64)
    said = outcome_by_cell(before, bought, now)
    assert said[0] == pytest.approx((100 + 20 * 0.5) / 120)
    assert said[-1] == pytest.approx((0 + 20 * 0.5) / 120)
