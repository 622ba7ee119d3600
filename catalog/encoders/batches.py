"""Texts in batches: like lengths together, and as many as fill a batch, so that little work goes into padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MAX_ROWS = 64


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions of `lengths` in batches, the longest first: rows times the longest of them stay within `budget`.

    One that is longer than the budget has a batch of its own. The longest first, so that what is too much for the
    memory fails at once, and what a progress bar promises is kept.
    """
    order = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    start = 0
    while start < len(order):
        rows = max(1, min(MAX_ROWS, budget // max(1, lengths[order[start]])))
        yield order[start : start + rows]
        start += rows
