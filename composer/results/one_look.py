"""Days that somebody chose, for one look: told beside what is claimed of all days, and never instead of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from composer.results.model import Interval, OneLook
from composer.results.statistics import one_look
from composer.results.strata import Sides, means, weighed


def look_once(strata: Sequence[Sides], since: date, until: date, currency: str, days: int | None = None) -> OneLook:
    """Of the parts that can be compared; of all, where none can. `days`: on how many of these days; None: on all."""
    parts = weighed(strata)
    mailed_mean, held_out_mean = means(parts)
    difference = one_look(strata)
    compared = [part.sides for part in parts] or strata
    mailed, held_out = (sum(one[side].revenue.n for one in compared) for side in (0, 1))
    return OneLook(
        since=since,
        until=until,
        mailed=mailed,
        held_out=held_out,
        mailed_mean=mailed_mean,
        held_out_mean=held_out_mean,
        one_look_difference=difference,
        sentence=_sentence(difference, days or (until - since).days, currency, drawn=any(one.drawn for one in strata)),
    )


def _sentence(difference: Interval | None, days: int, currency: str, *, drawn: bool) -> str:
    these = "On this 1 day alone" if days == 1 else f"In these {days:,} days alone"
    if not drawn:
        return f"{these} there is nobody to compare."
    if difference is None:
        return f"{these} too few have bought to compare."
    one = difference
    return (
        f"{these}, for one look: {one.value:+,.2f} {currency} a customer, {one.low:+,.2f} to {one.high:+,.2f}. "
        "This claims nothing."
    )
