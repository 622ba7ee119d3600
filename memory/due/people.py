"""Flows about who somebody is to the shop: newly welcome, and a year older."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from memory.contacting.quiet import zone_of
from memory.due.moments import Moment, Whom, series
from memory.due.rules import FlowTimes, Thresholds
from memory.state import moment_of

WELCOME = "welcome"
"""The occasion of a welcome: there is one."""


def welcome(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """From when they agreed to e-mail, or were first heard of where the shop keeps consent elsewhere.

    An order ends it, and who had ordered before is no newcomer: what follows a purchase is for them.
    """
    first = whom.state["first"]
    since = whom.consented_at or (None if first is None else moment_of(first))
    if since is None:
        return []
    earliest = min((entry[0] for entry in whom.state["orders"].values()), default=None)
    over = None if earliest is None else moment_of(earliest)
    return series(times, "welcome", WELCOME, since, since, over=over)


def birthday(whom: Whom, times: FlowTimes, thresholds: Thresholds, as_of: datetime) -> list[Moment]:
    """Their day, from midnight to midnight where they live: the one that is, or the next. One a year."""
    if whom.birthday is None:
        return []
    zone = zone_of(whom.timezone, thresholds.timezone)
    year = as_of.astimezone(zone).year
    days = (_day(whom.birthday, one, zone) for one in (year, year + 1))
    start = next((day for day in days if day + times.pace.lasts > as_of), None)
    if start is None:
        return []
    return series(times, "birthday", str(start.astimezone(zone).year), start, start)


def _day(born: date, year: int, zone: tzinfo) -> datetime:
    """Whoever was born on 29 February has their day on the 28th where there is no 29th."""
    try:
        day = datetime(year, born.month, born.day, tzinfo=zone)
    except ValueError:
        day = datetime(year, born.month, born.day - 1, tzinfo=zone)
    return day.astimezone(UTC)
