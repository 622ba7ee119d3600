"""Logs of policies over made-up customers, whose true values are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from composer.ope.log import Array, Log, Step, ratios

ARMS = 4
LOGGED = np.array([[0.55, 0.25, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]])
"""By segment: how likely each arm was."""
NEW = np.array([[0.1, 0.2, 0.3, 0.4], [0.1, 0.1, 0.1, 0.7]])


def step(name: str, arms: NDArray[np.int64], new: Array, logged: Array, first: int = 0, features: int = ARMS) -> Step:
    """A draw among `ARMS` arms: chosen (n,), and both policies' shares (n, ARMS). `first`: of its features."""
    rows = np.arange(len(arms))
    shares = np.zeros((len(arms), features))
    shares[:, first : first + ARMS] = new
    chosen = (arms + first).astype(np.int32)
    return Step(name, ratios(new[rows, arms], logged[rows, arms]), chosen, sparse.csr_array(shares))


def made(seed: int, n: int = 4_000, *, interaction: float = 0.0, emails: int = 1) -> tuple[Log, float]:
    """A log of one draw an e-mail, and the new policy's true value.

    Two segments, each with a base rate, and arms that differ; with `interaction` an arm is good in one segment and bad
    in the other, which the fitted model, told nothing of segments, cannot know.
    """
    draw = np.random.default_rng(seed)
    customers = np.repeat(np.arange(n // emails), emails)[:n]
    kind = draw.integers(0, 2, n // emails)[customers]
    arms = (draw.random(n)[:, None] > LOGGED[kind].cumsum(axis=1)[:, :-1]).sum(axis=1)
    means = np.stack([_means(0, interaction), _means(1, interaction)])
    liking = draw.normal(0, 1.0, n // emails)[customers]
    rewards = means[kind, arms] + liking + draw.normal(0, 0.5, n)
    log = Log(
        metrics=("reward",),
        rewards=rewards[:, None],
        customers=customers.astype(np.int32),
        segments=kind.astype(np.int32) if not interaction else np.zeros(n, dtype=np.int32),
        flows=kind.astype(np.int32),
        flow_names=("welcome", "newsletter"),
        steps=(step("angle", arms, NEW[kind], LOGGED[kind], features=ARMS),),
        features=ARMS,
    )
    return log, float((means * NEW).sum(axis=1).mean())


def _means(kind: int, interaction: float) -> Array:
    lean = (1.0 if kind == 0 else -1.0) * np.array([0.0, 1.0, -1.0, 2.0])
    found: Array = 2.0 * kind + np.array([0.0, 0.5, 1.0, 2.0]) + interaction * lean
    return found
