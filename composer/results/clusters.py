"""Sums over customers of one side, from which means and their errors follow.

Who is written to is drawn by customer, so customers are what is independent, not their occasions: somebody reached
every week is one draw, however often they count. A mean per occasion is a ratio of two sums over customers and gets its
error by the delta method (Deng, Knoblich & Lu 2018, "Applying the delta method in metric analytics").
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Array = NDArray[np.float64]
Per = Literal["episode", "customer"]
"""What a mean is taken over."""


class Mean(NamedTuple):
    """A mean of one side, and how it hangs together with the mean of the covariate."""

    value: float
    variance: float
    """Of the mean (its squared standard error); infinite below two customers."""
    covariate: float
    """Mean of the covariate per customer."""
    covariate_variance: float
    """Of that mean."""
    covariance: float
    """Of the two means."""


class Totals(BaseModel):
    """Of each customer of one side: x, what is measured, m, how often they were reached, z, the same before that.

    Totals of different customers add up. Those of one customer do not: add up what is measured first, then square it.
    """

    model_config = ConfigDict(frozen=True)

    n: int = 0
    """Customers."""
    positive: int = 0
    """Customers with more than nothing of x."""
    hits: int = 0
    """Orders, clicks: the single happenings that x adds up. They say how much has been seen so far."""
    x: float = 0.0
    m: float = 0.0
    z: float = 0.0
    xx: float = 0.0
    xxx: float = 0.0
    """Third powers: how much a few large ones weigh."""
    mm: float = 0.0
    zz: float = 0.0
    xm: float = 0.0
    xz: float = 0.0
    zm: float = 0.0

    @classmethod
    def of(cls, x: Array, m: Array | None = None, z: Array | None = None, hits: int | None = None) -> Totals:
        """Of arrays of shape (customers,). Without `m` each was reached once, without `z` nothing is known of before,
        without `hits` whoever has some of x has it from one happening."""
        m = np.ones_like(x) if m is None else m
        z = np.zeros_like(x) if z is None else z
        positive = int(np.count_nonzero(x > 0))
        return cls(
            n=len(x),
            positive=positive,
            hits=positive if hits is None else hits,
            x=float(x.sum()),
            m=float(m.sum()),
            z=float(z.sum()),
            xx=float(x @ x),
            xxx=float(x @ x**2),
            mm=float(m @ m),
            zz=float(z @ z),
            xm=float(x @ m),
            xz=float(x @ z),
            zm=float(z @ m),
        )

    def __add__(self, other: Totals) -> Totals:
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in Totals.model_fields})

    def mean(self, per: Per) -> Mean:
        """Per customer, or per episode (x / m)."""
        if self.n < 2 or self.m <= 0:
            return Mean(0.0, math.inf, 0.0, math.inf, 0.0)
        if per == "customer":
            value, scale = self.x / self.n, 1.0
            variance, covariance = self._covariance(self.xx, self.x, self.x), self._covariance(self.xz, self.x, self.z)
        else:
            # Linearised: each customer adds (x - value m) / (mean of m).
            value, scale = self.x / self.m, self.n / self.m
            variance = (self.xx - 2 * value * self.xm + value**2 * self.mm) / (self.n - 1)
            covariance = (self.xz - value * self.zm) / (self.n - 1)
        return Mean(
            value=value,
            variance=max(0.0, variance) * scale**2 / self.n,
            covariate=self.z / self.n,
            covariate_variance=max(0.0, self._covariance(self.zz, self.z, self.z)) / self.n,
            covariance=covariance * scale / self.n,
        )

    def _covariance(self, products: float, one: float, other: float) -> float:
        """Between customers, unbiased."""
        return (products - one * other / self.n) / (self.n - 1)


class Sample(NamedTuple):
    """What is compared of one side."""

    revenue: Totals
    """x in the currency itself."""
    bought: Totals
    """x: in how many of their episodes somebody bought."""


NOBODY = Sample(Totals(), Totals())
