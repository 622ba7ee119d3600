"""Maximum likelihood for models of a few positive parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from memory.predictions.histories import Floats


def likeliest(
    log_likelihood: Callable[[Floats], float], start: Sequence[float], *, bound: float, **options: Any
) -> list[float]:
    """The parameters that make `log_likelihood` greatest, searched on their logarithms within ±`bound` (L-BFGS-B).

    `start` are logarithms; `options` are the optimiser's.
    """
    # A tenth of a second of start-up that only learning needs.
    from scipy.optimize import minimize

    found = minimize(
        lambda logs: -log_likelihood(np.exp(logs)),
        start,
        method="L-BFGS-B",
        bounds=[(-bound, bound)] * len(start),
        options=options,
    )
    return [float(value) for value in np.exp(found.x)]
