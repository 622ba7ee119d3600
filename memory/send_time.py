"""When to write to a customer: the hours and days in which they read and buy, drawn to those of the whole shop.

Three steps, each drawn to the one before by how much there is to go by (`memory.pooling.pool_shares`): the shop's week
of 168 hours; the person's days and their hours of the day, which few events already show; the person's own week. The
strengths are learned (`memory.hour_priors`). Neighbouring hours lend each other some of their events, around the clock.

People read e-mails when they get them: hours in which the shop often writes look better than they are, for everybody
alike. Orders count too, and hardly depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from memory.contacting.quiet import next_allowed
from memory.contacting.rules import ContactRules
from memory.frozen import Frozen
from memory.hour_priors import WEEK_STRENGTH, HourPriors, Week, by_day, by_hour, smooth
from memory.parts.hours import ORDERED, READ, local_hours
from memory.pooling import pool_shares
from memory.state import State

WINDOW_HOURS = 3
NEARLY_AS_GOOD = 0.8
"""Days that have at least this share of the best day's activity are recommended too."""
FIRST_HOUR, LAST_HOUR = 7, 22
"""Windows lie within these: an open at 3 at night is no wish to be written to then."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = timedelta(days=1)
_LOOK_AHEAD = 9
"""Days: a week, and the days into which time zones shift it."""


class SendWindow(Frozen):
    """When to write to someone, by their own clock. Steers; is never said."""

    weekdays: tuple[int, ...]
    """0 is Monday; best first."""
    from_hour: int
    to_hour: int
    """Exclusive."""
    timezone: str
    share: float
    """Of what they do in a week, expected in these hours of these days."""
    own_share: float
    """0..1: how much of it is their own evidence; the rest is the shop's."""
    events: float
    """How many of their own opens, clicks and orders it rests on, weighted by age."""
    next_at: datetime
    """The first moment in the window, from when the memory was read on."""
    reason: str


def send_window(state: State, zone: ZoneInfo, as_of: datetime, priors: HourPriors) -> SendWindow:
    """The best hours for one customer. With nothing known of anybody: working hours in the middle of the day."""
    own = activity(state, zone, as_of)
    week = pooled_week(own, priors).reshape(7, 24)
    first = _best_start(week.sum(axis=0))
    of_days = week[:, first : first + WINDOW_HOURS].sum(axis=1)
    ranked = sorted(range(7), key=lambda day: (-of_days[day], day))
    weekdays = tuple(day for day in ranked if of_days[day] >= NEARLY_AS_GOOD * of_days[ranked[0]])
    events = float(own.sum())
    share = float(of_days[list(weekdays)].sum())
    own_share = events / (events + priors.hour_strength)
    window = SendWindow(
        weekdays=weekdays,
        from_hour=first,
        to_hour=first + WINDOW_HOURS,
        timezone=zone.key,
        share=share,
        own_share=own_share,
        events=events,
        next_at=as_of,
        reason=_reason(weekdays, first, share, own_share, priors),
    )
    return window.model_copy(update={"next_at": recommended_at(as_of, window) or as_of})


def activity(state: State, zone: ZoneInfo, as_of: datetime) -> Week:
    """What they did in each hour of their week (168 from Monday 0:00), decayed, unsmoothed."""
    hours = state["hours"]
    return sum((local_hours(hours[kind], zone, as_of) for kind in (READ, ORDERED) if kind in hours), np.zeros(168))


def pooled_week(own: Week, priors: HourPriors) -> Week:
    """Where in the week they may be expected to do something: 168 shares that sum up to 1."""
    if not own.any():
        return priors.week
    near = smooth(own)
    days = pool_shares(by_day(near), by_day(priors.week), priors.day_strength)
    hours = pool_shares(by_hour(near), by_hour(priors.week), priors.hour_strength)
    expected = expected_week(days, hours, priors)
    return pool_shares(near, expected, WEEK_STRENGTH)


def expected_week(days: Week, hours: Week, priors: HourPriors) -> Week:
    """The shop's week with this person's days (7) and hours (24) in place of its own; sums up to 1."""
    week = priors.week.reshape(7, 24)
    leaning = np.outer(days / by_day(priors.week), hours / by_hour(priors.week))
    expected: Week = (week * leaning).ravel()
    expected /= expected.sum()
    return expected


def recommended_at(
    now: datetime, window: SendWindow, *, not_before: datetime | None = None, not_after: datetime | None = None
) -> datetime | None:
    """The first moment in the window at or after `now` and `not_before`; None where that is later than `not_after`.

    In UTC. An hour that a clock change skips is no part of a window; what is left of it is.
    """
    earliest = max(now, not_before or now)
    zone = ZoneInfo(window.timezone)
    today = earliest.astimezone(zone).date()
    days = (today + number * _DAY for number in range(-1, _LOOK_AHEAD))
    opens = (_span(day, window, zone) for day in days if day.weekday() in window.weekdays)
    # Day by day, so that the first that has not passed is the earliest.
    found = next(max(start, earliest) for start, end in opens if end > earliest).astimezone(_UTC)
    return None if not_after is not None and found > not_after else found


def send_at(
    now: datetime,
    window: SendWindow,
    rules: ContactRules,
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> datetime | None:
    """As `recommended_at`, outside the quiet hours of `rules`; where those leave nothing of the window, right after.

    Caps are another matter (`memory.contacting.judging`).
    """
    earliest = max(now, not_before or now)
    for _ in range(_LOOK_AHEAD):
        moment = recommended_at(earliest, window) or earliest
        earliest = next_allowed(rules, window.timezone, moment)
        if earliest == moment:
            return None if not_after is not None and moment > not_after else moment
    moment = next_allowed(rules, window.timezone, max(now, not_before or now))
    return None if not_after is not None and moment > not_after else moment


def days_in_words(weekdays: Sequence[int]) -> str:
    """ "Tuesday and Thursday", or "any day"."""
    if len(weekdays) == len(DAYS):
        return "any day"
    return " and ".join(", ".join(DAYS[day] for day in sorted(weekdays)).rsplit(", ", 1))


def _span(day: date, window: SendWindow, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Local; the end is exclusive."""
    start = datetime.combine(day, time(window.from_hour), zone)
    end = datetime.combine(day, time(window.to_hour - 1, 59, 59, 999_999), zone)
    return start, end


def _best_start(hours: Week) -> int:
    """The first hour of the window with most of a day's activity."""
    starts = range(FIRST_HOUR, LAST_HOUR - WINDOW_HOURS + 1)
    return max(starts, key=lambda start: (float(hours[start : start + WINDOW_HOURS].sum()), -start))


def _reason(weekdays: tuple[int, ...], first: int, share: float, own_share: float, priors: HourPriors) -> str:
    days = days_in_words(weekdays)
    hours = f"{first}:00 to {first + WINDOW_HOURS}:00"
    if not priors.events and not own_share:
        return f"Nothing is known yet of anybody's hours: {hours} is a guess."
    who = (
        f"{own_share:.0%} their own opens, clicks and orders, the rest the shop's" if own_share else "the shop's hours"
    )
    return f"{share:.0%} of what they do in a week is expected on {days} from {hours}: {who}."


_UTC = ZoneInfo("UTC")
