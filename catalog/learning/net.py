"""A small neural net beside the trees: what comes of figures together, smoothly, where trees can only ask one by one.

Two hidden layers of rectified units with dropout (Srivastava et al. 2014) on figures brought to one scale, taught with
the logistic loss by Adam (Kingma & Ba 2015) at a rate that rises and falls once. Plain numpy: seeded, single-threaded,
deterministic, and at work two small matrix products a customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from catalog.learning.cores import on_one_core
from catalog.learning.interactions import Numbers
from catalog.learning.lists import Scores

HIDDEN = (128, 64)
DROPPED = 0.3
"""Share of the first layer's units that are left out of a step."""
EPOCHS, STEPS_AN_EPOCH = 6, 200
"""Times every row is seen; and at least so many steps each time, as far as `BATCHES` let it."""
BATCHES = (64, 1_024)
"""Rows of a step, at least and at most."""
RATE, LOWEST_RATE, RISING = 2e-3, 1e-4, 0.3
MEAN_KEPT, SQUARE_KEPT, LEAST = 0.9, 0.999, 1e-8
FURTHEST = 4.0
"""Standard deviations at which a figure is cut: no single one may carry the answer away."""
SUREST = 30.0
"""Log-odds beyond which the loss is flat anyway."""
GAP_SHARE = 0.001
"""Share of rows that must lack a figure before its lack is a figure of its own."""
STATISTICS = 50_000
"""Rows that means and spreads are taken of."""
AT_ONCE = 24
"""Rows multiplied at once at work: of more, BLAS makes work for several threads, which wait for each other far longer
than they work."""

Layer = tuple[Scores, Scores]
"""Weights [inputs, outputs] and what is added [outputs]."""


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A trained net over the figures of `features`."""

    mean: Scores
    """[f] of the figures' logs."""
    scale: Scores
    """[f] one over their standard deviation; 0 for a figure that never differed: it was not learned from."""
    gaps: Numbers
    """[g] figures whose lack is an input."""
    layers: tuple[Layer, ...]

    def log_odds(self, table: Scores) -> NDArray[np.float64]:
        """[k] of being bought, of rows of `features`, among what training kept."""
        inputs, found = _inputs(table, self.mean, self.scale, self.gaps), np.zeros(len(table))
        for at in range(0, len(inputs), AT_ONCE):
            found[at : at + AT_ONCE] = _answers(self.layers, inputs[at : at + AT_ONCE])[-1][:, 0]
        return found


def _logs(table: Scores) -> Scores:
    """Figures reach from shares to hundreds of days: by their logs, with their signs; what is lacking stays NaN."""
    return np.asarray(np.copysign(np.log(1.0 + np.abs(table)), table), dtype=np.float32)


def _inputs(table: Scores, mean: Scores, scale: Scores, gaps: Numbers) -> Scores:
    """[k, f + g]: 0 for what is lacking."""
    found = np.empty((len(table), len(mean) + len(gaps)), dtype=np.float32)
    figures = (_logs(table) - mean) * scale
    np.clip(figures, -FURTHEST, FURTHEST, out=figures)
    found[:, : len(mean)] = np.where(np.isnan(figures), np.float32(0.0), figures)
    found[:, len(mean) :] = np.isnan(table[:, gaps])
    return found


def _answers(layers: tuple[Layer, ...], inputs: Scores) -> list[Scores]:
    """What goes into each layer, and what comes out of the last [k, 1]."""
    found = [inputs]
    for at, (weights, added) in enumerate(layers, start=1):
        out = found[-1] @ weights
        out += added
        found.append(out if at == len(layers) else np.maximum(out, np.float32(0.0), out=out))
    return found


@on_one_core()
def train_net(table: Scores, bought: NDArray[np.bool_]) -> Net:
    """From rows of `features` [m, f] and whether each product was bought [m]."""
    draw = np.random.default_rng(1)
    mean, scale, gaps = _statistics(table[draw.permutation(len(table))[:STATISTICS]])
    sizes = (len(mean) + len(gaps), *HIDDEN, 1)
    layers = tuple(_begun(draw, inputs, outputs) for inputs, outputs in pairwise(sizes))
    adam, batches = _Adam([part for layer in layers for part in layer]), _batches(draw, len(table))
    for step, rows in enumerate(batches):
        slopes = _slopes(layers, _inputs(table[rows], mean, scale, gaps), bought[rows], draw)
        adam.step(slopes, _rate(step / len(batches)))
    return Net(mean, scale, gaps, layers)


