"""The shrink guard: a broken export must not empty the shop or sell it at a hundredth of its prices.

It compares what an import would leave with what is there, before anything is applied. The first import of a feed has
nothing to be compared with, and is never held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from catalog.feeds.report import GuardWarning, ImportReport


class Guard(BaseModel):
    """When to hold an import back. Both limits of a drop must be passed: three products of eight may well go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_drop_share: float = Field(default=0.3, ge=0, le=1, description="Share of the sellable products that may go.")
    max_drop: int = Field(default=20, ge=0, le=10_000_000, description="Sellable products that may go in any case.")
    max_rejected_share: float = Field(default=0.5, ge=0, le=1, description="Share of the rows that may be rejected.")
    max_price_factor: float = Field(
        default=2.0, gt=1, le=1_000_000, description="By how much prices may rise or fall on average."
    )


class Signs(NamedTuple):
    """What reading a feed told, beside the counts of its report."""

    price_factor: float | None = None
    """The geometric mean of new over old prices of the products that had one and keep one; None where there are none.
    The geometric mean, since a price list in cents beside one in euros is a factor, not a sum."""
    broken_off: bool = False
    """It ended before its end."""


def judge(report: ImportReport, signs: Signs, guard: Guard) -> list[GuardWarning]:
    """Every reason to hold the import of `report` back; empty when it may be applied."""
    if not report.sellable_before:
        return []
    return [
        *_end(report, signs),
        *_drop(report, guard),
        *_rejected(report, guard),
        *_prices(signs.price_factor, guard),
    ]


def _end(report: ImportReport, signs: Signs) -> Iterator[GuardWarning]:
    """What half a feed does not have is not gone."""
    if signs.broken_off and report.mode == "full":
        before, after = report.sellable_before, report.sellable_after
        message = f"The feed breaks off after {report.rows:,} rows: {report.removed:,} products would go."
        yield GuardWarning(rule="broken_off", before=before, after=after, message=message)


def _drop(report: ImportReport, guard: Guard) -> Iterator[GuardWarning]:
    before, after = report.sellable_before, report.sellable_after
    if not after:
        message = f"Nothing of {before:,} products in stock would be left to sell."
        yield GuardWarning(rule="nothing_sellable", before=before, after=0, message=message)
        return
    gone = before - after
    if gone > guard.max_drop and gone > before * guard.max_drop_share:
        message = f"Of {before:,} products in stock, {after:,} would be left: {gone / before:.0%} fewer."
        yield GuardWarning(rule="fewer_products", before=before, after=after, message=message)


def _rejected(report: ImportReport, guard: Guard) -> Iterator[GuardWarning]:
    if report.rejected_count > report.rows * guard.max_rejected_share:
        message = f"{report.rejected_count:,} of {report.rows:,} rows cannot be read as products."
        yield GuardWarning(rule="mostly_rejected", before=report.rows, after=report.rejected_count, message=message)


def _prices(factor: float | None, guard: Guard) -> Iterator[GuardWarning]:
    if factor is None or 1 / guard.max_price_factor <= factor <= guard.max_price_factor:
        return
    message = f"Prices would be {factor:.4g} times what they are, on average."
    yield GuardWarning(rule="price_jump", before=1, after=factor, message=message)
