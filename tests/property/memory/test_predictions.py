"""What nothing may change: features of a past moment, whatever came after it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory.predictions.features import NAMES, Known, table
from memory.predictions.histories import Histories, histories_of
from tests.kit.buyers import END_DAY, Buyer

CUT_DAYS_AGO = 100.0
_before = st.floats(CUT_DAYS_AGO + 0.001, 500, allow_nan=False)
_after = st.floats(0, CUT_DAYS_AGO - 0.001, allow_nan=False)
_amount = st.floats(0, 1_000, allow_nan=False).map(lambda amount: round(amount, 2))
_past = st.lists(st.tuples(_before, _amount), max_size=8)
_shops = st.lists(_past, min_size=1, max_size=6)


@st.composite
def _same_past(draw: st.DrawFn) -> tuple[list[Buyer], list[Buyer]]:
    """Two shops of one past: one of them goes on."""
    quiet, lively = [], []
    for past in draw(_shops):
        numbers = st.integers(0, len(past))
        back = {number: (days, None) for number, days in draw(st.dictionaries(numbers, _before, max_size=2)).items()}
        called_off = draw(st.dictionaries(numbers, _before, max_size=1))
        quiet.append(Buyer(past, back, called_off))
        later = draw(st.lists(st.tuples(_after, _amount), max_size=4))
        others = draw(st.dictionaries(numbers, _after, max_size=2))
        back_later = {number: (days, None) for number, days in others.items() if number not in back}
        off_later = {n: d for n, d in draw(st.dictionaries(numbers, _after, max_size=2)).items() if n not in called_off}
        lively.append(Buyer(past + later, back | back_later, called_off | off_later))
    return quiet, lively


def _histories(shop: list[Buyer]) -> Histories:
    return histories_of((buyer.state() for buyer in shop), {"EUR": 10_000.0})


@given(_same_past())
def test_no_event_after_the_cut_changes_a_feature(shops: tuple[list[Buyer], list[Buyer]]) -> None:
    quiet, lively = (Known.of(_histories(shop), END_DAY - CUT_DAYS_AGO) for shop in shops)
    np.testing.assert_array_equal(quiet.rows, lively.rows)
    np.testing.assert_array_equal(table(quiet), table(lively))
    assert table(quiet).shape == (len(quiet.rows), len(NAMES))


@given(_shops)
def test_customers_do_not_change_each_others_features(shop: list[list[tuple[float, float]]]) -> None:
    together = table(Known.of(_histories([Buyer(past) for past in shop]), END_DAY))
    alone = [table(Known.of(_histories([Buyer(past)]), END_DAY)) for past in shop]
    np.testing.assert_allclose(together, np.vstack(alone), rtol=1e-12)
