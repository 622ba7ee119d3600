"""What the trees are taught: at several earlier moments, what the baseline says and what then happened.

The baseline is the one fitted at the newest moment, also for the earlier ones: fitted at each of them, its answers for
a young shop are wrong in other ways every month, and the trees learn to mend last month's. On CDNOW that made one
answer in three worse than BG/NBD alone.
"""

from __future__ import annotations

import numpy as np

from memory.predictions.baseline import Baseline
from memory.predictions.boosting import Correction
from memory.predictions.features import Known
from memory.predictions.histories import Floats
from memory.predictions.lookback import Lookback

FEWEST_EVENTS = 200
"""Of the rarer outcome among all rows: some ten for each feature (Peduzzi et al., J Clin Epidemiol 49(12), 1996)."""
LEAST_PROBABILITY = 1e-4
LEAST_VALUE = 1e-3
"""In mean orders of the shop."""


def logit(probability: Floats) -> Floats:
    """Kept finite."""
    known = np.clip(probability, LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
    return np.asarray(np.log(known / (1.0 - known)))


def corrected_probability(baseline: Baseline, known: Known, days: float, correction: Floats) -> Floats:
    """[n] in 0..1"""
    return np.asarray(1.0 / (1.0 + np.exp(-logit(baseline.buys_within(known, days)) - correction)))


def corrected_value(baseline: Baseline, known: Known, days: float, correction: Floats) -> Floats:
    """[n] in mean orders of the shop."""
    return np.asarray(np.maximum(baseline.value_within(known, days), LEAST_VALUE) * np.exp(correction))


def teach_buying(past: Lookback, now: float, horizon: float) -> Correction | None:
    """Who bought within `horizon` days; None where too few did or did not. Nothing after `now` is looked at."""
    cuts, baseline = past.cuts(now, horizon), past.moment(now).baseline
    moments = [past.moment(cut) for cut in cuts]
    bought = [past.after(cut, horizon)[0] > 0 for cut in cuts]
    yes, total = sum(int(one.sum()) for one in bought), sum(map(len, bought))
    if min(yes, total - yes) < FEWEST_EVENTS:
        return None
    start = [logit(baseline.buys_within(one.known, horizon)) for one in moments]
    features = np.vstack([one.features for one in moments])
    return Correction.train("binary", features, np.concatenate(start), np.concatenate(bought).astype(np.float64))


def teach_value(past: Lookback, now: float, horizon: float) -> Correction | None:
    """What was spent within `horizon` days; None where too few spent. Nothing after `now` is looked at."""
    cuts, baseline = past.cuts(now, horizon), past.moment(now).baseline
    moments = [past.moment(cut) for cut in cuts]
    spent = [past.after(cut, horizon)[1] for cut in cuts]
    if sum(int((one > 0).sum()) for one in spent) < FEWEST_EVENTS:
        return None
    outcome = np.concatenate(spent)
    level = float(outcome.mean())
    start = [np.log(np.maximum(baseline.value_within(one.known, horizon), LEAST_VALUE)) for one in moments]
    features = np.vstack([one.features for one in moments])
    # Around 1: LightGBM's regularisation knows no currency.
    return Correction.train("tweedie", features, np.concatenate(start) - np.log(level), outcome / level)
