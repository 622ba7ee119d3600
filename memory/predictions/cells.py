"""The RFM heuristic: customers in 125 cells of fifths of recency, frequency and money, and what became of each cell.

What the marketer's spreadsheet does (Hughes, *Strategic Database Marketing*, 1994), and so a bar to be above.
"""

from __future__ import annotations

import numpy as np

from memory.predictions.features import Known
from memory.predictions.histories import Floats, Ints

FIFTHS = (0.2, 0.4, 0.6, 0.8)
DRAWN = 20.0
"""Customers' worth of the shop's mean that a cell's own mean is drawn by: many cells are nearly empty."""
CELLS = 5**3


def outcome_by_cell(before: Known, outcome: Floats, now: Known) -> Floats:
    """[n of now] the mean outcome [n of before] of those who then stood where these stand now."""
    cell = _cells(before)
    counts = np.bincount(cell, minlength=CELLS)
    sums = np.bincount(cell, weights=outcome, minlength=CELLS)
    means = (sums + DRAWN * float(outcome.mean())) / (counts + DRAWN)
    return np.asarray(means[_cells(now)])


def _cells(known: Known) -> Ints:
    last = np.cumsum(known.counts).astype(np.int64) - 1
    measures = (known.days.at[last], known.counts, known.counts * known.mean_spend)
    recency, frequency, money = (_fifth(measure) for measure in measures)
    return recency * 25 + frequency * 5 + money


def _fifth(values: Floats) -> Ints:
    """0..4; equal values in the same one."""
    return np.searchsorted(np.quantile(values, FIFTHS), values, side="left").astype(np.int64)
