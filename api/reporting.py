"""Which days a report is of, as people and programs ask for it."""

from __future__ import annotations

from datetime import date

from composer.reports.model import Period
from store import clock
from store.errors import InvalidInput

DAYS = 28
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)


def period_of(since: date | None, until: date | None, days: int = DAYS) -> Period:
    """From `since` to the day before `until`; what is not said is four weeks, up to today.

    Raises InvalidInput for days of which no shop has e-mails.
    """
    for name, day in (("since", since), ("until", until)):
        if day is not None and not FIRST <= day <= LAST:
            raise InvalidInput(
                f"There are no e-mails of {day}.", pointer=f"/{name}", fix=f"Give a day from {FIRST} to {LAST}."
            )
    usual = Period.last(days, clock.now().date())
    last = until or usual.until
    return Period(since or last - (usual.until - usual.since), last)
