"""The log of decisions as arrays, row by row: what was drawn, how likely it was and would be, what came of it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError
from scipy import sparse

from composer.bandit.model import Dimension, Situation
from composer.bandit.money import UsualOrders
from composer.bandit.reward import KINDS, QUANTUM, Kind, kind_of, learned_worth
from composer.chance import seed
from composer.ope.log import Array, BadLog, Log, Step
from composer.ope.policies import Candidate
from composer.results.model import UNITS

ORDER: tuple[Dimension, ...] = (
    "picks",
    "exploration",
    "offer",
    "angle",
    "tone",
    "length",
    "subject",
    "cta",
    "slot",
)
"""Of drawing: what is allowed of one may depend on those before it (`composer.bandit.deciding`)."""
METRICS = ("reward", "clicks", "orders", "revenue", "unsubscribes")
CERTAIN = 1 - 1e-9
CLOSE = 1e-6


class _Draws:
    """One dimension's draws."""

    def __init__(self) -> None:
        self.ratio = array("d")
        self.chosen = array("i")
        self.ends = array("i", [0])
        self.features = array("i")
        self.shares = array("f")

    def step(self, name: str, features: int) -> Step:
        """As arrays."""
        matrix = sparse.csr_array(
            (
                np.frombuffer(self.shares, np.float32),
                np.frombuffer(self.features, np.int32),
                np.frombuffer(self.ends, np.int32),
            ),
            shape=(len(self.ratio), features),
        )
        return Step(name, np.frombuffer(self.ratio), np.frombuffer(self.chosen, np.int32), matrix)


class LogBuilder:
    """Rows of `composer.bandit.tables.DecisionRow` go in one by one."""

    def __init__(self, candidates: tuple[Candidate, Candidate], usual: UsualOrders) -> None:
        """One for each half of all customers (`half_of`): a policy that learned is judged by those it has not seen."""
        self._candidates = candidates
        self._usual = usual
        self._draws = {dimension: _Draws() for dimension in ORDER}
        self._features: dict[tuple[str, str, str], int] = {}
        self._segments: dict[tuple[str, str], int] = {}
        self._flows: dict[str, int] = {}
        self._customers: dict[str, int] = {}
        self._ids = {name: array("i") for name in ("customer", "segment", "flow", "kind")}
        self._figures = array("d")
        self._brought = array("d")
        """By e-mails that came to an order, in usual orders; 0 for the rest."""
        self._unsupported = array("d")
        self.missing = 0
        """E-mails that did not arrive, or of which nothing was reported: nothing that was decided could matter."""

    def add(self, row: Any) -> None:
        """One e-mail. Raises BadLog naming it."""
        kind = kind_of(row)
        if kind is None:
            self.missing += 1
            return
        self._ids["kind"].append(kind)
        self._ids["customer"].append(self._customers.setdefault(row.customer, len(self._customers)))
        self._ids["segment"].append(self._segments.setdefault((row.flow, row.lifecycle), len(self._segments)))
        self._ids["flow"].append(self._flows.setdefault(row.flow, len(self._flows)))
        ordered = kind in (Kind.ORDERED, Kind.ORDERED_AND_LEFT)
        self._brought.append(self._usual.brought(row.campaign_id, row).revenue / QUANTUM if ordered else 0.0)
        left = row.unsubscribed or row.complained
        self._figures.extend((bool(row.clicked), row.orders > 0, row.revenue / UNITS, bool(left)))
        self._unsupported.append(0.0)
        situation = _situation(row)
        candidate = self._candidates[half_of(row.customer)]
        for dimension, draws in self._draws.items():
            self._draw(draws, dimension, situation, candidate, row)

    def _draw(self, draws: _Draws, dimension: Dimension, situation: Situation, candidate: Candidate, row: Any) -> None:
        arm, probability, arms = _read(row, dimension)
        shares = candidate.shares(situation, dimension, arms) if len(arms) > 1 else None
        if shares is None:
            draws.ratio.append(1.0)
            draws.chosen.append(-1)
        else:
            share = shares[arms.index(arm)]
            draws.ratio.append(share / probability)
            features = [self._features.setdefault((row.flow, dimension, one), len(self._features)) for one in arms]
            draws.chosen.append(features[arms.index(arm)])
            draws.features.extend(features)
            draws.shares.extend(shares)
            if probability >= CERTAIN:
                self._unsupported[-1] = 1 - (1 - self._unsupported[-1]) * share
        draws.ends.append(len(draws.features))

    def build(self) -> Log:
        """All that was added. Dimensions of which nothing is to be judged are left out."""
        count = len(self._ids["customer"])
        features = max(1, len(self._features))
        decided = ((dimension, draws) for dimension, draws in self._draws.items() if len(draws.features))
        return Log(
            metrics=METRICS,
            rewards=self._rewards(count),
            customers=np.frombuffer(self._ids["customer"], np.int32),
            segments=np.frombuffer(self._ids["segment"], np.int32),
            flows=np.frombuffer(self._ids["flow"], np.int32),
            flow_names=tuple(self._flows),
            steps=tuple(draws.step(dimension, features) for dimension, draws in decided),
            features=features,
            unsupported=np.frombuffer(self._unsupported),
        )

    @property
    def arms(self) -> frozenset[tuple[str, str]]:
        """Those that were allowed besides others: (dimension, arm)."""
        return frozenset((dimension, arm) for _, dimension, arm in self._features)

    def _rewards(self, count: int) -> Array:
        kinds = np.frombuffer(self._ids["kind"], np.int32)
        worth = learned_worth(np.bincount(kinds, minlength=KINDS).tolist())
        values = np.array([worth.of(kind) for kind in Kind])
        brought = np.frombuffer(self._brought)
        ordered = brought > 0
        # An average order is worth 1, the others what they brought beside it.
        worths = values[kinds]
        worths[ordered] += brought[ordered] / brought[ordered].mean() - 1 if ordered.any() else 0.0
        return np.column_stack([worths, np.frombuffer(self._figures).reshape(count, len(METRICS) - 1)])


