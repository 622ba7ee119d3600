"""The small net beside the trees: what it learns, what it does not look at, and that its slopes are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from catalog.learning import net
from catalog.learning.net import Net, train_net

ROWS, FIGURES = 4_000, 5
LACKING, CONSTANT = 3, 4


@pytest.fixture(scope="module")
def figures() -> np.ndarray:
    """Three figures of any size, one that half of the rows lack, and one that is always the same."""
    draw = np.random.default_rng(0)
    table: np.ndarray = (draw.normal(size=(ROWS, FIGURES)) * [1, 100, 0.1, 1, 0]).astype(np.float32)
    table[draw.random(ROWS) < 0.5, LACKING] = np.nan
    table[:, CONSTANT] = 7.0
    return table


@pytest.fixture(scope="module")
def taught(figures: np.ndarray) -> Net:
    """Bought is what two figures are high in together, and a fifth of what lacks the fourth."""
    together = (figures[:, 0] > 0) & (figures[:, 1] > 0)
    lacking = np.isnan(figures[:, LACKING]) & (np.random.default_rng(1).random(ROWS) < 0.2)
    return train_net(figures, together | lacking)


def odds(of: Net, **changed: float) -> float:
    """Of a middling product with some figures `changed`, by their place."""
    row = np.array([[-1, -50, 0, 0, 7]], dtype=np.float32)
    for name, value in changed.items():
        row[0, int(name[1:])] = value
    return float(of.log_odds(row)[0])


def test_what_only_two_figures_say_together_is_learned(taught: Net) -> None:
    assert odds(taught, f0=1, f1=50) > 2 > 0 > max(odds(taught, f0=1), odds(taught, f1=50), odds(taught))


def test_that_a_figure_is_lacking_says_something(taught: Net) -> None:
    assert odds(taught, f3=np.nan) > odds(taught, f3=0) + 1


def test_a_figure_that_never_differed_is_not_looked_at(taught: Net) -> None:
    assert odds(taught, f4=-1_000) == odds(taught)


def test_a_figure_beyond_all_others_says_no_more_than_a_high_one(taught: Net) -> None:
    assert odds(taught, f1=1e30) == odds(taught, f1=1e20)


def test_the_odds_are_of_what_was_bought(taught: Net, figures: np.ndarray) -> None:
    chances = 1 / (1 + np.exp(-taught.log_odds(figures)))
    lacking = np.isnan(figures[:, LACKING])
    assert chances[~lacking].mean() == pytest.approx(0.25, abs=0.03)
    assert chances[lacking].mean() == pytest.approx(0.25 + 0.75 * 0.2, abs=0.03)


def test_the_same_rows_teach_the_same(figures: np.ndarray) -> None:
    one, other = (train_net(figures[:500], figures[:500, 0] > 0) for _ in range(2))
    np.testing.assert_array_equal(one.log_odds(figures), other.log_odds(figures))


def test_nobody_asked_about_is_nobody_answered(taught: Net) -> None:
    assert taught.log_odds(np.zeros((0, FIGURES), dtype=np.float32)).shape == (0,)


@given(arrays(np.float32, (3, FIGURES), elements=st.floats(width=32, allow_infinity=False)))
def test_whatever_the_figures_there_is_an_answer(taught: Net, table: np.ndarray) -> None:
    assert np.isfinite(taught.log_odds(table)).all()


@pytest.mark.parametrize("dropped", [0.0, 0.5])
def test_slopes_are_how_the_loss_changes(dropped: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "DROPPED", dropped)
    draw = np.random.default_rng(2)
    sizes = ((4, 6), (6, 3), (3, 1))
    # In twice the digits, as the loss is compared over small steps.
    layers: Any = tuple((draw.normal(size=size), draw.normal(size=size[1])) for size in sizes)
    inputs: Any = draw.normal(size=(20, 4))
    bought = draw.random(20) < 0.5
    kept = (np.random.default_rng(3).random((20, 6), dtype=np.float32) >= dropped) / (1 - dropped)

    def loss() -> float:
        hidden: Any = np.maximum(inputs @ layers[0][0] + layers[0][1], 0) * kept
        found = net._answers(layers[1:], hidden)[-1][:, 0]
        return float(np.mean(np.log1p(np.exp(found)) - bought * found))

    slopes = net._slopes(layers, inputs, bought, np.random.default_rng(3))
    for part, slope in zip((part for layer in layers for part in layer), slopes, strict=True):
        for at in np.ndindex(part.shape):
            before = float(part[at])
            part[at] = before + 1e-5
            up = loss()
            part[at] = before - 1e-5
            assert slope[at] == pytest.approx((up - loss()) / 2e-5, abs=1e-6)
            part[at] = before
