"""Quiet hours in a customer's own time zone: is it quiet now, and when is it not any more.

What counts is what the customer's clock shows. So an hour that a clock change skips is not waited for, and of an hour
that comes twice both are quiet or neither is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from memory.contacting.rules import ContactRules, QuietHours

_SECOND = timedelta(seconds=1)


def next_allowed(rules: ContactRules, timezone: str | None, after: datetime) -> datetime:
    """The first moment at or after `after` (aware) that is not in the quiet hours of a customer in `timezone`; in UTC.

    `timezone` is an IANA name; None, or one that nobody knows, is the brand's. Caps are another matter (`judging`).
    """
    moment, quiet = after.astimezone(UTC), rules.quiet_hours
    if quiet is None:
        return moment
    zone = zone_of(timezone, rules.timezone)
    while (left := _left(quiet, moment.astimezone(zone))) is not None:
        moment = _on(zone, moment, left)
    return moment


def zone_of(*names: str | None) -> ZoneInfo:
    """The first of these time zones that exists; UTC where none does."""
    known = (_zone(name) for name in names if name)
    return next((zone for zone in known if zone is not None), ZoneInfo("UTC"))


def known_zone(name: str) -> bool:
    """Whether there is a time zone of this IANA name."""
    return _zone(name) is not None


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    # What customers' devices send as a time zone may be any text: no key, no path, too long, a folder of the database.
    except (ValueError, KeyError, OSError):
        return None


def _left(quiet: QuietHours, local: datetime) -> timedelta | None:
    """How long the quiet of this day lasts from here, by the clock on the wall; None where it is not quiet."""
    since_midnight = timedelta(
        hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    end = quiet.ends(local.date(), since_midnight)
    return None if end is None else end - since_midnight


def _on(zone: ZoneInfo, moment: datetime, left: timedelta) -> datetime:
    """`left` later; but where clocks are changed before that, the change, as the clock shows another time then."""
    later = moment + left
    before = moment.astimezone(zone).utcoffset()
    if later.astimezone(zone).utcoffset() == before:
        return later
    unchanged, changed = moment, later
    while changed - unchanged > _SECOND:
        middle = unchanged + (changed - unchanged) / 2
        if middle.astimezone(zone).utcoffset() == before:
            unchanged = middle
        else:
            changed = middle
    return changed.replace(microsecond=0)