def _batches(draw: np.random.Generator, total: int) -> list[NDArray[np.int64]]:
    """Rows of each step; what is left over of an epoch is left out of it."""
    least, most = BATCHES
    size = min(max(min(total // STEPS_AN_EPOCH, most), least), total)
    orders = (draw.permutation(total) for _ in range(EPOCHS))
    return [order[at : at + size] for order in orders for at in range(0, total - size + 1, size)]


def _statistics(table: Scores) -> tuple[Scores, Scores, Numbers]:
    """(means, one over spreads, figures that are lacking often enough)."""
    logs, there = _logs(table).astype(np.float64), ~np.isnan(table)
    known = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, logs, 0.0).sum(axis=0) / known
    spread = np.sqrt((np.where(there, logs - mean, 0.0) ** 2).sum(axis=0) / known)
    scale = np.where(spread > LEAST, 1.0 / np.maximum(spread, LEAST), 0.0)
    lacking = 1.0 - there.mean(axis=0)
    gaps = np.flatnonzero((lacking > GAP_SHARE) & (lacking < 1.0))
    return mean.astype(np.float32), scale.astype(np.float32), gaps.astype(np.int32)


def _begun(draw: np.random.Generator, inputs: int, outputs: int) -> Layer:
    most = 1.0 / np.sqrt(max(inputs, 1))
    weights, added = (draw.uniform(-most, most, shape) for shape in ((inputs, outputs), (outputs,)))
    return weights.astype(np.float32), added.astype(np.float32)


def _rate(done: float) -> float:
    """Of a step when a share of the steps is `done`: up for `RISING` of them, then down to next to nothing."""
    if done < RISING:
        return float(LOWEST_RATE + (RATE - LOWEST_RATE) * (1 - np.cos(np.pi * done / RISING)) / 2)
    return float(RATE * (1 + np.cos(np.pi * (done - RISING) / (1 - RISING))) / 2)


def _slopes(
    layers: tuple[Layer, ...], inputs: Scores, bought: NDArray[np.bool_], draw: np.random.Generator
) -> list[Scores]:
    """The loss's slope by every weight, in the order of `layers`, with some of the first layer left out by chance."""
    (first, added), *rest = layers
    kept = (draw.random((len(inputs), len(added)), dtype=np.float32) >= DROPPED).astype(np.float32) / (1.0 - DROPPED)
    hidden = np.maximum(inputs @ first + added, np.float32(0.0)) * kept
    passed = _answers(tuple(rest), hidden)
    odds = np.clip(passed.pop()[:, 0], -SUREST, SUREST)
    left = ((1.0 / (1.0 + np.exp(-odds)) - bought) / len(bought)).astype(np.float32)[:, None]
    found: list[Scores] = []
    for (weights, _), given in zip(reversed(rest), reversed(passed), strict=True):
        found = [given.T @ left, left.sum(axis=0), *found]
        left = (left @ weights.T) * (given > 0)
    left *= kept
    return [inputs.T @ left, left.sum(axis=0), *found]


class _Adam:
    """Steps against the slopes' running mean, shorter where they are uneven; changes `parts` in place."""

    def __init__(self, parts: list[Scores]) -> None:
        self._parts, self._steps = parts, 0
        self._means, self._squares = ([np.zeros_like(part) for part in parts] for _ in range(2))

    def step(self, slopes: list[Scores], rate: float) -> None:
        self._steps += 1
        right = np.sqrt(1 - SQUARE_KEPT**self._steps) / (1 - MEAN_KEPT**self._steps)
        for part, slope, mean, square in zip(self._parts, slopes, self._means, self._squares, strict=True):
            mean += (1 - MEAN_KEPT) * (slope - mean)
            square += (1 - SQUARE_KEPT) * (slope * slope - square)
            part -= np.float32(rate * right) * mean / (np.sqrt(square) + np.float32(LEAST))
