"""When a person opens, clicks and orders: decayed sums by hour of the week, in UTC, apart for the two halves of a year.

A person keeps to their own clock, and so do the sums when they are read: shifted by the offset of their time zone
(`local_hours`), which daylight saving makes another in summer than in winter. Hence the two halves, split between the
dates on which the European Union and the United States change their clocks. What is lost: for up to twelve days
around each change, and for some weeks where the clocks change on other dates, hours are taken for the neighbouring
ones; in zones off by half an hour, an hour is shared between two.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from memory.events import Event
from memory.parts.mails import is_machine
from memory.parts.steps import Step
from memory.state import Decayed, State, add_decayed, decayed, micros, weight

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF_LIFE: Final = timedelta(days=180)
Hours = dict[str, Decayed]
"""Half of the year and hour of the week in UTC (`s17`) -> decayed sum: at most 336."""
READ, ORDERED = "read", "ordered"
"""Opened or clicked an e-mail; bought."""
WEEK_HOURS: Final = 168
_SUMMER_FROM, _SUMMER_UNTIL = (3, 20), (10, 29)
_WINTER_DAY, _SUMMER_DAY = (1, 15), (7, 15)
"""Days on which a half's clock is certainly set."""


def local_hours(hours: Hours, zone: ZoneInfo, as_of: datetime) -> NDArray[np.float64]:
    """How often something happened in each hour of the local week (168 from Monday 0:00), as of now: decayed counts."""
    halves: dict[int, NDArray[np.float64]] = {}
    now = weight(micros(as_of), HALF_LIFE)
    for cell, total in hours.items():
        half = int(cell[0] == "s")
        if half not in halves:
            halves[half] = np.zeros(WEEK_HOURS)
        halves[half][int(cell[1:])] = decayed(total, now)
    moved = (shifted(utc, _offset_hours(zone, as_of.year, half)) for half, utc in sorted(halves.items()))
    return sum(moved, np.zeros(WEEK_HOURS))


def shifted(utc: NDArray[np.float64], hours: float) -> NDArray[np.float64]:
    """A week of UTC as the clock shows it that many hours ahead; part of an hour is shared between two."""
    whole = int(hours // 1)
    part = hours - whole
    if not part:
        return rolled(utc, whole)
    moved: NDArray[np.float64] = rolled(utc, whole) * (1 - part) + rolled(utc, whole + 1) * part
    return moved


def rolled(week: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    """As `np.roll` of one dimension, which takes several times as long to find out that it is one."""
    cut = -by % len(week)
    return np.concatenate((week[cut:], week[:cut]))


def merge_hours(left: dict[str, Hours], right: dict[str, Hours]) -> None:
    """Add the sums of `right` to those of `left`."""
    for kind, hours in right.items():
        into = left.setdefault(kind, {})
        for cell, total in hours.items():
            present = into.setdefault(cell, [])
            for place in range(0, len(total), 2):
                add_decayed(present, total[place], total[place + 1])


@lru_cache(maxsize=1024)
def _offset_hours(zone: ZoneInfo, year: int, half: int) -> float:
    month, day = (_WINTER_DAY, _SUMMER_DAY)[half]
    offset = datetime(year, month, day, tzinfo=zone).utcoffset() or timedelta()
    return offset / timedelta(hours=1)


def _cell(at: datetime) -> str:
    half = "s" if _SUMMER_FROM <= (at.month, at.day) < _SUMMER_UNTIL else "w"
    return f"{half}{at.weekday() * 24 + at.hour}"


def _happened(kind: str) -> Step:
    def step(state: State, event: Event, time: int) -> None:
        at = event.at
        # Midnight to the microsecond is a date without a time, as old orders are often imported.
        if (at.hour, at.minute, at.second, at.microsecond) != (0, 0, 0, 0) and not is_machine(event):
            hours = state["hours"].setdefault(kind, {})
            add_decayed(hours.setdefault(_cell(at), []), *weight(time, HALF_LIFE))

    return step


STEPS: dict[str, Step] = {
    "Email Opened": _happened(READ),
    "Email Link Clicked": _happened(READ),
    "Order Completed": _happened(ORDERED),
}
