"""What is predicted of one customer, as `CustomerMemory` shows it. Steers, and is never said."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from memory.frozen import Frozen
from memory.predictions.report import Basis


class Probability(Frozen):
    """That something happens. None: there is too little data to say."""

    value: float | None
    basis: Basis
    reason: str
    """In plain words, for the shop's people."""


class ExpectedValue(Frozen):
    """The mean of what people like them spend, net of refunds: most spend less, a few much more."""

    value: Decimal | None
    currency: str | None
    """That of most of their orders."""
    basis: Basis
    reason: str


class ExpectedOrder(Frozen):
    """By when an order is as likely as not; None also where that is more than a year away."""

    at: datetime | None
    basis: Basis
    reason: str


class ExpectedProduct(Frozen):
    """When they will need a product again."""

    product_id: str
    at: datetime
    reason: str


class Predictions(Frozen):
    """All of it. Churn is no order in the days named, so `churn_risk_30d` is 1 - `buy_probability_30d`."""

    as_of: datetime | None
    """When it was predicted; None where nothing was."""
    buy_probability_30d: Probability
    churn_risk_30d: Probability
    churn_risk_60d: Probability
    churn_risk_90d: Probability
    expected_value_12m: ExpectedValue
    next_order: ExpectedOrder
    next_products: tuple[ExpectedProduct, ...] = ()
    """What runs out first first (`memory.cycles`): as of the memory itself."""
