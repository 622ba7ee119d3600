"""Our e-mails to a customer as trials: what each was like, and what it came to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from memory.parts.mails import Mailed, mails
from memory.state import MICROSECOND, State, micros

Outcome = Literal["opened", "clicked", "ordered", "left"]
OUTCOMES: tuple[Outcome, ...] = ("opened", "clicked", "ordered", "left")
Dimension = Literal["angle", "tone", "length", "subject", "cta", "time", "per_week"]
DIMENSIONS: dict[Dimension, Outcome] = {
    "angle": "clicked",
    "tone": "clicked",
    "length": "clicked",
    "subject": "opened",
    "cta": "clicked",
    "time": "clicked",
    "per_week": "clicked",
}
"""What varies between e-mails -> the outcome by which its arms are judged: a subject is there to be opened."""
HALF_LIFE = timedelta(days=180)
"""An outcome of half a year ago weighs half as much."""
MATURE = timedelta(days=3)
"""An e-mail that arrived later than that may yet be opened: it is no failure, and no trial so far."""
ORDERED_WITHIN = timedelta(days=7)
LEAVING_WEIGHS = 5.0
"""An e-mail that made them unsubscribe or complain counts against its arms as that many which nobody opened."""
MOST_PER_WEEK = 4
"""That many and more a week are one arm."""
_WEEK = timedelta(days=7) // MICROSECOND
_SECOND = timedelta(seconds=1) // MICROSECOND


class Trial(NamedTuple):
    """One e-mail that arrived long enough ago."""

    weight: float
    """By its age: in e-mails of today."""
    flow: str
    arms: tuple[str, ...]
    """In the order of `DIMENSIONS`; empty where it had none."""
    opened: bool
    clicked: bool
    ordered: bool
    left: bool

    @property
    def burden(self) -> float:
        """What it counts against its arms where it failed."""
        return self.weight * LEAVING_WEIGHS if self.left else self.weight


def trials(state: State, zone: ZoneInfo, as_of: datetime) -> Iterator[Trial]:
    """At most as many as e-mails are kept (`memory.parts.mails`), newest first."""
    now = micros(as_of)
    arrived = [mail for mail in mails(state) if mail.arrived is not None and mail.arrived <= now]
    moments = sorted(mail.arrived for mail in arrived if mail.arrived is not None)
    orders = sorted(entry[0] for entry in state["orders"].values())
    mature, half_life = MATURE // MICROSECOND, HALF_LIFE // MICROSECOND
    for mail in arrived:
        at = mail.arrived or 0
        if now - at >= mature:
            yield _trial(mail, 2.0 ** ((at - now) / half_life), _arms(mail, at, zone, moments), orders)


def part_of_day(hour: int) -> str:
    """`night` 0–6, `morning` 6–11, `midday` 11–14, `afternoon` 14–18, `evening` 18–24, by the customer's clock."""
    for until, part in ((6, "night"), (11, "morning"), (14, "midday"), (18, "afternoon")):
        if hour < until:
            return part
    return "evening"


def _trial(mail: Mailed, weight: float, arms: tuple[str, ...], orders: list[int]) -> Trial:
    """A click on the way out is none that we want more of, nor is the open before it."""
    stayed = not mail.left
    clicked = mail.clicked is not None
    ordered = clicked and _ordered_after(mail.clicked or 0, orders)
    return Trial(
        weight, mail.flow, arms, stayed and (clicked or mail.opened is not None), stayed and clicked, ordered, mail.left
    )


def _ordered_after(clicked: int, orders: list[int]) -> bool:
    place = bisect_left(orders, clicked)
    return place < len(orders) and orders[place] <= clicked + ORDERED_WITHIN // MICROSECOND


def _arms(mail: Mailed, at: int, zone: ZoneInfo, moments: list[int]) -> tuple[str, ...]:
    in_a_week = bisect_left(moments, at + 1) - bisect_left(moments, at - _WEEK + 1)
    part = part_of_day(datetime.fromtimestamp(at / _SECOND, zone).hour)
    per_week = str(min(in_a_week, MOST_PER_WEEK))
    return (mail.angle, mail.tone, mail.length, mail.subject, mail.cta, part, per_week)
