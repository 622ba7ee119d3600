"""What a brand's policies promise, as amounts that can be reckoned with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from evals.snapshot import Scalar


def free_shipping_over(policies: Mapping[str, Scalar]) -> Decimal | None:
    """The amount in the brand's currency from which delivery is free; None where none is named as a number."""
    amount = policies.get("free_shipping_over")
    return Decimal(str(amount)) if is_amount(amount) else None


def is_amount(value: object) -> bool:
    """A number above zero."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value > 0