def half_of(customer: str) -> int:
    """0 or 1: drawn by hash, of the shop's own customer id."""
    return seed("evaluate", customer) % 2


def check(row: Any) -> None:
    """Raises BadLog where a probability or an arm cannot be."""
    for dimension in ORDER:
        _read(row, dimension)


def _read(row: Any, dimension: Dimension) -> tuple[str, float, Sequence[str]]:
    """A draw; of a dimension that was not drawn, one arm for sure."""
    logged = _choices(row).get(dimension)
    if logged is None:
        return "", 1.0, ("",)
    wrong = next(_wrong(logged), None)
    if wrong is not None:
        raise BadLog(
            f"The decision about e-mail {row.email_id} cannot be: {wrong}.",
            pointer=f"/{row.email_id}/choices/{dimension}",
            fix="Log each arm with the probability with which it was drawn, or leave these days out with --since.",
        )
    arm, probability, arms = logged
    return arm, probability, arms


def _situation(row: Any) -> Situation:
    try:
        return Situation.model_validate(row.situation)
    except ValidationError as error:
        field = "/".join(str(part) for part in error.errors()[0]["loc"])
        raise BadLog(
            f"The decision about e-mail {row.email_id} does not say what was known.",
            pointer=f"/{row.email_id}/situation/{field}",
        ) from error


def _choices(row: Any) -> Mapping[str, Any]:
    if not isinstance(row.choices, Mapping):
        raise BadLog(f"The decision about e-mail {row.email_id} says nothing of what was chosen.")
    return row.choices


def _wrong(logged: Any) -> Iterator[str]:
    """What is, in words."""
    if not isinstance(logged, Sequence) or isinstance(logged, str) or len(logged) != 3:
        yield "it is not an arm, its probability and the arms that were allowed"
        return
    arm, probability, arms = logged
    if not isinstance(arms, Sequence) or isinstance(arms, str) or arm not in arms or len(set(arms)) < len(arms):
        yield "its arm is not one of those that were allowed, each named once"
    if isinstance(probability, bool) or not isinstance(probability, int | float) or not math.isfinite(probability):
        yield f"its probability is {probability!r}"
    elif not 0 < probability <= 1 + CLOSE:
        yield f"its probability is {probability:g}, and has to be more than 0 and at most 1"
    elif len(arms) == 1 and probability < 1 - CLOSE:
        yield f"its only arm has the probability {probability:g}"
