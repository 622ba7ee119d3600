"""The past that the learned ranking is timed with: always the same, of products there are, long enough to be read."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import picks_learned
from benchmarks.big_catalog import NOW, product
from catalog.learning.interactions import BOUGHT, VIEWED, seconds


def test_the_past_is_always_the_same_and_of_the_catalog_s_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picks_learned, "CUSTOMERS", 60)
    past, again = picks_learned.history(400), picks_learned.history(400)
    assert past.products == again.products
    np.testing.assert_array_equal(past.product, again.product)
    np.testing.assert_array_equal(past.at, again.at)
    assert set(past.products) <= {product(number).id for number in range(400)}
    assert set(past.kind.tolist()) == {BOUGHT, VIEWED}
    assert past.at.max() < seconds(NOW)


def test_who_is_asked_has_bought_and_looked_at_what_the_past_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picks_learned, "CUSTOMERS", 60)
    past = picks_learned.history(400)
    asked = list(picks_learned.tastes(past, 60))
    assert sum(one.times for taste in asked for one in taste.signals) == len(past)
    bought = [one for taste in asked for one in taste.signals if one.kind == "bought"]
    assert max(one.times for one in bought) > 1
