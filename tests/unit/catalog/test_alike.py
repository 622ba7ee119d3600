"""What people alike buy: factors of products, and where somebody stands among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from catalog.learning import affinity, alike

TEA, COFFEE, TOGETHER = range(10), range(10, 20), 5
NEVER_SOLD = 20


def bought() -> sparse.csr_matrix:
    """Forty people who buy half of the teas each, and forty who buy half of the coffees; nobody buys the last."""
    draw = np.random.default_rng(0)
    ones = np.zeros((80, NEVER_SOLD + 1), dtype=np.float32)
    for customer in range(80):
        ones[customer, draw.choice(TEA if customer < 40 else COFFEE, TOGETHER, replace=False)] = 1.0
    return sparse.csr_matrix(ones)


BOUGHT = bought()
FOUND = alike.alike(BOUGHT, affinity.factors(BOUGHT))


def likes(*products: int, counting: float = 1.0) -> np.ndarray:
    """[c] of somebody who bought these."""
    return np.asarray(FOUND.likes(np.array(products, dtype=np.int32), np.full((1, len(products)), counting))[0])


@pytest.mark.parametrize(("own", "others"), [(TEA, COFFEE), (COFFEE, TEA)])
def test_who_buys_teas_is_thought_to_like_the_other_teas(own: range, others: range) -> None:
    scores = likes(*own[:3])
    assert scores[list(own[3:])].min() > scores[list(others)].max()
    assert scores[list(own[3:])].min() > 0


def test_only_what_somebody_bought_has_factors() -> None:
    assert FOUND.product.tolist() == list(range(NEVER_SOLD))
    assert likes(NEVER_SOLD).tolist() == likes().tolist() == [0.0] * NEVER_SOLD


def test_the_best_selling_have_factors_where_there_are_too_many_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "PRODUCTS", 7)
    sold = np.asarray(BOUGHT.sum(axis=0)).ravel()
    kept = alike.alike(BOUGHT, affinity.factors(BOUGHT)).product
    assert len(kept) == 7
    assert sold[kept].min() >= np.delete(sold, kept).max()


@given(st.lists(st.integers(0, NEVER_SOLD - 1), unique=True, max_size=8), st.integers(0, NEVER_SOLD - 1))
def test_what_counts_nothing_is_as_if_it_was_never_bought(products: list[int], forgotten: int) -> None:
    with_it = np.array(sorted({*products, forgotten}), dtype=np.int32)
    [scores] = FOUND.likes(with_it, np.where(with_it == forgotten, 0.0, 1.0)[None])
    np.testing.assert_allclose(scores, likes(*with_it[with_it != forgotten].tolist()), atol=1e-4)


def test_every_pass_explains_better_who_bought_what(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(passes: int) -> float:
        """The weighted squares that are minimised, over everybody."""
        monkeypatch.setattr(alike, "PASSES", passes)
        found, total = alike.alike(BOUGHT, affinity.factors(BOUGHT)), 0.0
        for row in BOUGHT[:, :NEVER_SOLD]:
            [scores] = found.likes(row.indices, np.ones((1, row.nnz)))
            has = row.toarray()[0] > 0
            total += float((np.where(has, alike.CONFIDENCE, 1.0) * (has - scores) ** 2).sum())
        return total

    assert off(0) > off(1) > off(6)


def test_a_person_alone_in_a_shop_and_a_shop_without_sales_are_no_trouble() -> None:
    one = sparse.csr_matrix(np.ones((1, 1), dtype=np.float32))
    [[score]] = alike.alike(one, affinity.factors(one)).likes(np.zeros(1, dtype=np.int32), np.ones((1, 1)))
    assert score == pytest.approx(1.0, abs=0.01)
    none = sparse.csr_matrix((0, 3), dtype=np.float32)
    assert alike.alike(none, affinity.factors(none)).likes(np.zeros(1, dtype=np.int32), np.ones((2, 1))).shape == (2, 0)


@given(st.integers(0, NEVER_SOLD - 1), st.floats(0.1, 0.9))
def test_the_longer_ago_it_was_bought_the_less_it_says(product: int, counting: float) -> None:
    assert 0 < likes(product, counting=counting)[product] < likes(product)[product]


def test_many_purchases_say_the_same_however_they_are_multiplied(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = likes(*range(NEVER_SOLD))
    monkeypatch.setattr(alike, "AT_ONCE", 3)
    np.testing.assert_allclose(likes(*range(NEVER_SOLD)), at_once, atol=1e-4)
