"""A model of outcomes, fitted to the log: what an e-mail comes to is what it comes to in its segment, and a bit more or
less for each of its arms.

Ridge regression on indicators, which pools small cells towards none (Hoerl & Kennard 1970), fitted on other customers
than it speaks of (cross-fitting: Chernozhukov et al. 2018). It need not be true: the estimator that uses it is right
without it, and the more precise the truer it is.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from composer.ope.log import Array, Log

FOLDS = 5
RIDGE = 10.0
"""E-mails without an effect that each arm in each flow begins with."""
SEGMENT_RIDGE = 1.0
ROWS = 200_000
"""At a time."""


def control(log: Log) -> Array:
    """(n, metrics): what doubly robust adds to the weighted outcomes (`composer.ope.estimators`).

    By the fitted model q: `b + Σ_d w_<d V_d - w q`, where V_d is what the new policy makes of dimension d in the mean,
    and w_<d the weight of the draws before it. Its mean is 0 whatever q is, also where the arms that are allowed depend
    on what was drawn before (Jiang & Li 2016, "Doubly robust off-policy value evaluation for reinforcement learning").
    """
    found = np.empty_like(log.rewards)
    fold = log.customers % FOLDS
    for number, coefficients in enumerate(_fit(log)):
        for first in range(0, len(log), ROWS):
            rows = np.flatnonzero(fold[first : first + ROWS] == number) + first
            found[rows] = _control(log, rows, coefficients)
    return found


def _control(log: Log, rows: np.ndarray, coefficients: Array) -> Array:
    segment = coefficients[log.segments[rows]]
    # The last row stands for nothing chosen.
    arms = np.vstack([coefficients[len(coefficients) - log.features :], np.zeros(coefficients.shape[1])])
    added, model = segment.copy(), segment.copy()
    weight = np.ones((len(rows), 1))
    for step in log.steps:
        added += weight * (step.shares[rows] @ arms[:-1])
        model += arms[step.chosen[rows]]
        weight = weight * step.ratio[rows, None]
    result: Array = added - weight * model
    return result


def _fit(log: Log) -> list[Array]:
    """For each fold the coefficients (segments + features, metrics) that all others teach."""
    segments = int(log.segments.max()) + 1
    size = segments + log.features
    grams = np.zeros((FOLDS, size, size))
    products = np.zeros((FOLDS, size, log.rewards.shape[1]))
    for first in range(0, len(log), ROWS):
        part = slice(first, first + ROWS)
        design, fold = _design(log, part, segments, size), log.customers[part] % FOLDS
        for number in range(FOLDS):
            mine = design[fold == number]
            grams[number] += (mine.T @ mine).toarray()
            products[number] += mine.T @ log.rewards[part][fold == number]
    ridge = np.diag(np.r_[np.full(segments, SEGMENT_RIDGE), np.full(log.features, RIDGE)])
    gram, product = grams.sum(axis=0), products.sum(axis=0)
    return [np.linalg.solve(gram - grams[number] + ridge, product - products[number]) for number in range(FOLDS)]


def _design(log: Log, part: slice, segments: int, size: int) -> sparse.csr_array:
    """(rows, segments + features): 1 for the segment and for each arm that was chosen."""
    columns = [log.segments[part], *(step.chosen[part] + segments for step in log.steps)]
    known = [np.ones(len(columns[0]), dtype=bool), *(step.chosen[part] >= 0 for step in log.steps)]
    rows = np.arange(len(columns[0]))
    at = np.concatenate([rows[one] for one in known])
    column = np.concatenate([one[there] for one, there in zip(columns, known, strict=True)])
    return sparse.csr_array((np.ones(len(at)), (at, column)), shape=(len(rows), size))
